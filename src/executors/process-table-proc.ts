import { readFileSync, readdirSync } from 'node:fs';
import { systemCode } from '../core/errors.ts';
import { markIn } from './mark.ts';
import type { Mark } from './mark.ts';
import type { ProcessEntry, ProcessTable } from './process-table.ts';

/** `/proc` is memory, so it is read synchronously, in portions short enough (about 5 ms) not to hold up the process. */
const portion = 256;

/** The process table of Linux, read from the `/proc` file system at `root`. */
export class ProcTable implements ProcessTable {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  bootId(): Promise<string> {
    return Promise.resolve().then(() => readFileSync(`${this.#root}/sys/kernel/random/boot_id`, 'latin1').trim());
  }

  find(pid: number): Promise<ProcessEntry | undefined> {
    return Promise.resolve().then(() => {
      const entry = this.#entry(pid);
      // Without this an unmounted /proc would look like a dead process.
      if (entry === undefined) readFileSync(`${this.#root}/self/stat`);
      return entry;
    });
  }

  async list(): Promise<readonly ProcessEntry[]> {
    const pids = readdirSync(this.#root).filter((name) => /^[1-9][0-9]*$/.test(name));
    const entries: ProcessEntry[] = [];
    await inPortions(pids, (pid) => {
      const entry = this.#entry(Number(pid));
      if (entry !== undefined) entries.push(entry);
    });
    return entries;
  }

  async marks(pids: readonly number[]): Promise<ReadonlyMap<number, Mark>> {
    const marks = new Map<number, Mark>();
    await inPortions(pids, (pid) => {
      const mark = markIn((this.#read(`${pid}/environ`) ?? '').split('\0'));
      if (mark !== undefined) marks.set(pid, mark);
    });
    return marks;
  }

  async carrying(pids: readonly number[], entry: string): Promise<ReadonlySet<number>> {
    const found = new Set<number>();
    await inPortions(pids, (pid) => {
      if ((this.#read(`${pid}/environ`) ?? '').split('\0').includes(entry)) found.add(pid);
    });
    return found;
  }

  residentBytes(pid: number): Promise<number> {
    return Promise.resolve().then(() => {
      const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(this.#read(`${pid}/status`) ?? '')?.[1];
      return kilobytes === undefined ? 0 : Number(kilobytes) * 1024;
    });
  }

  #entry(pid: number): ProcessEntry | undefined {
    const text = this.#read(`${pid}/stat`);
    return text === undefined ? undefined : parseStat(text);
  }

  /** Undefined if the process has ended or may not be looked at. */
  #read(path: string): string | undefined {
    try {
      return readFileSync(`${this.#root}/${path}`, 'latin1');
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return undefined;
      throw error;
    }
  }
}

/** One line of `/proc/PID/stat`. The name in it may hold spaces, brackets and newlines. */
export function parseStat(text: string): ProcessEntry | undefined {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open === -1 || close === -1) return undefined;
  // Fields 3 (state), 4 (ppid) and 22 (start time) of proc_pid_stat(5).
  const fields = text.slice(close + 2).split(' ');
  const [state, ppid] = fields;
  const startTime = fields[19];
  if (state === undefined || ppid === undefined || startTime === undefined) return undefined;
  return {
    pid: Number(text.slice(0, open)),
    ppid: Number(ppid),
    startTime,
    zombie: state === 'Z' || state === 'X',
    name: text.slice(open + 1, close),
  };
}

async function inPortions<T>(items: readonly T[], each: (item: T) => void): Promise<void> {
  for (let from = 0; from < items.length; from += portion) {
    if (from > 0) await new Promise<void>((resolve) => setImmediate(resolve));
    items.slice(from, from + portion).forEach(each);
  }
}
