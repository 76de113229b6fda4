/** Merges of commits beside every checkout: no index, no files, only objects. */
import type { Conflict } from '../core/landing/state.ts';
import { textOf } from './door.ts';
import { ownIdentity } from './identity.ts';
import { zeroPaths } from './paths.ts';
import type { Repository } from './repository.ts';
import { treeOfCommit } from './save.ts';

/** The merged tree, or where the two sides disagree; the tree then holds files with git's markers. */
export type Merged =
  | { readonly kind: 'clean'; readonly tree: string }
  | { readonly kind: 'conflict'; readonly tree: string; readonly conflicts: readonly Conflict[] };

/** What one conflicting path has on each side, by object id. */
export interface ConflictSides {
  readonly base?: string;
  readonly ours?: string;
  readonly theirs?: string;
}

const hunkBytes = 16 * 1024;
const hunkFiles = 50;
const blobBytes = 8 * 1024 * 1024;

/**
 * Merges two commits. With `base`, the changes from there to `theirs` are applied to `ours`, whatever the history says:
 * git's own choice of a base would take work that was landed and taken back for work that is there.
 *
 * @throws CoppiceError `git-failed` when there is no such commit.
 */
export async function mergeCommits(
  repository: Repository,
  sides: { readonly base?: string; readonly ours: string; readonly theirs: string },
): Promise<Merged> {
  const { ours, theirs } = sides.base === undefined ? sides : await onBase(repository, { ...sides, base: sides.base });
  const { tree, code, rest } = await mergeTree(repository, ours, theirs);
  if (code === 0) return { kind: 'clean', tree };
  return { kind: 'conflict', tree, conflicts: await withHunks(repository, tree, conflictsFrom(rest)) };
}

/** The object ids of one path in conflict; undefined when the merge has none there. Throws like `mergeCommits`. */
export async function conflictSides(
  repository: Repository,
  sides: { readonly ours: string; readonly theirs: string },
  path: string,
): Promise<(ConflictSides & { readonly tree: string }) | undefined> {
  const { tree, rest } = await mergeTree(repository, sides.ours, sides.theirs);
  const stages = stagesFrom(rest).filter((each) => each.path === path);
  if (stages.length === 0) return undefined;
  const at = (stage: string): string | undefined => stages.find((each) => each.stage === stage)?.oid;
  const [base, ours, theirs] = [at('1'), at('2'), at('3')];
  return {
    tree,
    ...(base === undefined ? {} : { base }),
    ...(ours === undefined ? {} : { ours }),
    ...(theirs === undefined ? {} : { theirs }),
  };
}

async function mergeTree(
  repository: Repository,
  ours: string,
  theirs: string,
): Promise<{ tree: string; code: number; rest: string[] }> {
  const answer = await repository.run(
    ['merge-tree', '--write-tree', '--allow-unrelated-histories', '-z', ours, theirs],
    {
      okCodes: [0, 1],
    },
  );
  const [tree = '', ...rest] = zeroPaths(answer.stdout);
  // Exit code 1 also stands for what cannot be merged at all; then no tree comes first.
  if (/^[0-9a-f]{40,64}$/.test(tree)) return { tree, code: answer.code, rest };
  await repository.ask(['rev-parse', '--verify', '--end-of-options', `${ours}^{commit}`]);
  await repository.ask(['rev-parse', '--verify', '--end-of-options', `${theirs}^{commit}`]);
  throw new Error(`git merge-tree gave no tree for ${ours} and ${theirs}: ${answer.stderr.slice(0, 500)}`);
}

/** Commits with the same trees, of which the first is the parent of the others: git 2.38 cannot be told a base. */
async function onBase(
  repository: Repository,
  sides: { readonly base: string; readonly ours: string; readonly theirs: string },
): Promise<{ ours: string; theirs: string }> {
  const make = async (commit: string, parent?: string): Promise<string> => {
    const parents = parent === undefined ? [] : ['-p', parent];
    const args = ['commit-tree', '--no-gpg-sign', '-m', 'side of a merge', ...parents];
    const tree = await treeOfCommit(repository, commit);
    return textOf(await repository.run([...args, tree], { extraEnv: { ...ownIdentity, ...fixedDates } }));
  };
  const base = await make(sides.base);
  const [ours, theirs] = await Promise.all([make(sides.ours, base), make(sides.theirs, base)]);
  return { ours, theirs };
}

