/**
 * A small project with a history, for a first look at Coppice, for tests and for pictures: a command line that tells the
 * tides of a harbour.
 */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { history } from './history.ts';

const run = promisify(execFile);
const gitLimitMs = 30_000;

/** Makes the project in an empty folder, with its history on the branch `main`. Commits are the same each time. */
export async function makeSampleRepository(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await git(folder, ['init', '-q', '-b', 'main']);
  await git(folder, ['config', 'user.name', 'You']);
  await git(folder, ['config', 'user.email', 'you@example.org']);
  for (const { author, at, message, files } of history) {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    await git(folder, ['add', '--all']);
    const email = `${author.split(' ')[0]?.toLowerCase() ?? 'someone'}@example.org`;
    await git(folder, ['commit', '-q', '--no-verify', '-m', message], {
      GIT_AUTHOR_NAME: author,
      GIT_AUTHOR_EMAIL: email,
      GIT_AUTHOR_DATE: at,
      GIT_COMMITTER_NAME: author,
      GIT_COMMITTER_EMAIL: email,
      GIT_COMMITTER_DATE: at,
    });
  }
}

/** Whatever git is told on this machine, e.g. to sign commits, does not matter here. */
async function git(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
  const plain = { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null', GIT_TERMINAL_PROMPT: '0' };
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'));
  await run('git', [...args], { cwd, timeout: gitLimitMs, env: { ...Object.fromEntries(kept), ...plain, ...env } });
}
