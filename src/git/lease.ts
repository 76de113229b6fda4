/**
 * The lease of a worktree: at most one session writes in it, provable on disk, across engines and data directories.
 *
 * A lease is the file with the highest number in `<common dir>/coppice/leases/<entry>/`. A container may write into the
 * worktree's own entry, so it is not kept there. Every change of hands is the exclusive creation of the next number:
 * of any number of acquirers one succeeds, and one that decided on an outdated view either meets the number that exists
 * or finds a higher one above its own and withdraws. A number never comes back, so there is no moment in which a lease
 * that was judged dead could be confused with a later live one.
 */
import { readdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CoppiceError, isCoppiceError, systemCode } from '../core/errors.ts';
import type { Place } from '../core/session/state.ts';
import { isAbsent } from './admin.ts';
import { createFile, namesIn, replaceFile, statusOf, readText } from './files.ts';
import { engineMarkFrom, type EngineMark, isDead, isOver, type Owner, type ProcessMark, sameRun } from './owner.ts';

/**
 * What writes in the worktree: nothing yet, a process of this host, or something that this host cannot see (a container,
 * another machine). An agent outlives its engine, so a dead engine alone frees nothing.
 */
export type Writer = 'none' | 'elsewhere' | ProcessMark;

/** The content of a lease's file. */
export interface LeaseRecord {
  readonly v: 1;
  /** Session that holds it; undefined when it was given back. */
  readonly holder: string | undefined;
  readonly engine: EngineMark;
  readonly writer: Writer;
}

/** A lease as it was read or taken. It counts as long as no higher number exists. */
export interface Lease {
  readonly place: LeasedPlace;
  readonly number: number;
  readonly record: LeaseRecord;
}

type LeasedPlace = Pick<Place, 'path' | 'admin' | 'common'>;

const attempts = 20;

/**
 * Leases that this process is giving back, by their folders: while the disk cannot be written it names a holder that has none any
 * more. Who takes the worktree next gets the next number, so one that is written late frees nothing that is held again.
 */
const owed = new Map<string, Lease>();

function folderOf(place: LeasedPlace): string {
  return join(place.common, 'coppice', 'leases', basename(place.admin));
}

function fileOf(place: LeasedPlace, number: number): string {
  return join(folderOf(place), `${String(number).padStart(10, '0')}.json`);
}

/** Throws `worktree-in-use` when they cannot be listed. */
function numbers(place: LeasedPlace): number[] {
  return listed(place)
    .filter((name) => /^\d{10}\.json$/.test(name))
    .map((name) => Number(name.slice(0, 10)))
    .sort((a, b) => b - a);
}

function listed(place: LeasedPlace): string[] {
  try {
    return readdirSync(folderOf(place));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw unreadable(place, error);
  }
}

/**
 * The lease as it stands on disk; undefined when there is none or it was given back.
 *
 * @throws CoppiceError `worktree-in-use` when it stays unreadable: who holds it cannot be told.
 */
export async function readLease(place: LeasedPlace): Promise<Lease | undefined> {
  const current = await standing(place);
  return current?.record.holder === undefined ? undefined : { place, ...current };
}

async function newest(place: LeasedPlace): Promise<{ number: number; record: LeaseRecord | undefined } | undefined> {
  const [number] = numbers(place);
  return number === undefined ? undefined : { number, record: readRecord(place, number) };
}

function readRecord(place: LeasedPlace, number: number): LeaseRecord | undefined {
  try {
    return recordFrom(JSON.parse(readText(fileOf(place, number)) ?? ''));
  } catch {
    return undefined;
  }
}

/**
 * Takes the lease for a session. A lease of the same session from an earlier run of the same data directory is carried
 * on. Another one is taken over only when its engine run is over and its writer is certainly gone: "cannot tell" is
 * never "gone", and a lease of another host or boot is never taken.
 *
 * @throws CoppiceError `worktree-in-use`; context `holder`, `host`, `engine`, `pid`.
 */
export async function acquireLease(
  place: LeasedPlace,
  session: string,
  me: Owner,
  writer: Writer = 'none',
): Promise<Lease> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const current = await standing(place);
    const held = current?.record;
    if (current !== undefined && isOwn(current.record, session, me) && sameRun(current.record.engine, me.mark)) {
      return { place, ...current };
    }
    if (held !== undefined && !(await isFree(held, session, me))) throw inUse(place, held);
    const carried = held?.holder === session ? held.writer : writer;
    const record: LeaseRecord = { v: 1, holder: session, engine: me.mark, writer: carried };
    const lease = await take(place, (current?.number ?? 0) + 1, record);
    if (lease !== undefined) return lease;
  }
  throw new CoppiceError('worktree-in-use', `The worktree ${place.path} keeps changing hands.`, 'Try again.', {
    context: { path: place.path },
  });
}

/** The newest record, given back or not; one that stays unreadable is nobody's to take. */
async function standing(place: LeasedPlace): Promise<{ number: number; record: LeaseRecord } | undefined> {
  const current = await written(place);
  const returned = owed.get(folderOf(place));
  if (current === undefined || returned === undefined || !isSame(returned, current)) return current;
  return { number: current.number, record: givenBack(current.record) };
}

async function written(place: LeasedPlace): Promise<{ number: number; record: LeaseRecord } | undefined> {
  const current = await newest(place);
  if (current === undefined) return undefined;
  if (current.record !== undefined) return { number: current.number, record: current.record };
  const again = await newest(place);
  if (again?.record !== undefined) return { number: again.number, record: again.record };
  throw unreadable(place);
}

