/**
 * Trial merges of worktrees as their files are. Nothing of it reaches the repository: the objects are written into a store of
 * ours beside it, that is thrown away, and no ref is made.
 */
import { constants } from 'node:fs';
import { lstat, mkdir, readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isCoppiceError, systemCode } from '../core/errors.ts';
import { alternate, editedTree, quoted, type TreeEdit } from './edit-tree.ts';
import { Objects } from './objects.ts';
import { isTreePath, pathBytes } from './paths.ts';
import { readTrials, type Trial } from './radar-trials.ts';
import type { Repository } from './repository.ts';
import { TreeReader } from './trees.ts';

/** What is made into a commit: the files of a tree with those of the worktree at some paths. */
export interface SnapshotRequest {
  /** Top folder of the worktree. */
  readonly root: string;
  /** The commit that its branch is at; it becomes the parent. */
  readonly head: string;
  /** The tree as it was known last. */
  readonly tree: string;
  /** Paths that may differ from it. */
  readonly paths: readonly string[];
}

/** What was made. Ids are full; paths are relative to the worktree. */
export interface Snapshot {
  readonly commit: string;
  readonly tree: string;
  /** Those of the paths that are no file. */
  readonly gone: readonly string[];
  /** Those that are too large to be compared; the snapshot has their earlier content. */
  readonly large: readonly string[];
}

/** Files beyond this are not taken into a snapshot. */
export const largestCompared = 2 * 1024 * 1024;
const largestBlob = 512 * 1024;
const trialMs = 60_000;
/** Snapshots are made by nobody at no time, so that the same files make the same one. */
const nobody = 'Coppice <coppice@localhost> 0 +0000';
/** Up to so many paths, objects written one by one are there sooner than a git process is. */
const fewPaths = 400;

/** The trial merges of one repository. */
export class TrialMerges {
  readonly #repository: Repository;
  /** The same with objects that go into our store, and are read from it, too. */
  readonly #aside: Repository;
  readonly #folder: string;
  readonly #env: Readonly<Record<string, string>>;

