/** The processes of this host, as far as the executors need them. */
import type { Mark } from './mark.ts';

/** One process as the system lists it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly ppid: number;
  /** Opaque; two processes that had the same pid differ in it. Written alike by `media/run.sh`. */
  readonly startTime: string;
  /** Ended, but not yet collected by its parent. */
  readonly zombie: boolean;
  /** The short name that the system shows. */
  readonly name: string;
}

/** Any method throws when the system does not answer: "cannot tell" is never "none". */
export interface ProcessTable {
  /** Differs between two starts of the machine. */
  bootId(): Promise<string>;
  find(pid: number): Promise<ProcessEntry | undefined>;
  list(): Promise<readonly ProcessEntry[]>;
  /**
   * The marks in the environments that these processes were started with. One that has none, has ended, or belongs to a
   * user whose processes cannot be looked at is left out.
   */
  marks(pids: readonly number[]): Promise<ReadonlyMap<number, Mark>>;
  /** Those of these processes that were started with exactly this `NAME=value` in their environment. As for `marks`. */
  carrying(pids: readonly number[], entry: string): Promise<ReadonlySet<number>>;
  /** Resident memory in bytes; 0 if the process has ended. */
  residentBytes(pid: number): Promise<number>;
}
