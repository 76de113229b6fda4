/** Writes that never stop, in other processes, and what they are made in. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** `files` of each folder are written over and over, `writesPerSecond` in all. */
export interface Churn {
  readonly seconds: number;
  readonly writesPerSecond: number;
  readonly files: number;
}

/** Two processes, each on half of the folders. Resolves to how much was written, in how many seconds. */
export async function churn(
  folders: readonly string[],
  { seconds, writesPerSecond, files }: Churn,
): Promise<{ readonly written: number; readonly seconds: number }> {
  const half = Math.ceil(folders.length / 2);
  const program = join(import.meta.dirname, 'churner.mjs');
  const done = await Promise.all(
    [folders.slice(0, half), folders.slice(half)].map((part) =>
      run(process.execPath, [program, String(seconds), String(writesPerSecond / 2), String(files), ...part]),
    ),
  );
  const said = done.map(({ stdout }) => JSON.parse(stdout) as { written: number; seconds: number });
  return {
    written: said.reduce((sum, each) => sum + each.written, 0),
    seconds: Math.max(...said.map((each) => each.seconds)),
  };
}

/** So many small files in folders of 30. */
export async function fill(repository: string, files: number): Promise<void> {
  for (let folder = 0; folder * 30 < files; folder++) {
    const path = join(repository, `area${Math.floor(folder / 50)}`, `folder${folder}`);
    await mkdir(path, { recursive: true });
    const names = Array.from({ length: Math.min(30, files - folder * 30) }, (_, index) => `file${index}.ts`);
    await Promise.all(
      names.map((name) =>
        writeFile(join(path, name), `export const ${name.replace('.', '_')} = ${folder};\n`.repeat(40)),
      ),
    );
  }
}
