/**
 * The folders of objects that a repository borrows from others (`git clone --shared`, `--reference`). Where a repository is lent to a
 * container, these are as well, so what is named there is looked at first: whoever wrote the list may have named anything.
 */
import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { CoppiceError } from '../core/errors.ts';
import { isAbsent } from './admin.ts';
import { textOf } from './door.ts';
import type { Repository } from './repository.ts';

/** What git keeps in a folder of objects. */
const namesOfObjects = /^(?:[0-9a-f]{2}|info|pack|loose-object-idx|tmp_.*|incoming-.*|maintenance\.lock)$/u;
const mostFolders = 64;

/**
 * Absolute paths without links, each once: those that git itself uses, also by way of others. One that is not there is left out, as git
 * does.
 *
 * @throws CoppiceError `isolation-failed` for a folder with anything else than objects in it, or too many of them; `git-failed`.
 */
export async function borrowedObjects(repository: Repository): Promise<readonly string[]> {
  const list = join(repository.location.commonDir, 'objects', 'info', 'alternates');
  if (await isAbsent(list)) return [];
  const said = textOf(await repository.run(['count-objects', '-v']));
  const named = said.split('\n').flatMap((line) => /^alternate: (.*)$/u.exec(line)?.[1] ?? []);
  const folders = new Set<string>();
  for (const each of named) folders.add(await realpath(unquoted(each)));
  if (folders.size > mostFolders) {
    throw refused(`The repository borrows objects from ${folders.size} folders; a container is lent ${mostFolders}.`);
  }
  for (const folder of folders) {
    const names = await readdir(folder);
    const other = names.find((name) => !namesOfObjects.test(name));
    if (other === undefined && (names.includes('pack') || names.includes('info'))) continue;
    const why = other === undefined ? 'which is no folder of git objects' : `which has more in it (${other})`;
    throw refused(`The repository borrows objects from ${folder}, ${why}, so it is not lent to a container.`);
  }
  return [...folders];
}

function refused(message: string): CoppiceError {
  const next =
    'Give the repository objects of its own: `git repack -a -d`, then remove `objects/info/alternates` from its git directory.';
  return new CoppiceError('isolation-failed', message, next);
}

const escapes: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13, '"': 34, '\\': 92 };

/** A path as git prints it: between quotes and escaped where it has to be. */
function unquoted(said: string): string {
  if (!said.startsWith('"')) return said;
  const bytes = said
    .slice(1, -1)
    .split(/(\\[0-7]{3}|\\.)/u)
    .map((part) => {
      if (!part.startsWith('\\')) return Buffer.from(part);
      return Buffer.of(escapes[part.slice(1)] ?? parseInt(part.slice(1), 8));
    });
  return Buffer.concat(bytes).toString();
}
