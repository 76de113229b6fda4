/** The content of touched files, read and put into git; and whether git would keep them as they are. */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  type Stats,
} from 'node:fs';
import { join } from 'node:path';
import { CoppiceError, isCoppiceError, systemCode } from '../core/errors.ts';
import { attributesOf } from './attributes.ts';
import { textOf } from './door.ts';
import { quoted, type TreeEdit } from './edit-tree.ts';
import { pathBytes, zeroJoined, zeroPaths } from './paths.ts';
import type { Repository, TreePlace } from './repository.ts';
import { Pauses } from './pauses.ts';

/** Only a look at all files can tell. */
export class Unsure extends Error {}

/** A touched file or link as it lies in the worktree. */
export interface Found {
  readonly path: string;
  readonly info: Stats;
}

/** With the id of what the commit has in its place: that content is in git already. */
export type Kept = Found & { readonly present: string | undefined };

/** Larger files go through git, which does not hold them in memory. */
const largest = 1024 * 1024;

/** Reads for one checkpoint. All of it throws `Unsure` where a file is not what it was a moment ago. */
export class TouchedContent {
  readonly #repository: Repository;
  readonly #place: TreePlace;
  readonly #pauses = new Pauses();

  constructor(repository: Repository, place: TreePlace) {
    this.#repository = repository;
    this.#place = place;
  }

  /** Those of the paths for which a rule of git says so. */
  async ignored(found: readonly Found[]): Promise<ReadonlySet<string>> {
    if (found.length === 0) return new Set();
    const input = zeroJoined(found.map(({ path }) => path));
    const answer = await this.#onTree(['check-ignore', '--no-index', '-z', '--stdin'], input, [0, 1]);
    return new Set(zeroPaths(answer.stdout));
  }

  /**
   * The paths with rules for line ends that change nothing in files without a carriage return. Under any other rule the
   * index and the file's history play a part.
   */
  async conversions(found: readonly Found[]): Promise<ReadonlySet<string>> {
    const files = found.filter(({ info }) => info.isFile()).map(({ path }) => path);
    const converted = new Set<string>();
    for (const [path, attributes] of await attributesOf(this.#repository, this.#place, files)) {
      for (const [name, value] of attributes) {
        const plain = name === 'text' || (name === 'eol' && value === 'lf');
        if (!plain) throw new Unsure(`${path} is kept otherwise than it is`);
        converted.add(path);
      }
    }
    return converted;
  }

  /** Puts what the files and links hold into git. */
  async written(kept: readonly Kept[], converted: ReadonlySet<string>): Promise<TreeEdit[]> {
    const large = kept.filter(({ info }) => info.isFile() && info.size > largest);
    const compared: Found[] = large.filter(({ path }) => converted.has(path));
    const here = kept.filter(({ info }) => !info.isFile() || info.size <= largest);
    const edits: TreeEdit[] = [];
    for (const each of here) {
      await this.#pauses.pause();
      const { edit, returns } = each.info.isFile() ? await this.#file(each) : await this.#link(each);
      if (returns && converted.has(each.path)) compared.push(each);
      edits.push(edit);
    }
    await this.#refuseConverted(compared);
    return [...edits, ...(await this.#large(large))];
  }

  async #link({ path, present }: Kept): Promise<{ edit: TreeEdit; returns: boolean }> {
    let content: Buffer;
    try {
      content = readlinkSync(this.#full(path), { encoding: 'buffer' });
    } catch (error) {
      throw systemCode(error) === undefined ? error : changing(path);
    }
    const id = await this.#repository.objects.write('blob', content, present);
    return { edit: { path, to: { mode: '120000', id } }, returns: false };
  }

  /** `returns`: there are carriage returns in it. */
  async #file({ path, info, present }: Kept): Promise<{ edit: TreeEdit; returns: boolean }> {
    const { content, mode } = this.#read(path, info);
    const id = await this.#repository.objects.write('blob', content, present);
    return { edit: { path, to: { mode, id } }, returns: content.includes(0x0d) };
  }

  #read(path: string, info: Stats): { content: Buffer; mode: string } {
    try {
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
      const file = openSync(this.#full(path), flags);
      try {
        const now = fstatSync(file);
        if (!now.isFile() || now.ino !== info.ino || now.size > largest) throw changing(path);
        return { content: readFileSync(file), mode: modeOf(now) };
      } finally {
        closeSync(file);
      }
    } catch (error) {
      throw systemCode(error) === undefined ? error : changing(path);
    }
  }

  /** Git itself says whether it would change them. */
  async #refuseConverted(files: readonly Found[]): Promise<void> {
    const [as, raw] = await Promise.all([this.#hash(files, []), this.#hash(files, ['--no-filters'])]);
    if (as.some((id, index) => id !== raw[index])) throw new Unsure('line ends are converted');
  }

  async #large(files: readonly Kept[]): Promise<TreeEdit[]> {
    const ids = await this.#hash(files, ['-w', '--no-filters']);
    for (const { path, info } of files) {
      // git follows links: what became one meanwhile was not this file.
      const now = lookAt(this.#place, path);
      if (now?.isFile() !== true || now.ino !== info.ino) throw changing(path);
    }
    return files.map(({ path, info }, index) => ({ path, to: { mode: modeOf(info), id: ids[index] ?? '' } }));
  }

  async #hash(files: readonly Found[], options: readonly string[]): Promise<string[]> {
    if (files.length === 0) return [];
    const input = Buffer.concat(files.flatMap(({ path }) => [quoted(path), Buffer.of(0x0a)]));
    try {
      const answer = await this.#onTree(['hash-object', ...options, '--stdin-paths'], input, [0]);
      const ids = textOf(answer).split('\n');
      if (ids.length === files.length) return ids;
    } catch (error) {
      if (!isCoppiceError(error, 'git-failed')) throw error;
    }
    throw new Unsure('a file could not be read');
  }

  /** With no index: reading that of a large repository takes longer than all the rest. */
  #onTree(args: readonly string[], input: Buffer, okCodes: readonly number[]) {
    const index = join(this.#repository.privateDir, 'index', 'none');
    return this.#repository.onTree(this.#place.path, index, args, { input, okCodes, timeoutMs: 10 * 60_000 });
  }

  #full(path: string): Buffer {
    return Buffer.concat([Buffer.from(`${this.#place.path}/`), pathBytes(path)]);
  }
}

function changing(path: string): Unsure {
  return new Unsure(`${path} changed while it was read`);
}

function modeOf({ mode }: Stats): string {
  return (mode & 0o100) === 0 ? '100644' : '100755';
}

/** What is at a path of a worktree; undefined when nothing is. */
export function lookAt(place: TreePlace, path: string): Stats | undefined {
  try {
    return lstatSync(Buffer.concat([Buffer.from(`${place.path}/`), pathBytes(path)]));
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'EACCES' || code === 'ENAMETOOLONG' || code === 'ELOOP')
      throw new Unsure('a path cannot be looked at');
    throw error instanceof Error ? error : new CoppiceError('internal', String(error), 'Report this as a bug.');
  }
}

/** What is in a folder of a worktree. */
export function namesIn(place: TreePlace, path: string): Buffer[] {
  try {
    return readdirSync(Buffer.concat([Buffer.from(`${place.path}/`), pathBytes(path)]), { encoding: 'buffer' });
  } catch (error) {
    throw systemCode(error) === undefined ? error : changing(path);
  }
}
