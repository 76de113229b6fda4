/**
 * The content of a worktree as a git tree, without touching the worktree, its index or its branch.
 *
 * The work is done in an index of ours that is kept from call to call, so that only files that changed are read again.
 * Traps on the way, each reproduced in `protocols/git-mechanics.md` B: a repository inside the worktree without a commit
 * makes `git add` give up with nothing added, one with commits is recorded as a bare link and its files are lost, and
 * looking into a known one runs what its own configuration names. All of them are left out by path and reported.
 */
import { lstat, readdir, rm } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { CoppiceError } from '../core/errors.ts';
import type { Place } from '../core/session/state.ts';
import { isAbsent, isFolder } from './admin.ts';
import { privateIndex } from './checkout.ts';
import { type GitAnswer, textOf, zeroSplit } from './door.ts';
import { headOf } from './facts.ts';
import type { Link } from './known.ts';
import { readSmall } from './locate.ts';
import { orphansEnd } from './locks.ts';
import type { Repository } from './repository.ts';
import { treeOfCommit } from './save.ts';
import { gitlinksOf } from './submodules.ts';
import { withWorkIndex } from './work-index.ts';

/** What of a worktree's files goes into the tree. */
export interface TreeOptions {
  readonly signal?: AbortSignal;
  /** Paths to keep as they are in the branch's last commit, whatever is in the worktree; folders with their content. */
  readonly exclude?: readonly string[];
  /** Files of nested repositories: left out, or taken as plain files (to keep them). */
  readonly nested?: 'leave-out' | 'as-files';
  /** Submodules: as links to their commits, or as plain files; unless told, as files when `nested` is. */
  readonly submodules?: 'as-links' | 'as-files';
}

/** The files of a worktree as a tree object that git holds. Ids are full, paths relative to the worktree. */
export interface TreeSnapshot {
  readonly tree: string;
  /** The commit that the comparison started from: HEAD of the worktree, else its base. */
  readonly head: string;
  /** Paths of repositories inside the worktree that are no known submodules; their files are not in `tree` unless asked. */
  readonly nested: readonly string[];
  /** Known submodules that are checked out. */
  readonly submodules: readonly string[];
  /** Files that could not be read; `tree` has their earlier content or nothing. */
  readonly unreadable: readonly string[];
  /** Paths that differ from `head`, without those that are gone, and without the files of repositories inside. */
  readonly changed: readonly string[];
}

/** A full comparison of a very large worktree on a slow disk takes minutes. */
const scanMs = 15 * 60_000;

/** What git says when a file is gone that it had just listed. */
const vanished = /^fatal: unable to stat '([^\n]*)': /m;
/** As often a file may be gone before it is given up. */
const addAttempts = 100;

/** @throws CoppiceError `worktree-unsafe` (the folder is gone or is not a real folder), `git-failed`, `disk-full`. */
export async function treeOf(
  repository: Repository,
  place: Pick<Place, 'path' | 'admin' | 'baseCommit'>,
  options: TreeOptions = {},
): Promise<TreeSnapshot> {
  if (!(await isFolder(place.path))) {
    throw new CoppiceError(
      'worktree-unsafe',
      `The worktree ${place.path} is not there as a folder.`,
      'Restore the session, which makes it again as it was last kept.',
      {
        context: { path: place.path },
      },
    );
  }
  const head = await comparisonPoint(repository, place);
  const index = privateIndex(repository, place.admin);
  return repository.exclusive(
    `index ${index}`,
    async () => new Staging(repository, place, index, options).snapshot(head),
    options.signal,
  );
}

/** HEAD of the worktree, else its base. */
export async function comparisonPoint(
  repository: Repository,
  place: Pick<Place, 'admin' | 'baseCommit'>,
): Promise<string> {
  const head = await headOf(repository, place.admin).catch(() => undefined);
  if (head === undefined || head.kind === 'unborn') return place.baseCommit;
  if (head.kind === 'branch') return head.commit;
  const known = await repository.run(['cat-file', '-e', `${head.commit}^{commit}`], { okCodes: [0, 1, 128] });
  return known.code === 0 ? head.commit : place.baseCommit;
}

