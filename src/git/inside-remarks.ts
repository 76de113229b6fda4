/** What checkpoints, rollbacks and commits do not cover, of repositories inside a worktree above all, in sentences. */
import { join } from 'node:path';
import { textOf } from './door.ts';
import type { Repository } from './repository.ts';
import { filesOf, nestedGitDir, type TreeSnapshot } from './tree.ts';
import { treeChanges } from './tree-diff.ts';

const link = '160000';
const named = 3;

/** What a rollback from the files as they are to another tree leaves as it is. */
export async function leftAlone(
  repository: Repository,
  place: { readonly path: string },
  now: Pick<TreeSnapshot, 'tree' | 'nested' | 'submodules'>,
  target: string,
): Promise<string[]> {
  const there = await Promise.all(now.submodules.map((path) => nestedGitDir(join(place.path, path))));
  const submodules = now.submodules.filter((_path, index) => there[index] !== undefined);
  const moved = (await treeChanges(repository, now.tree, target)).flatMap(({ path, before, after }) =>
    before?.mode === link && after?.mode === link
      ? [`The submodule ${path} stays at ${before.id.slice(0, 7)}; the checkpoint has ${after.id.slice(0, 7)}.`]
      : [],
  );
  return [
    ...(now.nested.length === 0
      ? []
      : [
          `Commits and branches of repositories inside stay as they are; their files are brought back: ${list(now.nested)}.`,
        ]),
    ...(submodules.length === 0
      ? []
      : [`Submodules stay as they are, and what is changed in them is in no checkpoint: ${list(submodules)}.`]),
    ...moved,
  ];
}

/** What a rollback does not take away, since git ignored it at the checkpoint: whether it was there nobody can tell. */
export function spared(paths: readonly string[]): string[] {
  if (paths.length === 0) return [];
  const [what, which] = paths.length === 1 ? ['One file stays', 'it'] : [`${paths.length} files stay`, 'them'];
  return [`${what}: git ignored ${which} at this checkpoint, so nobody can tell what was there then. ${list(paths)}`];
}

/** Submodules whose commits in a tree nobody else could check out, where they are not those of the tree before. */
export async function unsharedSubmodules(
  repository: Repository,
  place: { readonly path: string },
  before: string,
  after: string,
): Promise<string[]> {
  const remarks: string[] = [];
  for (const change of await treeChanges(repository, before, after)) {
    if (change.after?.mode !== link) continue;
    const gitDir = await nestedGitDir(join(place.path, change.path));
    if (gitDir === undefined) continue;
    const args = ['rev-list', '--count', '--end-of-options', change.after.id, '--not', '--remotes'];
    const own = await repository.onNested(gitDir, args, { okCodes: [0, 128] });
    if (own.code === 0 && textOf(own) === '0') continue;
    remarks.push(
      `The submodule ${change.path} is at ${change.after.id.slice(0, 7)}, which no remote of it has: push it from ${join(place.path, change.path)}.`,
    );
  }
  return remarks;
}

/** Submodules in which files were changed or made that no commit of theirs has, so that no commit of the worktree has them either. */
export async function changedSubmodules(
  repository: Repository,
  place: { readonly path: string },
  paths: readonly string[],
): Promise<string[]> {
  const remarks: string[] = [];
  for (const path of paths) {
    const folder = join(place.path, path);
    const gitDir = await nestedGitDir(folder);
    if (gitDir === undefined || !(await mayDiffer(repository, folder, gitDir))) continue;
    const head = await repository.onNested(gitDir, ['rev-parse', '--verify', 'HEAD^{tree}'], { okCodes: [0, 128] });
    if (head.code === 0 && textOf(head) === (await filesOf(repository, folder))) continue;
    remarks.push(
      `The submodule ${path} has changes that are not committed in it: they are in the worktree and not on the branch.`,
    );
  }
  return remarks;
}

/** By what the submodule's own index says of its files: without reading them all, but touched ones count as changed. */
async function mayDiffer(repository: Repository, folder: string, gitDir: string): Promise<boolean> {
  const index = join(gitDir, 'index');
  const looks = [
    ['diff-files', '--name-only', '--ignore-submodules=all', '-z'],
    ['ls-files', '--others', '--exclude-standard', '--directory', '-z'],
  ];
  for (const args of looks) {
    const answer = await repository.onTree(folder, index, args, { okCodes: [0, 1, 128] });
    if (answer.code !== 0 || answer.stdout.length > 0) return true;
  }
  return (
    (await repository.onNested(gitDir, ['diff-index', '--cached', '--quiet', 'HEAD', '--'], { okCodes: [0, 1, 128] }))
      .code !== 0
  );
}

function list(paths: readonly string[]): string {
  const more = paths.length - named;
  return more > 0 ? `${paths.slice(0, named).join(', ')} and ${more} more` : paths.join(', ');
}
