/** Whether the machine has room for one more session. What cannot be told is no reason to ask. Pure. */

/** What is there, in bytes, and what one more session would take. */
export interface Room {
  /** Memory that programs can still get; undefined: it cannot be told, or the session would not take any here. */
  readonly freeMemory?: number;
  /** Memory of each session that is at work on this machine, as far as it is known. */
  readonly sessions: readonly number[];
  /** Disk where worktrees are made; undefined: it cannot be told, or no worktree would be made. */
  readonly freeDisk?: number;
  /** What the worktree would take, by the files of its base. */
  readonly worktree: number;
}

/** Below what a person is asked, in bytes. */
export interface RoomLimits {
  /** Memory that is to be left; 0: memory is no reason to ask. */
  readonly minFreeMemory: number;
  /** What a session is taken to need at least. */
  readonly sessionMemory: number;
  /** Disk that is to be left. */
  readonly minFreeDisk: number;
}

/** Hardly any session takes more than this; sessions need not be looked at where there is so much for each. */
const plenty = 4 * 2 ** 30;

/** Hardly any worktree takes more than this. */
const largest = 32 * 2 ** 30;

/** Whether the size of a worktree matters for the answer. */
export function mattersHowLarge(freeDisk: number, { minFreeDisk }: RoomLimits): boolean {
  return freeDisk - minFreeDisk < largest;
}

/** Whether the memory of the sessions at work matters for the answer. */
export function mattersHowMuch(freeMemory: number, sessions: number, { minFreeMemory }: RoomLimits): boolean {
  return minFreeMemory > 0 && freeMemory - minFreeMemory < (sessions + 1) * plenty;
}

/**
 * What would run out, a sentence each; none: there is room. One more session is taken to need as much memory as the sessions
 * at work mostly do (their median), and never less than the limit says.
 */
export function shortages(room: Room, limits: RoomLimits): readonly string[] {
  return [memoryShortage(room, limits), diskShortage(room, limits)].filter((each) => each !== undefined);
}

function memoryShortage({ freeMemory, sessions }: Room, limits: RoomLimits): string | undefined {
  if (freeMemory === undefined || limits.minFreeMemory === 0) return undefined;
  const need = Math.max(limits.sessionMemory, median(sessions));
  if (freeMemory - need >= limits.minFreeMemory) return undefined;
  const all = sessions.reduce((sum, each) => sum + each, 0);
  const present = sessions.length === 0 ? '' : `; the ${sessions.length} at work use ${size(all)}`;
  return (
    `Memory would run short: ${size(freeMemory)} are free, a session takes about ${size(need)}${present}, and ` +
    `${size(limits.minFreeMemory)} are to be left.`
  );
}

function diskShortage({ freeDisk, worktree }: Room, { minFreeDisk }: RoomLimits): string | undefined {
  if (freeDisk === undefined || freeDisk - worktree >= minFreeDisk) return undefined;
  return (
    `The disk would run full: ${size(freeDisk)} are free where worktrees are made, this one takes about ${size(worktree)}, and ` +
    `below ${size(minFreeDisk)} sessions are paused.`
  );
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** In megabytes up to 10 GB: close to a limit every one counts. */
function size(bytes: number): string {
  const megabytes = Math.max(0, bytes) / 2 ** 20;
  return megabytes < 10_240 ? `${Math.round(megabytes)} MB` : `${(megabytes / 1024).toFixed(1)} GB`;
}
