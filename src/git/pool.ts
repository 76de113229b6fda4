/**
 * Warm worktrees ("slots"): checked out in advance on no branch, in which nobody has worked. A worktree that is made takes
 * one over by renaming its folder, which costs milliseconds where a checkout costs seconds.
 *
 * Each slot has a file in `<common dir>/coppice/slots/`, written when the slot is complete and removed when it is taken.
 * Whoever finds something else than the file says (another index, a folder that is gone) drops the slot: a slot is never
 * repaired, and a slot that cannot be used costs nobody a worktree.
 */
import { randomBytes } from 'node:crypto';
import { renameSync, rmSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isAbsent, isFolder, removeAdmin } from './admin.ts';
import { privateIndex, startPrivateIndex } from './checkout.ts';
import type { ConfigEntry } from './environment.ts';
import { makeDetached } from './detached.ts';
import { namesIn, replaceFile, replacePlainly, statusOf, readText } from './files.ts';
import { readSmall } from './locate.ts';
import { createRef } from './new-ref.ts';
import { removeNote } from './notes.ts';
import { engineMarkFrom, type EngineMark } from './owner.ts';
import type { Repository, TreePlace } from './repository.ts';

/** A warm worktree as its file describes it. */
export interface Slot {
  readonly v: 1;
  readonly path: string;
  readonly admin: string;
  /** What is checked out. */
  readonly commit: string;
  /** Directories that are checked out; empty: all. */
  readonly sparse: readonly string[];
  readonly by: EngineMark;
  /** The index and the top folder as they were when the slot was complete. */
  readonly stamp: string;
}

/** What a slot is made of. */
export interface SlotOptions {
  /** Folder below which worktrees live, for all repositories. */
  readonly root: string;
  readonly commit: string;
  readonly sparse: readonly string[];
  readonly signal?: AbortSignal;
}

/** Slots that are being taken or refreshed in this process, by path. */
const busy = new Set<string>();

function folderOf(common: string): string {
  return join(common, 'coppice', 'slots');
}

function fileOf(common: string, path: string): string {
  return join(folderOf(common), `${basename(path)}.json`);
}

/** Makes a slot. Slow; for the background. Throws like making a worktree; the signal's reason on abort. */
export async function makeSlot(repository: Repository, options: SlotOptions): Promise<Slot> {
  const note = await makeDetached(repository, { ...options, name: 'slot', include: false });
  const { path, admin } = note.place;
  try {
    const { commit, sparse } = options;
    // Without a stamp it fits nothing that is there, and is dropped by whoever comes upon it.
    const stamp = stampOf(path, admin) ?? '';
    const slot: Slot = { v: 1, path, admin, commit, sparse, by: repository.owner.mark, stamp };
    await startPrivateIndex(repository, slot);
    await writeSlot(repository, slot);
    // Only now: until its file is there, a killed engine's slot is one more worktree that was not finished.
    await removeNote(note.place);
    return slot;
  } finally {
    repository.making.delete(path);
  }
}

async function writeSlot(repository: Repository, slot: Slot): Promise<void> {
  await replaceFile(fileOf(repository.location.commonDir, slot.path), `${JSON.stringify(slot, undefined, 2)}\n`);
}

/** Undefined when one of them is not there. */
function stampOf(path: string, admin: string): string | undefined {
  const [index, folder] = [statusOf(join(admin, 'index')), statusOf(path)];
  if (index === undefined || folder === undefined) return undefined;
  return `${index.ino}:${index.size}:${index.mtimeNs}:${folder.ino}:${folder.mtimeNs}`;
}

/** The slots of this data directory, sorted by path, valid or not. */
export async function listSlots(repository: Repository): Promise<Slot[]> {
  const folder = folderOf(repository.location.commonDir);
  const names = namesIn(folder).filter((name) => name.endsWith('.json'));
  const slots = names.sort().map((name) => readSlot(join(folder, name)));
  return slots.filter((slot) => slot !== undefined).filter(({ by }) => by.id === repository.owner.mark.id);
}

function readSlot(file: string): Slot | undefined {
  try {
    const { v, path, admin, commit, sparse, by, stamp } = JSON.parse(readText(file) ?? '') as Record<string, unknown>;
    const mark = engineMarkFrom(by);
    if (v !== 1 || mark === undefined || typeof path !== 'string' || typeof admin !== 'string') return undefined;
    if (typeof commit !== 'string' || typeof stamp !== 'string' || !Array.isArray(sparse)) return undefined;
    return { v, path, admin, commit, sparse: sparse.map(String), by: mark, stamp };
  } catch {
    return undefined;
  }
}

/**
 * Whether a slot is as it was left, told from a handful of files: its pointers, its HEAD, its index, its top folder. Not
 * every file is looked at: nobody is given a slot's path, and what somebody changes there all the same shows as a change
 * of the worktree that it becomes.
 */
export async function isIntact({ path, admin, commit, stamp }: Slot): Promise<boolean> {
  const [pointer, back, shared, head] = await Promise.all([
    readSmall(join(path, '.git')),
    readSmall(join(admin, 'gitdir')),
    readSmall(join(admin, 'commondir')),
    readSmall(join(admin, 'HEAD')),
  ]);
  return (
    pointer?.trimEnd() === `gitdir: ${admin}` &&
    back?.trimEnd() === join(path, '.git') &&
    shared?.trimEnd() === '../..' &&
    head?.trimEnd() === commit &&
    stampOf(path, admin) === stamp &&
    (await isAbsent(join(admin, 'index.lock')))
  );
}

