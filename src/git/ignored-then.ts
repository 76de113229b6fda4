/**
 * What git ignored at a state that files are brought back to. Such a file is in no checkpoint of that time, so nobody can tell
 * whether it was there: one that is tracked by now must not be taken away for not being in it.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { IgnoreRules } from './ignore.ts';
import { pathBytes } from './paths.ts';
import { Pauses } from './pauses.ts';
import type { Repository } from './repository.ts';
import type { Move } from './restore.ts';
import { folderMode, type TreeEntry, TreeReader } from './trees.ts';

const rulesName = '.gitignore';

/** Two states between which files are moved. `head` is the commit that the worktree is at. */
export interface Between {
  /** The tree of the files as they are. */
  readonly now: string;
  /** The tree whose rules count. */
  readonly target: string;
  readonly head: string;
}

/**
 * Those of the paths that are in the tree `now`, and that the rules of the tree `target` ignore. Git is only asked where one of them may
 * be: its rules were others then, or a commit has it in spite of them.
 */
export async function ignoredThen(
  repository: Repository,
  { now, target, head }: Between,
  paths: readonly string[],
): Promise<ReadonlySet<string>> {
  const trees = new TreeReader(repository);
  const then = new Rules(trees, target);
  const present = new Rules(trees, now);
  const doubtful: string[] = [];
  const pauses = new Pauses();
  for (const path of paths) {
    await pauses.pause();
    const same = (await then.above(path)).join() === (await present.above(path)).join();
    if (!same || (await inCommit(trees, head, path))) doubtful.push(path);
  }
  return doubtful.length === 0 ? new Set() : then.matching(repository, doubtful);
}

/**
 * The moves without harm to what was ignored at the target: a file that would be taken away stays. One that the commit of the worktree has
 * stays tracked, so nothing happens to it at all; another one is ignored again as soon as the rules are as they were.
 *
 * @param moves those that were chosen of the moves from `now` to `target`.
 */
export async function sparing(repository: Repository, between: Between, moves: readonly Move[]): Promise<Move[]> {
  const gone = moves.filter(({ to }) => to === undefined).map(({ path }) => path);
  const stays = await ignoredThen(repository, between, gone);
  if (stays.size === 0) return [...moves];
  const trees = new TreeReader(repository);
  const chosen = new Set(moves.map(({ path }) => path));
  const then = new Rules(trees, between.target);
  const present = new Rules(trees, between.now);
  const kept: Move[] = [];
  for (const move of moves) {
    if (!stays.has(move.path)) kept.push(move);
    else if (!(await inCommit(trees, between.head, move.path)) && (await comesBack(move.path))) {
      kept.push({ ...move, stays: true });
    }
  }
  return kept;

  /** Whether the rules above a path are those of the target when the moves are done. */
  async function comesBack(path: string): Promise<boolean> {
    const [old, next] = [await present.above(path), await then.above(path)];
    return foldersAbove(path).every(
      (folder, index) => old[index] === next[index] || chosen.has(inFolder(folder, rulesName)),
    );
  }
}

/** The files with rules of one tree. */
class Rules {
  readonly #trees: TreeReader;
  readonly #tree: string;
  readonly #known = new Map<string, Promise<string>>();

  constructor(trees: TreeReader, tree: string) {
    this.#trees = trees;
    this.#tree = tree;
  }

  /** Ids of the files with rules in the folders above a path, from the top down; nothing for folders without one. */
  above(path: string): Promise<string[]> {
    return Promise.all(foldersAbove(path).map((folder) => this.#in(folder)));
  }

  /** Those of the paths that the rules ignore, whether git tracks them or not. */
  async matching(repository: Repository, paths: readonly string[]): Promise<ReadonlySet<string>> {
    const folder = await mkdtemp(join(repository.privateDir, 'rules-'));
    const rules = new IgnoreRules(repository, folder);
    try {
      for (const above of new Set(paths.flatMap(foldersAbove))) {
        const id = await this.#in(above);
        if (id === '') continue;
        const file = Buffer.concat([Buffer.from(`${folder}/`), pathBytes(inFolder(above, rulesName))]);
        await mkdir(Buffer.from(dirname(file.toString('latin1')), 'latin1'), { recursive: true });
        const content = await repository.objects.read('blob', id);
        await writeFile(file, content ?? (await repository.run(['cat-file', 'blob', id])).stdout);
      }
      return new Set(await rules.matching(paths));
    } finally {
      rules.close();
      await rm(folder, { recursive: true, force: true });
    }
  }

  #in(folder: string): Promise<string> {
    let id = this.#known.get(folder);
    if (id === undefined) this.#known.set(folder, (id = this.#read(folder)));
    return id;
  }

  async #read(folder: string): Promise<string> {
    const entry = await entryAt(this.#trees, this.#tree, inFolder(folder, rulesName));
    // Git reads no rules through a link.
    return entry?.mode.startsWith('100') === true ? entry.id : '';
  }
}

async function inCommit(trees: TreeReader, commit: string, path: string): Promise<boolean> {
  return (await entryAt(trees, await trees.idOf(commit), path)) !== undefined;
}

/** What a tree has at a path. */
async function entryAt(trees: TreeReader, tree: string, path: string): Promise<TreeEntry | undefined> {
  let entry: TreeEntry | undefined = { mode: folderMode, id: tree };
  for (const name of pathBytes(path).toString('latin1').split('/')) {
    if (entry?.mode !== folderMode) return undefined;
    entry = (await trees.tree(entry.id)).get(name);
  }
  return entry;
}

/** From the top down; the top folder is the empty path. */
function foldersAbove(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return ['', ...parts.map((_part, index) => parts.slice(0, index + 1).join('/'))];
}

function inFolder(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
