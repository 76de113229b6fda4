/** What lies between two trees or commits, counted. */
import type { Place } from '../core/session/state.ts';
import { zeroSplit } from './door.ts';
import type { Repository } from './repository.ts';
import { treeOf, type TreeOptions, type TreeSnapshot } from './tree.ts';

/** One changed file, relative to the top of the worktree. */
export interface ChangedPath {
  readonly path: string;
  readonly kind: 'added' | 'modified' | 'deleted' | 'type-changed';
  /** Lines; undefined for binary content. */
  readonly insertions: number | undefined;
  readonly deletions: number | undefined;
}

/** What lies between two trees. The counts are of all files, also of those that `paths` leaves out. */
export interface Changes {
  readonly files: number;
  /** Lines of text files. */
  readonly insertions: number;
  readonly deletions: number;
  /** In git's order; at most as many as asked for. */
  readonly paths: readonly ChangedPath[];
}

const kinds: Readonly<Record<string, ChangedPath['kind']>> = {
  A: 'added',
  M: 'modified',
  D: 'deleted',
  T: 'type-changed',
};

/** Between two trees or commits. A moved file counts as one deleted and one added. `paths` is cut at `limit` (1,000). */
export async function changesBetween(repository: Repository, from: string, to: string, limit = 1000): Promise<Changes> {
  if (from === to) return { files: 0, insertions: 0, deletions: 0, paths: [] };
  const args = [
    'diff-tree',
    '-r',
    '-z',
    '--raw',
    '--numstat',
    '--no-renames',
    '--no-ext-diff',
    '--no-textconv',
    '--ignore-submodules=dirty',
  ];
  const answer = await repository.run([...args, '--end-of-options', from, to]);
  return parseChanges(zeroSplit(answer.stdout), limit);
}

/** Reads `diff-tree -z --raw --numstat` without renames: two fields per raw record, one per count. */
export function parseChanges(fields: readonly string[], limit: number): Changes {
  const kindOf = new Map<string, ChangedPath['kind']>();
  const counted: ChangedPath[] = [];
  for (let index = 0; index < fields.length; index += 1) {
    const field = fields[index] ?? '';
    if (field.startsWith(':')) {
      index += 1;
      kindOf.set(fields[index] ?? '', kinds[field.at(-1) ?? ''] ?? 'modified');
      continue;
    }
    const [insertions = '', deletions = '', ...path] = field.split('\t');
    const name = path.join('\t');
    counted.push({
      path: name,
      kind: kindOf.get(name) ?? 'modified',
      insertions: lines(insertions),
      deletions: lines(deletions),
    });
  }
  return {
    files: counted.length,
    insertions: counted.reduce((sum, each) => sum + (each.insertions ?? 0), 0),
    deletions: counted.reduce((sum, each) => sum + (each.deletions ?? 0), 0),
    paths: counted.slice(0, limit),
  };
}

/** Binary content has `-` for its counts. */
function lines(count: string): number | undefined {
  return count === '-' ? undefined : Number(count);
}

/** Changes together with the tree that they were counted against. */
export interface ChangesSince extends Changes {
  readonly snapshot: TreeSnapshot;
}

/** What a worktree's files are against a commit, committed or not. Nothing is changed. Throws like `treeOf`. */
export async function changesSince(
  repository: Repository,
  place: Pick<Place, 'path' | 'admin' | 'baseCommit'>,
  commit: string,
  options: TreeOptions & { limit?: number } = {},
): Promise<ChangesSince> {
  const snapshot = await treeOf(repository, place, options);
  return { ...(await changesBetween(repository, commit, snapshot.tree, options.limit)), snapshot };
}