/** The worktree that a slot is to become. */
export interface Claim {
  readonly path: string;
  readonly branch: string;
  /** The commit that the branch has, or is made at. */
  readonly commit: string;
  /** The branch is there already. */
  readonly existed: boolean;
  readonly root: string;
  readonly sparse: readonly string[];
}

/** What a claim gave: the entry, and whether files had to be written. */
export interface Claimed {
  readonly admin: string;
  readonly refreshed: boolean;
}

/**
 * Makes a slot the worktree at `path`, where our note says `making`. A kill at any point leaves a half-made worktree
 * there, which is taken back like any other, and at most a slot's file without its slot.
 *
 * @returns undefined when there is no slot that can be used; nothing is at `path` then.
 */
export async function claimSlot(repository: Repository, claim: Claim): Promise<Claimed | undefined> {
  const fitting = (await listSlots(repository)).filter(
    ({ path, sparse }) => dirname(path) === dirname(claim.path) && sparse.join('\0') === claim.sparse.join('\0'),
  );
  // One that is at the commit comes first; any other one only has to be brought there.
  fitting.sort((a, b) => Number(b.commit === claim.commit) - Number(a.commit === claim.commit));
  for (const slot of fitting) {
    if (busy.has(slot.path)) continue;
    busy.add(slot.path);
    try {
      if (await isIntact(slot)) return await become(repository, slot, claim);
      await dropSlot(repository, slot);
    } catch {
      // What cannot be put out of the way is in nobody's either: the next slot, or a checkout, comes in its place.
      await giveUp(repository, slot, claim.path).catch(() => undefined);
    } finally {
      busy.delete(slot.path);
    }
  }
  return undefined;
}

async function become(repository: Repository, slot: Slot, claim: Claim): Promise<Claimed> {
  const { admin } = slot;
  const tree = { path: claim.path, admin };
  renameSync(slot.path, claim.path);
  // Until our note says `ready`, which is on the disk then, all of it is taken back after a power failure.
  replacePlainly(join(admin, 'gitdir'), `${join(claim.path, '.git')}\n`);
  rmSync(fileOf(repository.location.commonDir, slot.path), { force: true });
  const refreshed = slot.commit !== claim.commit;
  if (refreshed) {
    const config = sparseConfig(claim.sparse);
    await repository.onNewTree(tree, ['read-tree', '-m', '-u', slot.commit, claim.commit], { config });
  }
  await putOnBranch(repository, tree, claim);
  return { admin, refreshed };
}

/** The commit of the branch is checked out, so neither index nor files change; mostly without any git process. */
async function putOnBranch(repository: Repository, tree: TreePlace, { branch, commit, existed }: Claim): Promise<void> {
  const ref = `refs/heads/${branch}`;
  // The branch comes last: one that was made for a slot that did not become a worktree would be in the way of a checkout.
  replacePlainly(join(tree.admin, 'HEAD'), `ref: ${ref}\n`);
  if (!existed && !(await createRef(repository, ref, commit))) {
    await repository.run(['update-ref', ref, commit, '']);
  }
}

/** A slot that did not become a worktree: what there is of it goes out of the way. */
async function giveUp(repository: Repository, slot: Slot, path: string): Promise<void> {
  const pointer = await readSmall(join(path, '.git'));
  if (pointer?.trimEnd() === `gitdir: ${slot.admin}`) await rename(path, aside(path));
  await dropSlot(repository, slot);
}

function aside(path: string): string {
  return join(dirname(path), `.unfinished-${randomBytes(6).toString('hex')}`);
}

/** Takes a slot away: its folder is put aside, to be deleted late. */
export async function dropSlot(repository: Repository, { path, admin }: Slot): Promise<void> {
  const { commonDir } = repository.location;
  if (await isFolder(path)) await rename(path, aside(path)).catch(() => undefined);
  await removeAdmin(commonDir, admin);
  await rm(privateIndex(repository, admin), { force: true });
  await rm(fileOf(commonDir, path), { force: true });
}

/** Brings a slot to another commit, in the background. False when it was taken or is not usable. */
export async function refreshSlot(repository: Repository, slot: Slot, commit: string): Promise<boolean> {
  const { path, admin } = slot;
  if (busy.has(path)) return false;
  busy.add(path);
  try {
    if (!(await isIntact(slot))) return false;
    const config = sparseConfig(slot.sparse);
    await repository.onNewTree(slot, ['read-tree', '-m', '-u', slot.commit, commit], { config });
    await repository.onNewTree(slot, ['update-ref', '--no-deref', 'HEAD', commit, slot.commit]);
    await startPrivateIndex(repository, slot);
    await writeSlot(repository, { ...slot, commit, stamp: stampOf(path, admin) ?? '' });
    return true;
  } finally {
    busy.delete(path);
  }
}

function sparseConfig(sparse: readonly string[]): ConfigEntry[] {
  if (sparse.length === 0) return [];
  return [
    { key: 'core.sparseCheckout', value: 'true' },
    { key: 'core.sparseCheckoutCone', value: 'true' },
  ];
}

/** Bytes that the files of a commit take, as git stores them before packing. */
export async function checkoutBytes(repository: Repository, commit: string): Promise<number> {
  const answer = await repository.run(['ls-tree', '-r', '-l', '-z', commit], { timeoutMs: 5 * 60_000 });
  let bytes = 0;
  for (const match of answer.stdout.toString('latin1').matchAll(/(?:^|\0)\d+ blob [0-9a-f]+ +(\d+)\t/g)) {
    bytes += Number(match[1]);
  }
  return bytes;
}