/** The same sides give the same objects. */
const fixedDates = { GIT_AUTHOR_DATE: '@0 +0000', GIT_COMMITTER_DATE: '@0 +0000' };

/** One side of a path in conflict: `1` the common content, `2` ours, `3` theirs. */
export interface Stage {
  readonly oid: string;
  readonly stage: string;
  readonly path: string;
}

/** `<mode> <oid> <stage>\t<path>` up to the first empty field. */
export function stagesFrom(fields: readonly string[]): Stage[] {
  const end = fields.indexOf('');
  return fields.slice(0, end < 0 ? fields.length : end).flatMap((field) => {
    const match = /^\d+ ([0-9a-f]+) ([123])\t([\s\S]*)$/.exec(field);
    return match === null ? [] : [{ oid: match[1] ?? '', stage: match[2] ?? '', path: match[3] ?? '' }];
  });
}

/** Reads what follows the tree in `merge-tree -z`: stages, an empty field, then messages with the paths they are about. */
export function conflictsFrom(fields: readonly string[]): Omit<Conflict, 'hunks'>[] {
  const found = new Map<string, { kind: string; messages: string[] }>();
  for (const { path } of stagesFrom(fields)) found.set(path, { kind: 'content', messages: [] });
  const end = fields.indexOf('');
  for (let at = end < 0 ? fields.length : end + 1; at < fields.length;) {
    const count = Number(fields[at]);
    const paths = fields.slice(at + 1, at + 1 + count);
    const kind = fields[at + 1 + count] ?? '';
    const message = (fields[at + 2 + count] ?? '').trim();
    at += count + 3;
    if (!kind.startsWith('CONFLICT')) continue;
    for (const path of paths) {
      const entry = found.get(path);
      if (entry === undefined) continue;
      // The sentence has the word that people know (`add/add`), the type only its class (`contents`).
      entry.kind = /^CONFLICT \(([^)]*)\)/.exec(message)?.[1] ?? 'content';
      entry.messages.push(message);
    }
  }
  return [...found].map(([path, { kind, messages }]) => ({ path, kind, messages }));
}

async function withHunks(
  repository: Repository,
  tree: string,
  conflicts: readonly Omit<Conflict, 'hunks'>[],
): Promise<Conflict[]> {
  const shown = conflicts.slice(0, hunkFiles);
  const texts = await Promise.all(shown.map(({ path }) => textAt(repository, tree, path)));
  return conflicts.map((conflict, index) => {
    const text = texts[index];
    const hunks = text === undefined ? '' : hunksOf(text);
    return hunks === '' ? conflict : { ...conflict, hunks };
  });
}

/** The text of a file in a tree; undefined when it is not there, is no text or is larger than 8 MiB. */
export async function textAt(repository: Repository, tree: string, path: string): Promise<string | undefined> {
  const listed = await repository.run(['ls-tree', '-z', tree, '--', `:(literal)${path}`]).catch(() => undefined);
  const oid = /^\d+ blob ([0-9a-f]+)\t/.exec(listed?.stdout.toString('latin1') ?? '')?.[1];
  return oid === undefined ? undefined : textOfBlob(repository, oid);
}

/** The text of a blob; undefined when it is binary or larger than 8 MiB. */
export async function textOfBlob(repository: Repository, oid: string): Promise<string | undefined> {
  const size = Number(await repository.ask(['cat-file', '-s', oid]));
  if (size > blobBytes) return undefined;
  const { stdout } = await repository.run(['cat-file', 'blob', oid]);
  return stdout.includes(0) ? undefined : stdout.toString('utf8');
}

/** The parts between markers, each with its markers, cut at 16 KiB. */
export function hunksOf(text: string): string {
  const kept: string[] = [];
  let inside = false;
  for (const line of text.split('\n')) {
    if (line.startsWith('<<<<<<< ')) inside = true;
    if (inside) kept.push(line);
    if (line.startsWith('>>>>>>> ')) inside = false;
  }
  const hunks = kept.join('\n');
  return hunks.length <= hunkBytes ? hunks : `${hunks.slice(0, hunkBytes)}\n…`;
}
