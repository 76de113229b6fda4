/** Asks whoever starts one more session when memory or disk would run out with it. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { CoppiceError } from '../core/errors.ts';
import { admission, type Work } from '../core/queue/policy.ts';
import { mattersHowLarge, mattersHowMuch, shortages, type Room, type RoomLimits } from '../core/queue/room.ts';
import type { Settings } from '../core/settings/settings.ts';
import { isLive } from '../core/session/status.ts';
import type { Executor } from '../executors/executor.ts';
import { freeMemory } from '../executors/free-memory.ts';
import { freeBytes } from '../executors/space.ts';
import type { RepositoryLocation } from '../git/locate.ts';
import { checkoutBytes } from '../git/pool.ts';
import { resolveBase } from '../git/facts.ts';
import type { Services } from './services.ts';

/** Whoever starts a session waits for the answer; what is not known by then counts as not known. */
const lookMs = 500;
const megabyte = 1024 * 1024;

/** Work that is about to be taken. */
export interface Wanted {
  readonly work: Work;
  readonly executor: Executor;
  readonly settings: Settings;
  readonly location: RepositoryLocation;
  /** It gets a worktree that is not there yet. */
  readonly makesWorktree: boolean;
}

/** Throws `no-room` with what would run out. */
export async function requireRoom(services: Services, wanted: Wanted): Promise<void> {
  const limits = limitsOf(wanted.settings);
  const short = shortages(await roomFor(services, wanted, limits), limits);
  if (short.length === 0) return;
  throw new CoppiceError(
    'no-room',
    short.join(' '),
    'Start it anyway with `--anyway`, or wait until another session has ended. `limits.minFreeMemoryMegabytes` and ' +
      '`session.minFreeMegabytes` say how much is to be left.',
  );
}

function limitsOf(settings: Settings): RoomLimits {
  return {
    minFreeMemory: settings['limits.minFreeMemoryMegabytes'] * megabyte,
    sessionMemory: settings['limits.sessionMemoryMegabytes'] * megabyte,
    minFreeDisk: settings['session.minFreeMegabytes'] * megabyte,
  };
}

async function roomFor(services: Services, wanted: Wanted, limits: RoomLimits): Promise<Room> {
  const [memory, disk] = await Promise.all([memoryFor(services, wanted, limits), diskFor(services, wanted, limits)]);
  return { ...memory, ...disk };
}

/** Memory matters to what starts at once and here: what waits in line starts when another has ended. */
async function memoryFor(
  services: Services,
  { work, executor }: Wanted,
  limits: RoomLimits,
): Promise<Pick<Room, 'freeMemory' | 'sessions'>> {
  const starts = admission(services.store.all('session'), work, services.limits()).verdict === 'admit';
  const free = starts && executor.tree === undefined ? await freeMemory() : undefined;
  if (free === undefined) return { sessions: [] };
  const live = services.store.all('session').filter(isLive);
  if (!mattersHowMuch(free, live.length, limits)) return { freeMemory: free, sessions: [] };
  const found = await Promise.all(
    live.map(async (session) => {
      const where = services.executors.executor(session.executor, session.requester.env);
      if (where.tree !== undefined) return undefined;
      return soon(where.memory(services.runRef(session.id, session.run?.n ?? 0)));
    }),
  );
  return { freeMemory: free, sessions: found.filter((each) => each !== undefined) };
}

async function diskFor(
  services: Services,
  { settings, location, makesWorktree }: Wanted,
  limits: RoomLimits,
): Promise<Pick<Room, 'freeDisk' | 'worktree'>> {
  if (!makesWorktree) return { worktree: 0 };
  const freeDisk = await soon(freeBytes(existing(settings['worktrees.root'])));
  if (freeDisk === undefined) return { worktree: 0 };
  const worktree = mattersHowLarge(freeDisk, limits) ? await soon(services.checkoutBytes(location)) : 0;
  return { freeDisk, worktree: worktree ?? 0 };
}

/** The folder itself is made with the first worktree. */
function existing(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existing(dirname(path));
}

/** What is known soon; undefined for what takes longer or fails. */
async function soon<T>(question: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<undefined>((resolve) => (timer = setTimeout(() => resolve(undefined), lookMs)));
  try {
    return await Promise.race([question.catch(() => undefined), limit]);
  } finally {
    clearTimeout(timer);
  }
}

/** Tells sizes of checkouts in bytes, each repository's counted once: what it has changes little from day to day. */
export function checkoutSizes(repositories: Services['repositories']): Services['checkoutBytes'] {
  const sizes = new Map<string, Promise<number>>();
  async function count(location: RepositoryLocation): Promise<number> {
    const repository = await repositories.open(location);
    return checkoutBytes(repository, (await resolveBase(repository)).commit);
  }
  return (location) => {
    const known = sizes.get(location.id);
    if (known !== undefined) return known;
    const counted = count(location);
    sizes.set(location.id, counted);
    // What failed is tried again by the next request.
    counted.catch(() => sizes.delete(location.id));
    return counted;
  };
}