function unreadable(place: LeasedPlace, cause?: unknown): CoppiceError {
  return new CoppiceError(
    'worktree-in-use',
    `The lease of ${place.path} cannot be read.`,
    `When nothing works in it, remove ${folderOf(place)}, then try again.`,
    { context: { path: place.path }, cause },
  );
}

function unlessUnreadable(error: unknown): undefined {
  if (!isCoppiceError(error, 'worktree-in-use')) throw error;
}

function isOwn(held: LeaseRecord, session: string, me: Owner): boolean {
  return held.holder === session && held.engine.id === me.mark.id;
}

async function isFree(held: LeaseRecord, session: string, me: Owner): Promise<boolean> {
  if (held.holder === undefined || isOwn(held, session, me)) return true;
  if (!(await isOver(held.engine, me))) return false;
  if (held.writer === 'none') return true;
  return held.writer !== 'elsewhere' && isDead(held.engine, held.writer, me);
}

async function take(place: LeasedPlace, number: number, record: LeaseRecord): Promise<Lease | undefined> {
  if (!(await createFile(fileOf(place, number), serialise(record)))) return undefined;
  if (numbers(place)[0] !== number) {
    // Decided on an outdated view: somebody is further on.
    rmSync(fileOf(place, number), { force: true });
    return undefined;
  }
  owed.delete(folderOf(place));
  removeBefore(place, number);
  return { place, number, record };
}

function removeBefore(place: LeasedPlace, number: number): void {
  for (const old of numbers(place)) if (old < number) rmSync(fileOf(place, old), { force: true });
}

/** Whether the lease is certainly still the one in force; asked before each change that depends on it. */
export async function holdsLease(lease: Lease): Promise<boolean> {
  const current = await newest(lease.place).catch(unlessUnreadable);
  return current !== undefined && isSame(lease, current);
}

function isSame({ number, record }: Lease, other: { number: number; record: LeaseRecord | undefined }): boolean {
  return (
    other.number === number &&
    other.record?.holder === record.holder &&
    sameRun(other.record?.engine ?? record.engine, record.engine)
  );
}

/**
 * Notes what writes in the worktree, so that others can tell when it is gone.
 *
 * @throws CoppiceError `worktree-in-use` when the lease is not ours any more.
 */
export async function noteWriter(lease: Lease, writer: Writer): Promise<Lease> {
  if (!(await holdsLease(lease))) throw inUse(lease.place, (await newest(lease.place))?.record);
  const record = { ...lease.record, writer };
  await replaceFile(fileOf(lease.place, lease.number), serialise(record));
  return { ...lease, record };
}

/**
 * Gives it back; a lease that somebody else holds by now is left alone. Throws the system's error when that cannot be written:
 * this process counts it as given back all the same, others do not until it is done again (`owesLease`).
 */
export async function releaseLease(lease: Lease): Promise<void> {
  const folder = folderOf(lease.place);
  if (await holdsLease(lease)) {
    owed.set(folder, lease);
    // The number stays, so that it is never given again.
    await replaceFile(fileOf(lease.place, lease.number), serialise(givenBack(lease.record)));
    // An engine that is killed while it takes a lease leaves the number before, too.
    removeBefore(lease.place, lease.number);
  }
  if (owed.get(folder) === lease) owed.delete(folder);
}

/** Whether the disk is still to be told that this lease was given back, and nobody took the worktree since. */
export function owesLease(lease: Lease): boolean {
  return owed.get(folderOf(lease.place)) === lease;
}

function givenBack(record: LeaseRecord): LeaseRecord {
  return { ...record, holder: undefined, writer: 'none' };
}

/** How long a lease that was given back is remembered: far longer than any acquirer thinks. */
const rememberMs = 24 * 60 * 60 * 1000;

/** Removes what is left of the leases of worktrees that are gone. */
export async function forgetOldLeases(common: string, now: number): Promise<void> {
  const folder = join(common, 'coppice', 'leases');
  for (const name of namesIn(folder)) {
    const place = { common, path: name, admin: join(common, 'worktrees', name) };
    if (!(await isAbsent(place.admin))) continue;
    const current = await standing(place).catch(unlessUnreadable);
    if (current === undefined || current.record.holder !== undefined) continue;
    const info = statusOf(fileOf(place, current.number));
    if (info !== undefined && now - Number(info.mtimeMs) > rememberMs)
      await rm(folderOf(place), { recursive: true, force: true });
  }
}

function serialise(record: LeaseRecord): string {
  return `${JSON.stringify(record, undefined, 2)}\n`;
}

function recordFrom(value: unknown): LeaseRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { v, holder, engine, writer } = value as Record<string, unknown>;
  const mark = engineMarkFrom(engine);
  const by = writerFrom(writer);
  if (v !== 1 || mark === undefined || by === undefined) return undefined;
  if (holder !== undefined && typeof holder !== 'string') return undefined;
  return { v, holder, engine: mark, writer: by };
}

function writerFrom(value: unknown): Writer | undefined {
  if (value === 'none' || value === 'elsewhere') return value;
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, startTime } = value as Record<string, unknown>;
  return typeof pid === 'number' && typeof startTime === 'string' ? { pid, startTime } : undefined;
}

function inUse(place: LeasedPlace, held: LeaseRecord | undefined): CoppiceError {
  const holder = held?.holder ?? 'unknown';
  return new CoppiceError(
    'worktree-in-use',
    `Session ${holder} works in ${place.path}.`,
    'Wait for it, cancel it, or use another worktree.',
    {
      context: {
        path: place.path,
        holder,
        host: held?.engine.host ?? 'unknown',
        engine: held?.engine.id ?? 'unknown',
        pid: String(held?.engine.pid ?? 'unknown'),
      },
    },
  );
}
