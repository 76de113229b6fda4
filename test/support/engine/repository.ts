import { execFile } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Nothing of the machine's own settings. */
export const gitEnvironment = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.invalid',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.invalid',
} as const;

export async function git(cwd: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await run('git', ['-C', cwd, ...args], { env: { ...process.env, ...gitEnvironment } });
  return stdout.trimEnd();
}

/** A repository with one commit on `main`. */
export async function makeRepository(path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  await git(path, 'init', '--quiet', '--template=', '--initial-branch=main');
  await writeFile(join(path, 'README.md'), 'A small repository.\n');
  await writeFile(join(path, 'work.txt'), '');
  await git(path, 'add', '--all');
  await git(path, 'commit', '--quiet', '--message=first');
}

/** Adds a commit with so many small files in 40 folders to `main`. */
export async function addFiles(path: string, count: number): Promise<void> {
  const files = Array.from({ length: count }, (_, index) => {
    const text = `${index}\n`;
    return `M 100644 inline d${index % 40}/f${index}.txt\ndata ${text.length}\n${text}\n`;
  });
  const commit = 'commit refs/heads/main\ncommitter Test <test@example.invalid> 1700000000 +0000\ndata 4\nmany\n';
  const work = run('git', ['-C', path, 'fast-import', '--quiet'], { env: { ...process.env, ...gitEnvironment } });
  work.child.stdin?.end(`${commit}from refs/heads/main^0\n${files.join('')}`);
  await work;
  await git(path, 'reset', '--hard', '--quiet');
}

export async function copyRepository(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true });
}
