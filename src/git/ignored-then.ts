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
  const then = Rules.ofTree(trees, target);
  const present = Rules.ofTree(trees, now);
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
 * The moves without harm to what was ignored at the target: a file that would be taken away stays. Where the commit of the worktree has
 * it, or the rules that there are then do not ignore it, it stays tracked, and nothing happens to it at all.
 *
 * @param moves those that were chosen of `every`, the moves from `now` to `target`. What is not chosen is ignored all the same where
 * rules come back that do so.
 */
export async function sparing(
  repository: Repository,
  between: Between,
  moves: readonly Move[],
  every: readonly Move[] = moves,
): Promise<Move[]> {
  const gone = every.filter(({ to }) => to === undefined).map(({ path }) => path);
  const stays = await ignoredThen(repository, between, gone);
  if (stays.size === 0) return [...moves];
  const trees = new TreeReader(repository);
  const chosen = new Map(moves.map((move) => [move.path, move]));
  const present = Rules.ofTree(trees, between.now);
  const after = new Rules(async (folder) => {
    const move = chosen.get(inFolder(folder, rulesName));
    return move === undefined ? present.in(folder) : idOf(move.to);
  });
  const loose: string[] = [];
  for (const path of stays) if (!(await inCommit(trees, between.head, path))) loose.push(path);
  const ignored = loose.length === 0 ? new Set() : await after.matching(repository, loose);
  const left = every.filter(({ path }) => ignored.has(path)).map((move): Move => ({ ...move, stays: true }));
  return [...moves.filter(({ path }) => !stays.has(path)), ...left];
}

/** The files with rules of one state. */
class Rules {
  readonly #read: (folder: string) => Promise<string>;
  readonly #known = new Map<string, Promise<string>>();

  /** @param read the id of the file with rules in a folder; empty for none. */
  constructor(read: (folder: string) => Promise<string>) {
    this.#read = read;
  }

  static ofTree(trees: TreeReader, tree: string): Rules {
    return new Rules(async (folder) => idOf(await entryAt(trees, tree, inFolder(folder, rulesName))));
  }

  /** Ids of the files with rules in the folders above a path, from the top down; nothing for folders without one. */
  above(path: string): Promise<string[]> {
    return Promise.all(foldersAbove(path).map((folder) => this.in(folder)));
  }

  /** Those of the paths that the rules ignore, whether git tracks them or not. */
  async matching(repository: Repository, paths: readonly string[]): Promise<ReadonlySet<string>> {
    const folder = await mkdtemp(join(repository.privateDir, 'rules-'));
    const rules = new IgnoreRules(repository, folder);
    try {
      for (const above of new Set(paths.flatMap(foldersAbove))) {
        const id = await this.in(above);
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

  in(folder: string): Promise<string> {
    let id = this.#known.get(folder);
    if (id === undefined) this.#known.set(folder, (id = this.#read(folder)));
    return id;
  }
}

/** Git reads no rules through a link. */
function idOf(entry: { readonly mode: string; readonly id: string } | undefined): string {
  return entry?.mode.startsWith('100') === true ? entry.id : '';
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
