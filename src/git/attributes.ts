/**
 * The attributes of paths in a worktree. Git says what they are, and is asked again only when one of the files that decide
 * has changed; where there is no such file it is not asked at all.
 */
import { type BigIntStats, lstatSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { statusOf } from './files.ts';
import { machineAttributes } from './machine-attributes.ts';
import { pathBytes, zeroJoined, zeroPaths } from './paths.ts';
import { Pauses } from './pauses.ts';
import type { Repository, TreePlace } from './repository.ts';

/** Values by name, without those that are unspecified or unset. */
export type Attributes = ReadonlyMap<string, string>;

/** Those by which git keeps a file otherwise than it is. */
const names = ['filter', 'ident', 'working-tree-encoding', 'eol', 'text', 'crlf'];
const none: Attributes = new Map();

/** The attributes of files that are there; a deleted `.gitattributes` must be known to the caller. Throws like `onTree`. */
export async function attributesOf(
  repository: Repository,
  place: TreePlace,
  paths: readonly string[],
): Promise<ReadonlyMap<string, Attributes>> {
  const { attributes: known } = repository.known;
  const files = new AttributeFiles(place, await sharedStamp(repository));
  const found = new Map<string, Attributes>();
  const asked: { path: string; stamp: string | undefined }[] = [];
  for (const path of paths) {
    const stamp = await files.stampFor(path);
    const noted = known.get(`${place.path}\0${path}`);
    if (stamp === '') found.set(path, none);
    else if (stamp !== undefined && noted?.stamp === stamp) found.set(path, noted.attributes);
    else asked.push({ path, stamp });
  }
  if (asked.length === 0) return found;
  const answers = await ask(
    repository,
    place,
    asked.map(({ path }) => path),
  );
  for (const { path, stamp } of asked) {
    const attributes = answers.get(path) ?? none;
    found.set(path, attributes);
    if (stamp !== undefined) known.set(`${place.path}\0${path}`, { stamp, attributes });
  }
  return found;
}

/** With no index: reading that of a large repository takes longer than all the rest. */
async function ask(
  repository: Repository,
  place: TreePlace,
  paths: readonly string[],
): Promise<Map<string, Map<string, string>>> {
  const index = join(repository.privateDir, 'index', 'none');
  const args = ['check-attr', '-z', '--stdin', ...names];
  const fields = zeroPaths((await repository.onTree(place.path, index, args, { input: zeroJoined(paths) })).stdout);
  const answers = new Map<string, Map<string, string>>();
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [path = '', name = '', value = ''] = fields.slice(at, at + 3);
    if (value === 'unspecified' || value === 'unset') continue;
    const of = answers.get(path) ?? new Map<string, string>();
    answers.set(path, of.set(name, value));
  }
  return answers;
}

/** What the files outside of the worktree are at the moment, '' for none; undefined when it cannot be told which they are. */
async function sharedStamp(repository: Repository): Promise<string | undefined> {
  const settings = await repository.settings();
  if (settings.has('attr.tree')) return undefined;
  const { env } = repository;
  const home = env['HOME'];
  const set = settings.get('core.attributesfile');
  const own = set?.startsWith('~/') === true && home !== undefined ? join(home, set.slice(2)) : set;
  if (own !== undefined && !isAbsolute(own)) return undefined;
  const usual = env['XDG_CONFIG_HOME'] ?? (home === undefined ? undefined : join(home, '.config'));
  if (own === undefined && usual === undefined) return undefined;
  const users = own ?? join(usual ?? '', 'git', 'attributes');
  const files = [join(repository.location.commonDir, 'info', 'attributes'), users, ...machineAttributes(env)];
  return files.map((file) => stampOf(statusOf(file))).join('');
}

/** The files that decide about paths of one worktree, each looked at once. */
class AttributeFiles {
  readonly #place: TreePlace;
  readonly #shared: string | undefined;
  readonly #folders = new Map<string, string>();
  readonly #pauses = new Pauses();

  constructor(place: TreePlace, shared: string | undefined) {
    this.#place = place;
    this.#shared = shared;
  }

  /** Changes with every change of what decides about the path; '' when nothing does, undefined when nobody can tell. */
  async stampFor(path: string): Promise<string | undefined> {
    await this.#pauses.pause();
    if (this.#shared === undefined) return undefined;
    const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
    return this.#shared + this.#stampAbove(folder);
  }

  #stampAbove(folder: string): string {
    const known = this.#folders.get(folder);
    if (known !== undefined) return known;
    const above = folder === '' ? '' : this.#stampAbove(folder.slice(0, Math.max(0, folder.lastIndexOf('/'))));
    const inside = folder === '' ? '' : `${folder}/`;
    const file = Buffer.concat([Buffer.from(`${this.#place.path}/`), pathBytes(`${inside}.gitattributes`)]);
    const stamp = above + stampOf(lookAt(file));
    this.#folders.set(folder, stamp);
    return stamp;
  }
}

/** A link is none that git would follow; where nobody may look, git reads nothing either. */
function lookAt(path: Buffer): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}

function stampOf(info: BigIntStats | undefined): string {
  return info === undefined ? '' : `${info.dev}:${info.ino}:${info.size}:${info.mtimeNs}:${info.ctimeNs};`;
}
