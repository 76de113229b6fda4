/** The entry of a worktree: made without a git process, by the steps that git itself takes and only where it would take no others, or found where git has made it. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CoppiceError, systemCode } from '../core/errors.ts';
import { adminOf } from './admin.ts';
import { readSmall } from './locate.ts';
import type { Repository } from './repository.ts';

/** With one of these git does more: owners and modes, configuration and sparse patterns that go with a worktree, other paths, waits for the disk. */
const byGit = [
  'core.sharedrepository',
  'core.fsync',
  'core.sparsecheckout',
  'extensions.worktreeconfig',
  'extensions.relativeworktrees',
  'worktree.userelativepaths',
];

/** Entries of one name, for worktrees in different folders. */
const mostNames = 1000;

/**
 * Registers the worktree at `path`, which is not there yet, on a branch that is; it has no files and no index then, as after
 * `git worktree add --no-checkout`. A kill at any point leaves what a killed git leaves.
 *
 * @param path absolute, with every link above it resolved; the folder above it is there.
 * @returns the entry; undefined when only git can make it, or say why not. Nothing was done then.
 * @throws the system's error.
 */
export async function createEntry(repository: Repository, path: string, branch: string): Promise<string | undefined> {
  const [settings, own] = [await repository.settings(), await repository.own()];
  if (byGit.some((key) => settings.has(key) || own.has(key))) return undefined;
  const { commonDir } = repository.location;
  if ((await adminOf(commonDir, path)) !== undefined) return undefined;
  const admin = newFolder(join(commonDir, 'worktrees'), basename(path));
  if (admin === undefined) return undefined;
  const locked = join(admin, 'locked');
  // Until it is whole nobody's clean-up takes it away.
  writeFileSync(locked, 'initializing\n', { flag: 'wx' });
  writeFileSync(join(admin, 'gitdir'), `${join(path, '.git')}\n`, { flag: 'wx' });
  mkdirSync(path);
  writeFileSync(join(path, '.git'), `gitdir: ${admin}\n`, { flag: 'wx' });
  writeFileSync(join(admin, 'HEAD'), `ref: refs/heads/${branch}\n`, { flag: 'wx' });
  writeFileSync(join(admin, 'commondir'), '../..\n', { flag: 'wx' });
  rmSync(locked);
  return admin;
}

/** The entry that git has just made, by the worktree's own pointer: nobody else has been there yet. */
export async function entryOfNew(commonDir: string, path: string): Promise<string> {
  const admin = (await readSmall(join(path, '.git')))?.replace(/^gitdir: /, '').trimEnd() ?? '';
  const back = (await readSmall(join(admin, 'gitdir')))?.trimEnd();
  if (dirname(admin) === join(commonDir, 'worktrees') && back === join(path, '.git')) return admin;
  throw new CoppiceError(
    'isolation-failed',
    `git did not register the worktree ${path}.`,
    'Run `git worktree list` and report this.',
    { context: { path } },
  );
}

/** With a number behind the name where that is taken, as git does it. */
function newFolder(above: string, name: string): string | undefined {
  mkdirSync(above, { recursive: true });
  for (let number = 0; number < mostNames; number += 1) {
    const folder = join(above, number === 0 ? name : `${name}${number}`);
    try {
      mkdirSync(folder);
      return folder;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
    }
  }
  return undefined;
}