  private constructor(repository: Repository, folder: string, format: string | undefined) {
    this.#repository = repository;
    this.#folder = folder;
    this.#env = {
      GIT_OBJECT_DIRECTORY: folder,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: alternate(join(repository.location.commonDir, 'objects')),
    };
    // Nothing in a store that is thrown away has to survive a power failure, and nobody shares it.
    const settings = new Map(format === undefined ? [] : [['extensions.objectformat', format]]);
    const objects = new Objects({
      ...{ folder, settings: () => settings },
      run: (args, call = {}) => repository.run(args, { ...call, extraEnv: this.#env }),
    });
    const contents = repository.converse(['cat-file', '--batch'], { extraEnv: this.#env });
    this.#aside = { ...repository, objects, contents };
  }

  /** Begins with an empty store. */
  static async open(repository: Repository): Promise<TrialMerges> {
    const folder = join(repository.privateDir, 'radar');
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return new TrialMerges(repository, folder, (await repository.settings()).get('extensions.objectformat'));
  }

  /**
   * All of them, in order. The same files on the same commit give the same snapshot.
   *
   * @returns also how many git processes that took: none where few paths changed, else one for all of them.
   * @throws CoppiceError `git-failed`, `disk-full`, `timed-out`.
   */
  async snapshots(
    requests: readonly SnapshotRequest[],
  ): Promise<{ readonly snapshots: readonly Snapshot[]; readonly processes: number }> {
    const paths = requests.reduce((sum, each) => sum + each.paths.length, 0);
    if (paths > fewPaths) return { snapshots: await this.#imported(requests), processes: 1 };
    const snapshots: Snapshot[] = [];
    for (const request of requests) snapshots.push(await this.#edited(request));
    return { snapshots, processes: 0 };
  }

  async #edited({ root, head, tree: base, paths }: SnapshotRequest): Promise<Snapshot> {
    const { objects } = this.#aside;
    const gone: string[] = [];
    const large: string[] = [];
    const edits: TreeEdit[] = [];
    for (const path of paths) {
      if (!isTreePath(path)) continue;
      const found = await contentAt(root, path);
      if (found === 'large') large.push(path);
      else if (found === undefined) gone.push(path);
      else edits.push({ path, to: { mode: found.mode, id: await objects.write('blob', found.bytes) } });
    }
    const all = [...gone.map((path) => ({ path })), ...edits];
    const trees = new TreeReader(this.#aside);
    const tree = all.length === 0 ? base : await editedTree(this.#aside, { base, edits: all, trees });
    const commit = await objects.write('commit', Buffer.from(commitText(tree, head)));
    return { commit, tree, gone, large };
  }

  async #imported(requests: readonly SnapshotRequest[]): Promise<Snapshot[]> {
    const parts: Buffer[] = [Buffer.from('feature done\n')];
    const states: Pick<Snapshot, 'gone' | 'large'>[] = [];
    for (const [index, request] of requests.entries()) states.push(await write(parts, request, index + 1));
    parts.push(Buffer.from('done\n'));
    const { stdout } = await this.#repository.run(['fast-import', '--quiet', '--done'], {
      input: Buffer.concat(parts),
      extraEnv: this.#env,
      timeoutMs: trialMs,
    });
    const lines = stdout.toString('latin1').split('\n');
    return states.map((state, index) => {
      const commit = lines[2 * index] ?? '';
      const tree = /^040000 tree ([0-9a-f]+)/.exec(lines[2 * index + 1] ?? '')?.[1] ?? emptyTree(commit);
      return { commit, tree, ...state };
    });
  }

  /**
   * Merges pairs of commits, in order, at most `most` conflicts of each; undefined where git failed. Some merges end git with an
   * assertion of its own: then the others are tried without that pair.
   *
   * @returns also how many git processes that took.
   * @throws CoppiceError `timed-out`, `disk-full`.
   */
  async merge(
    pairs: readonly (readonly [ours: string, theirs: string])[],
    most: number,
  ): Promise<{ readonly trials: readonly (Trial | undefined)[]; readonly processes: number }> {
    if (pairs.length === 0) return { trials: [], processes: 0 };
    try {
      return { trials: await this.#mergeAll(pairs, most), processes: 1 };
    } catch (error) {
      if (!isCoppiceError(error, 'git-failed')) throw error;
      if (pairs.length === 1) return { trials: [undefined], processes: 1 };
    }
    const half = Math.ceil(pairs.length / 2);
    const first = await this.merge(pairs.slice(0, half), most);
    const second = await this.merge(pairs.slice(half), most);
    return { trials: [...first.trials, ...second.trials], processes: 1 + first.processes + second.processes };
  }

  async #mergeAll(pairs: readonly (readonly [string, string])[], most: number): Promise<Trial[]> {
    const { stdout } = await this.#repository.run(['merge-tree', '--write-tree', '--stdin', '-z'], {
      input: pairs.map(([ours, theirs]) => `${ours} ${theirs}\n`).join(''),
      extraEnv: this.#env,
      timeoutMs: trialMs,
    });
    return readTrials(stdout, pairs.length, most);
  }

  /** The lines of a blob; undefined when it is binary or large. */
  async lines(id: string): Promise<string[] | undefined> {
    const answer = await this.#aside.contents.ask(Buffer.from(`${id}\n`), batchLength);
    const head = answer.indexOf(0x0a);
    const bytes = answer.subarray(head + 1, -1);
    if (!/ blob \d+$/.test(answer.toString('latin1', 0, head)) || bytes.length > largestBlob) return undefined;
    return bytes.includes(0) ? undefined : bytes.toString('utf8').split('\n');
  }

  async close(): Promise<void> {
    this.#aside.contents.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** Always the same for the same files on the same commit. */
function commitText(tree: string, parent: string): string {
  return `tree ${tree}\nparent ${parent}\nauthor ${nobody}\ncommitter ${nobody}\n\n`;
}

function emptyTree(commit: string): string {
  return commit.length === 64
    ? '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321'
    : '4b825dc642cb6eb9a060e54bf8d69288fbee4904';
}

function batchLength(bytes: Buffer): number | undefined {
  const head = bytes.indexOf(0x0a);
  if (head === -1) return undefined;
  const size = /^[0-9a-f]+ \w+ (\d+)$/.exec(bytes.toString('latin1', 0, head))?.[1];
  const length = size === undefined ? head + 1 : head + 1 + Number(size) + 1;
  return bytes.length >= length ? length : undefined;
}

async function write(
  parts: Buffer[],
  { root, head, tree, paths }: SnapshotRequest,
  mark: number,
): Promise<Pick<Snapshot, 'gone' | 'large'>> {
  const ref = `refs/coppice/radar/${mark}`;
  const say = (...more: (string | Buffer)[]): void => {
    for (const part of more) parts.push(typeof part === 'string' ? Buffer.from(part) : part);
  };
  const gone: string[] = [];
  const large: string[] = [];
  const files: (string | Buffer)[] = [];
  for (const path of paths) {
    if (!isTreePath(path)) continue;
    const found = await contentAt(root, path);
    if (found === undefined) gone.push(path);
    else if (found === 'large') large.push(path);
    else files.push(`M ${found.mode} inline `, quoted(path), `\ndata ${found.bytes.length}\n`, found.bytes, '\n');
  }
  say(`commit ${ref}\nmark :${mark}\ncommitter ${nobody}\ndata 0\n`);
  say(`from ${head}\nM 040000 ${tree} ""\n`);
  for (const path of gone) say('D ', quoted(path), '\n');
  say(...files, `\nget-mark :${mark}\nls :${mark} ""\nreset ${ref}\nfrom ${'0'.repeat(head.length)}\n\n`);
  return { gone, large };
}

async function contentAt(
  root: string,
  path: string,
): Promise<{ readonly mode: string; readonly bytes: Buffer } | 'large' | undefined> {
  const full = Buffer.concat([Buffer.from(`${root}/`), pathBytes(path)]);
  try {
    const info = await lstat(full);
    if (info.isSymbolicLink()) return { mode: '120000', bytes: await readlink(full, { encoding: 'buffer' }) };
    if (!info.isFile()) return undefined;
    if (info.size > largestCompared) return 'large';
    const bytes = await readFile(full, { flag: constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK });
    return { mode: (info.mode & 0o100) === 0 ? '100644' : '100755', bytes };
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    if (code === 'EACCES') return 'large'; // git could not read it either
    throw error;
  }
}
