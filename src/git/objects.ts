/**
 * Objects written into a repository without a git process: the loose format is what every git reads, a file named after
 * the hash of a short head and the content, both deflated. A kill leaves at most a `tmp_obj_` file, which `git prune` and
 * `git gc` take away as they do their own.
 *
 * Files of a size that should not pass through memory, and repositories whose object files have an owner or mode of their
 * own (`core.sharedRepository`), are left to `git hash-object`.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { constants, deflate, deflateSync, inflateSync } from 'node:zlib';
import { systemCode } from '../core/errors.ts';
import { type GitAnswer, type GitOptions, textOf } from './door.ts';
import { diskFailure } from './files.ts';
import { Pauses } from './pauses.ts';

/** What an object may be here; tags are not made. */
export type ObjectType = 'blob' | 'tree' | 'commit';

/** What the writer has to know of its repository. */
export interface ObjectsOptions {
  /** The folder `objects`. */
  readonly folder: string;
  /** Configuration in force when git was asked last, by key in lower case. */
  readonly settings: () => ReadonlyMap<string, string>;
  readonly run: (args: readonly string[], options?: GitOptions) => Promise<GitAnswer>;
}

interface Policy {
  readonly format: 'sha1' | 'sha256';
  /** Of zlib. */
  readonly level: number;
  readonly sync: boolean;
  readonly byGit: boolean;
}

const deflated = promisify(deflate);

/** Writes objects as git would, and reads those that are files of their own. */
export class Objects {
  readonly #options: ObjectsOptions;
  readonly #pauses = new Pauses();

  constructor(options: ObjectsOptions) {
    this.#options = options;
  }

  /**
   * Writes an object if it is not there, and gives its full id. Where it is there, it counts as used at this moment, so
   * that a `git gc` beside does not take it away before a ref names it.
   *
   * @param present id of an object that a ref reaches: with that one nothing is written.
   * @throws CoppiceError `disk-full`, `read-only`, `git-failed`.
   */
  async write(type: ObjectType, content: Uint8Array, present?: string): Promise<string> {
    const policy = policyOf(this.#options.settings());
    if (policy.byGit) {
      return textOf(await this.#options.run(['hash-object', '-w', '-t', type, '--stdin'], { input: content }));
    }
    await this.#pauses.pause();
    const head = Buffer.from(`${type} ${content.length}\0`);
    const id = createHash(policy.format).update(head).update(content).digest('hex');
    if (id === present) return id;
    const path = this.#pathOf(id);
    try {
      if (!isThere(path)) writeLoose(path, await packed(Buffer.concat([head, content]), policy.level), policy.sync);
    } catch (error) {
      throw diskFailure(error, this.#options.folder);
    }
    return id;
  }

  /** The content of an object that is a file of its own; undefined when only git can tell. */
  async read(type: ObjectType, id: string): Promise<Buffer | undefined> {
    await this.#pauses.pause();
    try {
      const whole = inflateSync(readFileSync(this.#pathOf(id)), { maxOutputLength: largestRead });
      const end = whole.indexOf(0);
      const content = whole.subarray(end + 1);
      return whole.toString('latin1', 0, end) === `${type} ${content.length}` ? content : undefined;
    } catch {
      return undefined; // packed, too large, or not as it should be: git says
    }
  }

  #pathOf(id: string): string {
    return join(this.#options.folder, id.slice(0, 2), id.slice(2));
  }
}

/** Larger ones are left to git. */
const largestRead = 1024 * 1024;

/** Up to this size it takes less than a thread of its own would. */
const packedAtOnce = 64 * 1024;

async function packed(content: Buffer, level: number): Promise<Buffer> {
  return content.length <= packedAtOnce ? deflateSync(content, { level }) : deflated(content, { level });
}

function policyOf(settings: ReadonlyMap<string, string>): Policy {
  const level = Number(settings.get('core.loosecompression') ?? settings.get('core.compression') ?? -1);
  const shared = settings.get('core.sharedrepository') ?? 'false';
  const sync = settings.get('core.fsync') ?? 'none';
  return {
    format: settings.get('extensions.objectformat') === 'sha256' ? 'sha256' : 'sha1',
    level: Number.isInteger(level) && level >= 0 && level <= 9 ? level : constants.Z_BEST_SPEED,
    // Git itself leaves loose objects to the system unless told; whoever told it anything gets all of it.
    sync: !['none', 'default'].includes(sync) || settings.get('core.fsyncobjectfiles') === 'true',
    byGit: !['false', 'umask', '0'].includes(shared.toLowerCase()),
  };
}

/** Whether the object's file exists; then it is as young as if it were written now. */
function isThere(path: string): boolean {
  const now = new Date();
  try {
    utimesSync(path, now, now);
    return true;
  } catch (error) {
    const code = systemCode(error);
    // One of another user's is written anew: nobody can say that it stays.
    if (code === 'ENOENT' || code === 'EPERM' || code === 'EACCES') return false;
    throw error;
  }
}

function writeLoose(path: string, bytes: Buffer, sync: boolean): void {
  const next = join(dirname(path), `tmp_obj_${randomBytes(6).toString('hex')}`);
  const file = create(next);
  try {
    try {
      writeFileSync(file, bytes);
      if (sync) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(next, path);
  } catch (error) {
    rmSync(next, { force: true });
    throw error;
  }
}

/** Folders of object files come and go with `git gc`. */
const createAttempts = 10;

function create(path: string): number {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return openSync(path, 'wx', 0o444);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' || attempt === createAttempts) throw error;
      makeFolder(dirname(path));
    }
  }
}

/** Not with those above it: without a folder `objects` this is no repository. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
}