/**
 * All files of a folder that are not ignored, as a tree, repositories inside it as plain files: for keeping a folder
 * that is no worktree any more, or the files of a nested repository. Every file is read.
 */
export async function filesOf(repository: Repository, folder: string, signal?: AbortSignal): Promise<string> {
  const options = { nested: 'as-files' as const, ...(signal === undefined ? {} : { signal }) };
  return withWorkIndex(repository, 'files', (index) =>
    new Staging(repository, { path: folder, admin: '' }, index, options).whole(),
  );
}

/** A tree of an index, beside the one it was compared with. */
interface Written {
  readonly tree: string;
  /** Paths that differ, without those that are gone. */
  readonly changed: readonly string[];
  /** There are links to repositories that are no known submodules. */
  readonly addedLinks: boolean;
}

class Staging {
  readonly #repository: Repository;
  readonly #place: Pick<Place, 'path' | 'admin'>;
  readonly #index: string;
  readonly #options: TreeOptions;
  /** Files that come and go while the others are read. */
  readonly #fleeting = new Set<string>();

  constructor(repository: Repository, place: Pick<Place, 'path' | 'admin'>, index: string, options: TreeOptions) {
    this.#repository = repository;
    this.#place = place;
    this.#index = index;
    this.#options = options;
  }

  #git(args: readonly string[], input?: string | Buffer, okCodes: readonly number[] = [0]): Promise<GitAnswer> {
    return this.#repository.onTree(this.#place.path, this.#index, args, {
      timeoutMs: scanMs,
      okCodes,
      // Only with this does git notice files that are present although their entry says "not checked out".
      config: [{ key: 'core.sparseCheckout', value: 'true' }],
      ...(input === undefined ? {} : { input }),
      ...(this.#options.signal === undefined ? {} : { signal: this.#options.signal }),
    });
  }

  async snapshot(head: string): Promise<TreeSnapshot> {
    const headTree = await treeOfCommit(this.#repository, head);
    await this.#clearLock();
    if (!this.#repository.known.isAt(this.#index, headTree)) await this.#git(['read-tree', '-m', '-i', head]);
    await this.#keepSparse();
    const links = await this.#linksOf(headTree);
    const submodules = await this.#settleLinks(links);
    const left = [...(this.#options.exclude ?? []), ...submodules];
    let nested: string[] = [];
    let code = await this.#add(left);
    let written = await this.#write(headTree, links);
    // With an error git says neither which path nor why: a repository without a commit is one of the reasons.
    if (code !== 0 || written.addedLinks) nested = await this.#findNested(links);
    if (nested.length > 0) {
      await this.#git(['read-tree', '-m', '-i', head]);
      await this.#keepSparse();
      await this.#settleLinks(links);
      code = await this.#add([...left, ...nested]);
      written = await this.#write(headTree, links);
      if (written.addedLinks) throw movingTarget(this.#place.path);
    }
    if (code === 128) throw movingTarget(this.#place.path);
    const unreadable = [...(code === 0 ? [] : await this.#leftOver([...left, ...nested])), ...this.#fleeting];
    const { nested: how, submodules: whether = how } = this.#options;
    const grafts = [...(how === 'as-files' ? nested : []), ...(whether === 'as-files' ? submodules : [])];
    const grafted = await this.#graft(grafts);
    const tree = grafted ? textOf(await this.#git(['write-tree'])) : written.tree;
    this.#repository.known.indexIsAt(this.#index, { tree, head });
    return { tree, head, nested, submodules, unreadable, changed: written.changed };
  }

  /** Nobody but Coppice uses this index: a git that was killed left the lock, or one that outlived its engine still has it. */
  async #clearLock(): Promise<void> {
    const lock = `${this.#index}.lock`;
    if (await isAbsent(lock)) return;
    await orphansEnd(this.#repository.owner);
    await rm(lock, { force: true });
  }

  /** The submodules of a tree, while the index has its content. */
  async #linksOf(tree: string): Promise<readonly Link[]> {
    const { links } = this.#repository.known;
    const found = links.get(tree) ?? gitlinksOf(zeroSplit((await this.#git(['ls-files', '--stage', '-z'])).stdout));
    links.set(tree, found);
    return found;
  }

  /** Makes a tree of the index, and tells how it differs from another one. */
  async #write(from: string, known: readonly Link[]): Promise<Written> {
    const tree = textOf(await this.#git(['write-tree']));
    if (tree === from) return { tree, changed: [], addedLinks: false };
    const args = ['diff-tree', '-r', '-z', '--raw', '--no-renames', '--no-ext-diff', '--end-of-options', from, tree];
    const fields = zeroSplit((await this.#repository.run(args, { timeoutMs: scanMs })).stdout);
    const changed: string[] = [];
    const links: string[] = [];
    let linksChanged = false;
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const [before, after] = (fields[at] ?? '').split(' ');
      const path = fields[at + 1] ?? '';
      linksChanged ||= before === ':160000' || after === '160000';
      if (after === '160000') links.push(path);
      if (after !== '000000') changed.push(path);
    }
    if (!linksChanged) this.#repository.known.links.set(tree, known);
    const before = new Set(known.map((link) => link.path));
    return { tree, changed, addedLinks: links.some((path) => !before.has(path)) };
  }

  /** Stages everything that is not ignored and not left out; 1 means that some files could not be read. */
  async #add(leftOut: readonly string[]): Promise<number> {
    const args = ['add', '-A', '--ignore-errors', '--sparse', '--pathspec-from-file=-', '--pathspec-file-nul'];
    for (let attempt = 1; ; attempt += 1) {
      const left = [...leftOut, ...this.#fleeting];
      const pathspec = ['.', ...left.map((path) => `:(exclude,literal,top)${path}`)].join('\0');
      const { code, stderr } = await this.#git(args, pathspec, [0, 1, 128]);
      const fleeting = code === 128 ? vanished.exec(stderr)?.[1] : undefined;
      if (fleeting === undefined || attempt === addAttempts) return code;
      // Gone between the listing and the look at it, and with that git adds nothing at all.
      if (attempt > 1) this.#fleeting.add(fleeting);
    }
  }

  /** Links that `add` made out of nested repositories. */
  async #addedLinks(known: readonly Link[]): Promise<string[]> {
    const all = gitlinksOf(zeroSplit((await this.#git(['ls-files', '--stage', '-z'])).stdout));
    const before = new Set(known.map((link) => link.path));
    return all.map((link) => link.path).filter((path) => !before.has(path));
  }

  async #findNested(known: readonly Link[]): Promise<string[]> {
    const others = zeroSplit((await this.#git(['ls-files', '--others', '--exclude-standard', '-z'])).stdout);
    const folders = others.filter((path) => path.endsWith('/')).map((path) => path.slice(0, -1));
    return [...new Set([...folders, ...(await this.#addedLinks(known))])].sort();
  }

  /** Brings each known link to the commit that its submodule is at, and gives the paths that are submodules still. */
  async #settleLinks(links: readonly Link[]): Promise<string[]> {
    const submodules: string[] = [];
    const changes: string[] = [];
    for (const { path, commit } of links) {
      const full = join(this.#place.path, path);
      const gitDir = await nestedGitDir(full);
      if (gitDir !== undefined) {
        submodules.push(path);
        const answer = await this.#repository.onNested(gitDir, ['rev-parse', '--quiet', '--verify', 'HEAD'], {
          okCodes: [0, 1, 128],
        });
        const at = answer.code === 0 ? textOf(answer) : commit;
        if (at !== commit) changes.push(`160000 ${at} 0\t${path}`);
      } else if ((await isAbsent(full)) || !(await isEmptyFolder(full))) {
        changes.push(`0 ${'0'.repeat(commit.length)}\t${path}`);
      } else {
        // Never initialised: an empty folder stands for it.
        submodules.push(path);
      }
    }
    if (changes.length > 0) await this.#git(['update-index', '-z', '--index-info'], `${changes.join('\0')}\0`);
    return submodules;
  }

  /**
   * In a sparse worktree, entries outside the checked-out directories carry a mark; entries that came from another
   * commit lack it and would look deleted. The worktree's own index knows which ones git left out.
   */
  async #keepSparse(): Promise<void> {
    if ((await readSmall(join(this.#place.admin, 'info', 'sparse-checkout'))) === undefined) return;
    const missing = new Set(zeroSplit((await this.#git(['ls-files', '--deleted', '-z'])).stdout));
    if (missing.size === 0) return;
    const own = join(this.#place.admin, 'index');
    if ((await lstat(own).catch(() => undefined))?.isFile() !== true) return;
    const listed = await this.#repository.onTree(this.#place.path, own, ['ls-files', '-t', '-z'], {
      timeoutMs: scanMs,
    });
    const marked = zeroSplit(listed.stdout)
      .filter((field) => field.startsWith('S '))
      .map((field) => field.slice(2))
      .filter((path) => missing.has(path));
    if (marked.length > 0)
      await this.#git(['update-index', '--skip-worktree', '-z', '--stdin'], `${marked.join('\0')}\0`);
  }

  /** What differs from the index still, after everything readable was added. */
  async #leftOver(leftOut: readonly string[]): Promise<string[]> {
    const [changed, others] = await Promise.all([
      this.#git(['diff-files', '--name-only', '--ignore-submodules=all', '-z']),
      this.#git(['ls-files', '--others', '--exclude-standard', '-z']),
    ]);
    const out = (path: string): boolean =>
      leftOut.some((left) => path === left || path.startsWith(`${left.replace(/\/$/, '')}/`));
    return [...zeroSplit(changed.stdout), ...zeroSplit(others.stdout)].filter(
      (path) => !path.endsWith('/') && !out(path),
    );
  }

  /** Puts the files of repositories inside the worktree into the index as plain files; deeper ones too. Tells whether it did. */
  async #graft(paths: readonly string[]): Promise<boolean> {
    let grafted = false;
    for (const path of paths) {
      const folder = join(this.#place.path, path);
      if ((await nestedGitDir(folder)) === undefined) continue;
      const tree = await filesOf(this.#repository, folder, this.#options.signal);
      await this.#git(['update-index', '-z', '--index-info'], `0 ${'0'.repeat(tree.length)}\t${path}\0`);
      await this.#git(['read-tree', `--prefix=${path}/`, tree]);
      grafted = true;
    }
    return grafted;
  }

  /** The tree of all files, into an index that starts empty. */
  async whole(): Promise<string> {
    await this.#git(['read-tree', '--empty']);
    let code = await this.#add([]);
    const nested = code === 0 ? await this.#addedLinks([]) : await this.#findNested([]);
    if (nested.length > 0) {
      await this.#git(['read-tree', '--empty']);
      code = await this.#add(nested);
    }
    if (code === 128) throw movingTarget(this.#place.path);
    const [unreadable] = code === 0 ? [] : await this.#leftOver(nested);
    if (unreadable !== undefined) {
      const path = join(this.#place.path, unreadable);
      throw new CoppiceError('worktree-unsafe', `${path} cannot be read, so it cannot be kept.`, 'Make it readable.', {
        context: { path },
      });
    }
    await this.#graft(nested);
    return textOf(await this.#git(['write-tree']));
  }
}

function movingTarget(path: string): CoppiceError {
  return new CoppiceError(
    'wrong-state',
    `Something is changing repositories inside ${path} while it is read.`,
    'Stop what runs there and try again.',
    {
      context: { path },
    },
  );
}

/** The git directory of a repository whose top folder this is; undefined when it is none. */
export async function nestedGitDir(folder: string): Promise<string | undefined> {
  const dotGit = join(folder, '.git');
  const info = await lstat(dotGit).catch(() => undefined);
  if (info?.isDirectory() === true) return dotGit;
  const text = info?.isFile() === true ? await readSmall(dotGit) : undefined;
  if (text?.startsWith('gitdir: ') !== true) return undefined;
  const target = text.slice('gitdir: '.length).trimEnd();
  const gitDir = isAbsolute(target) ? target : join(folder, target);
  return (await isFolder(gitDir)) ? gitDir : undefined;
}

async function isEmptyFolder(path: string): Promise<boolean> {
  if (!(await isFolder(path))) return false;
  return (await readdir(path)).length === 0;
}
