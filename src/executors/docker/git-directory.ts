/**
 * The git directory of a session's own that its container sees as `/git`. It borrows the objects of the repository read-only, so
 * that nothing in the container can move a branch, delete history, or plant configuration that a git of this host would read.
 * Once a container had it, everything in it is the agent's: it is only read, as text of a known form.
 */
import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, realpath, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CoppiceError, systemCode } from '../../core/errors.ts';
import type { SharedHead } from '../executor.ts';
import { objectsAt } from './container.ts';

const id = /^[0-9a-f]{40,64}$/u;
const largestRef = 64 * 1024;

/** Makes a fresh one in `folder` and returns its path. Those of earlier runs stay beside it. */
export async function makeGitDirectory(
  folder: string,
  { branch, head, objects, borrowed }: SharedHead,
): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `git-${newest(await readdir(folder)) + 1}`);
  const ref = join(path, 'refs', 'heads', branch);
  for (const each of [
    join(path, 'objects', 'info'),
    join(path, 'objects', 'pack'),
    join(path, 'refs', 'tags'),
    dirname(ref),
  ]) {
    await mkdir(each, { recursive: true, mode: 0o700 });
  }
  const format = head.length === 64 ? '[extensions]\n\tobjectFormat = sha256\n' : '';
  const version = head.length === 64 ? 1 : 0;
  const config = `[core]\n\trepositoryformatversion = ${version}\n\tfilemode = true\n\tbare = false\n\tlogallrefupdates = true\n${format}`;
  const lent = [objects, ...borrowed].map((_each, index) => `${objectsAt(index)}\n`);
  await writeFile(join(path, 'objects', 'info', 'alternates'), lent.join(''));
  // What the repository's own exclude file keeps out of git here stays out of it there.
  await mkdir(join(path, 'info'), { mode: 0o700 });
  await writeFile(join(path, 'info', 'exclude'), (await shared(objects, 'info/exclude')) ?? '');
  // Where the history of a shallow clone ends: what is behind that would be missed.
  const shallow = await shared(objects, 'shallow');
  if (shallow !== undefined) await writeFile(join(path, 'shallow'), shallow);
  await writeFile(join(path, 'config'), config);
  await writeFile(ref, `${head}\n`);
  await writeFile(join(path, 'HEAD'), `ref: refs/heads/${branch}\n`);
  return path;
}

/** What the repository has beside its objects under a name; undefined when there is no such file. */
async function shared(objects: string, name: string): Promise<Buffer | undefined> {
  return readFile(join(dirname(objects), name)).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
}

/** The newest of a session; undefined before the first. */
export async function gitDirectoryOf(folder: string): Promise<string | undefined> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  });
  const last = newest(names);
  return last === 0 ? undefined : join(folder, `git-${last}`);
}

/** The highest number among them; 0 without any. */
function newest(names: readonly string[]): number {
  return Math.max(0, ...names.map((name) => Number(/^git-(\d+)$/u.exec(name)?.[1] ?? 0)));
}

/** Where HEAD is, and on which branch. Throws `worktree-unsafe` when that cannot be read. */
export async function readHead(path: string): Promise<{ readonly head: string; readonly branch?: string }> {
  const text = (await readPlain(path, 'HEAD')) ?? '';
  if (id.test(text)) return { head: text };
  const branch = /^ref: refs\/heads\/([\w./@+-]+)$/u.exec(text)?.[1];
  const loose = branch === undefined ? undefined : await readPlain(path, `refs/heads/${branch}`);
  const packed =
    branch === undefined || loose !== undefined ? undefined : await packedRef(path, `refs/heads/${branch}`);
  const head = loose ?? packed;
  if (branch !== undefined && head !== undefined && id.test(head)) return { head, branch };
  throw new CoppiceError(
    'worktree-unsafe',
    'It cannot be read where the agent left its branch in the container.',
    'Look at what it did with `git` in the session; its files are in the worktree.',
  );
}

async function packedRef(path: string, ref: string): Promise<string | undefined> {
  const lines = ((await readPlain(path, 'packed-refs')) ?? '').split('\n');
  return lines.find((line) => line.endsWith(` ${ref}`))?.split(' ')[0];
}

/** A small regular file inside of the folder: never through a link that leads out of it. */
async function readPlain(folder: string, name: string): Promise<string | undefined> {
  try {
    const whole = join(folder, name);
    const above = await realpath(dirname(whole));
    if (above !== dirname(join(await realpath(folder), name))) return undefined;
    const file = await open(whole, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      if (!(await file.stat()).isFile()) return undefined;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(largestRef), 0, largestRef, 0);
      return buffer.toString('utf8', 0, bytesRead).trim();
    } finally {
      await file.close();
    }
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ELOOP' || code === 'ENOTDIR' || code === 'ENXIO') return undefined;
    throw error;
  }
}
