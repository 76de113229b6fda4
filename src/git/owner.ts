/** Who holds something on disk, and whether that one is still there. */

export interface ProcessMark {
  readonly pid: number;
  /** As the system tells it; a process number alone is used again. */
  readonly startTime: string;
}

/** One run of an engine. */
export interface EngineMark extends ProcessMark {
  /** Stands for the data directory: at most one engine at a time runs with it. */
  readonly id: string;
  readonly host: string;
  readonly bootId: string;
}

/** What is known of a process of this host and boot. */
export type Liveness = 'alive' | 'dead' | 'unknown';
export type ProcessProbe = (process: ProcessMark) => Promise<Liveness>;

/** This engine: how it signs what it holds, and what it can tell of other processes of this host. */
export interface Owner {
  readonly mark: EngineMark;
  readonly probe: ProcessProbe;
  /** The git processes of this host that this engine did not start. Rejects when the system does not answer. */
  readonly gits: () => Promise<readonly ProcessMark[]>;
  /** Those of them that an earlier engine of this data directory started, and that outlived it. Rejects like `gits`. */
  readonly orphans: () => Promise<readonly ProcessMark[]>;
}

/** Whether two marks are of one and the same engine process. */
export function sameRun(a: EngineMark, b: EngineMark): boolean {
  return a.id === b.id && a.host === b.host && a.bootId === b.bootId && a.pid === b.pid && a.startTime === b.startTime;
}

/**
 * Whether another engine run is over. An earlier run with our own data directory is, since the lock of that directory
 * lets no second one live. Otherwise only a dead process of the same host and boot is; "cannot tell" is never "over".
 */
export async function isOver(other: EngineMark, me: Owner): Promise<boolean> {
  if (sameRun(other, me.mark)) return false;
  if (other.id === me.mark.id) return true;
  return isDead(other, other, me);
}

/** Whether a process noted on some host and boot is certainly dead, as seen from here. */
export async function isDead(
  where: { host: string; bootId: string },
  process: ProcessMark,
  me: Owner,
): Promise<boolean> {
  if (where.host !== me.mark.host || where.bootId !== me.mark.bootId) return false;
  return (await me.probe(process)) === 'dead';
}

/** Reads a mark out of parsed JSON; undefined when it is not one. */
export function engineMarkFrom(value: unknown): EngineMark | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { id, host, bootId, pid, startTime } = value as Record<string, unknown>;
  if (typeof id !== 'string' || typeof host !== 'string' || typeof bootId !== 'string') return undefined;
  if (typeof pid !== 'number' || typeof startTime !== 'string') return undefined;
  return { id, host, bootId, pid, startTime };
}
