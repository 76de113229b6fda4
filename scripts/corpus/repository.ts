/** Repositories of tasks of the corpus, and what a task says of one: by its own check, which no agent sees. */
import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Edits, Task } from '../../test/corpus/task.ts';

/** How a program ended. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
}

/** Exit code and output of a program in a folder; null when it was ended. */
export async function run(cwd: string, command: string, ...args: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    const env = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: dirname(cwd), GIT_CONFIG_GLOBAL: '/dev/null' };
    const child = execFile(command, args, { cwd, env, timeout: 60_000, encoding: 'utf8' }, (_error, stdout) =>
      resolve({ code: child.exitCode, stdout }),
    );
  });
}

/** Writes and removes files. */
export async function lay(folder: string, files: Edits): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const place = join(folder, path);
    await mkdir(dirname(place), { recursive: true });
    if (text === null) await rm(place, { force: true });
    else await writeFile(place, text);
  }
}

/** Git with an identity; what it printed. */
export async function git(cwd: string, ...args: readonly string[]): Promise<string> {
  const identity = ['-c', 'user.name=corpus', '-c', 'user.email=corpus@example.com'];
  const { code, stdout } = await run(cwd, 'git', ...identity, ...args);
  if (code !== 0) throw new Error(`git ${args.join(' ')} ended with ${code}`);
  return stdout;
}

/** Whether the task is done: by its check and by the project's tests as they were, in the repository as the agent left it. */
export async function judged(repository: string, task: Task): Promise<boolean> {
  const name = 'check-of-the-corpus.mjs';
  await lay(repository, { [name]: task.check });
  const check = await run(repository, 'node', name);
  await lay(repository, { [name]: null });
  if (check.code !== 0 || !('package.json' in task.files)) return check.code === 0;
  await lay(repository, Object.fromEntries(Object.entries(task.files).filter(([path]) => path.startsWith('test/'))));
  return (await run(repository, 'node', '--test')).code === 0;
}
