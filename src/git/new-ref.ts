/** A ref that is made without a git process, by the steps that git itself takes, and only where nothing is in its way. */
import { closeSync, lstatSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemCode } from '../core/errors.ts';
import { packedRefsText } from './refs.ts';
import type { Repository } from './repository.ts';

/**
 * Makes a ref that is not there yet. False when only git can do it or say why not: the ref is there, one above or below it
 * is, it is locked, the disk is full, or refs here have an owner, a mode or a sync of their own. Then nothing was done.
 *
 * @param ref its full name. It gets no reflog: git begins that of a branch with the first commit on it.
 */
export async function createRef(repository: Repository, ref: string, commit: string): Promise<boolean> {
  const settings = await repository.settings();
  if (['core.sharedrepository', 'core.fsync'].some((key) => settings.has(key))) return false;
  const { commonDir } = repository.location;
  const packed = await packedRefsText(commonDir);
  if (packed === undefined || isTaken(packed, ref)) return false;
  return writeUnderLock(join(commonDir, ref), commit);
}

/** Under the same name, above it or below it. */
function isTaken(packed: string, ref: string): boolean {
  const parts = ref.split('/');
  const names = parts.map((_part, index) => parts.slice(0, index + 1).join('/'));
  return packed.includes(` ${ref}/`) || names.some((name) => packed.includes(` ${name}\n`));
}

/** In one go: a lock that is left behind is one of a killed engine. */
function writeUnderLock(file: string, commit: string): boolean {
  const lock = `${file}.lock`;
  let held: number;
  try {
    mkdirSync(dirname(file), { recursive: true });
    held = openSync(lock, 'wx', 0o666);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
  try {
    try {
      writeFileSync(held, `${commit}\n`);
    } finally {
      closeSync(held);
    }
    if (lstatSync(file, { throwIfNoEntry: false }) === undefined) {
      renameSync(lock, file);
      return true;
    }
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
  rmSync(lock, { force: true });
  return false;
}
