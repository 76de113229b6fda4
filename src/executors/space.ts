/** Free space: a full disk loses stream lines silently, so somebody has to look before it is full. */
import { stat, statfs } from 'node:fs/promises';
import { systemCode } from '../core/errors.ts';
import { pause } from './pause.ts';

/** Bytes that a user without special rights can still write on the file system of `path`, which must exist. */
export async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

/** Size of a file in bytes; 0 if it does not exist. */
export async function fileSize(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 0;
    throw error;
  }
}

/** Free space of a file system at one look. */
export interface Space {
  readonly freeBytes: number;
  /** Less than the watermark is left: what is written from here on may be missing, so the stream counts as incomplete. */
  readonly incomplete: boolean;
}

/**
 * Free space where `path` is, held against the watermark in bytes. Throws the system's error when `path` does not
 * exist.
 */
export async function spaceAt(path: string, watermarkBytes: number): Promise<Space> {
  const free = await freeBytes(path);
  return { freeBytes: free, incomplete: free < watermarkBytes };
}

/** When space counts as short, how often it is looked at, and who is told. */
export interface SpaceWatchOptions {
  readonly watermarkBytes: number;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
  readonly signal: AbortSignal;
  /** Called when the watermark is crossed, in either direction, and at the start if space is short already. */
  onCrossed(space: Space): void | Promise<void>;
}

/** Looks at the free space until aborted. A look that fails (the disk is gone) is thrown. */
export async function watchSpace(path: string, options: SpaceWatchOptions): Promise<void> {
  let incomplete = false;
  while (!options.signal.aborted) {
    const space = await spaceAt(path, options.watermarkBytes);
    if (space.incomplete !== incomplete) {
      incomplete = space.incomplete;
      await options.onCrossed(space);
    }
    await pause(options.everyMs, options.signal);
  }
}
