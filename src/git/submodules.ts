/**
 * Submodules of a worktree that is being made. One that is initialised in the main checkout is cloned from its git
 * directory there, on this disk and without any network; every other one stays an empty folder and is named.
 */
import { join } from 'node:path';
import { isAbsent, isFolder } from './admin.ts';
import { textOf, zeroSplit } from './door.ts';
import { isCoppiceError } from '../core/errors.ts';
import type { Repository, TreePlace } from './repository.ts';

interface Submodule {
  readonly name: string;
  readonly path: string;
}

/** @returns a sentence for each submodule that is left empty. */
export async function fillSubmodules(repository: Repository, tree: TreePlace, signal?: AbortSignal): Promise<string[]> {
  if (await isAbsent(join(tree.path, '.gitmodules'))) return [];
  const links = await gitlinks(repository, tree);
  const warnings: string[] = [];
  const known = await declared(repository, tree);
  for (const path of links) {
    const submodule = known.find((each) => each.path === path);
    const source = submodule === undefined ? undefined : join(repository.location.commonDir, 'modules', submodule.name);
    if (submodule === undefined || source === undefined || !(await isInitialised(repository, submodule, source))) {
      warnings.push(`The submodule ${path} is left empty: it is not initialised in the main checkout.`);
      continue;
    }
    try {
      await cloneFrom(repository, tree, submodule, source, signal);
    } catch (error) {
      if (!isCoppiceError(error, 'git-failed')) throw error;
      warnings.push(`The submodule ${path} is left empty: ${error.message}`);
    }
  }
  return warnings;
}

async function gitlinks(repository: Repository, tree: TreePlace): Promise<Set<string>> {
  const answer = await repository.onNewTree(tree, ['ls-files', '--stage', '-z']);
  return new Set(gitlinksOf(zeroSplit(answer.stdout)).map((link) => link.path));
}

/** The gitlinks among the fields of `ls-files --stage -z`. */
export function gitlinksOf(fields: readonly string[]): { path: string; commit: string }[] {
  return fields
    .filter((field) => field.startsWith('160000 '))
    .map((field) => ({ path: field.slice(field.indexOf('\t') + 1), commit: field.split(' ', 2)[1] ?? '' }));
}

async function declared(repository: Repository, tree: TreePlace): Promise<Submodule[]> {
  const args = ['config', '--file', join(tree.path, '.gitmodules'), '-z', '--get-regexp', '^submodule\\..*\\.path$'];
  const answer = await repository.run(args, { okCodes: [0, 1, 128] });
  return zeroSplit(answer.stdout).flatMap((field) => {
    const [key = '', path = ''] = field.split('\n', 2);
    const name = key.slice('submodule.'.length, -'.path'.length);
    // The rule of git itself: such a name would lead out of the folder of git directories.
    return name === '' || name.split(/[\\/]/).includes('..') ? [] : [{ name, path }];
  });
}

async function isInitialised(repository: Repository, { path }: Submodule, source: string): Promise<boolean> {
  const checkout = repository.mainRoot === undefined ? undefined : join(repository.mainRoot, path);
  return checkout !== undefined && (await isFolder(checkout)) && (await isFolder(join(source, 'objects')));
}

async function cloneFrom(
  repository: Repository,
  tree: TreePlace,
  { name, path }: Submodule,
  source: string,
  signal?: AbortSignal,
): Promise<void> {
  await repository.onNewTree(
    tree,
    ['submodule', '--quiet', 'update', '--no-recommend-shallow', '--checkout', '--', path],
    {
      timeoutMs: 10 * 60_000,
      ...(signal === undefined ? {} : { signal }),
      extraEnv: { GIT_ALLOW_PROTOCOL: 'file' },
      config: [
        { key: `submodule.${name}.url`, value: source },
        { key: `submodule.${name}.active`, value: 'true' },
        { key: `submodule.${name}.update`, value: 'checkout' },
      ],
    },
  );
  const own = join(tree.admin, 'modules', name, 'config');
  const url = await repository.run(['config', '--file', join(source, 'config'), '--get', 'remote.origin.url'], {
    okCodes: [0, 1],
  });
  if (url.code === 0) await repository.run(['config', '--file', own, 'remote.origin.url', textOf(url)]);
}
