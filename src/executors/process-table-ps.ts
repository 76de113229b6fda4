import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { markIn } from './mark.ts';
import type { Mark } from './mark.ts';
import type { ProcessEntry, ProcessTable } from './process-table.ts';

/** How to ask: `ps` and `sysctl` print text; a process that is not there gives an empty answer. */
export interface Ps {
  run(command: 'ps' | 'sysctl', args: readonly string[]): Promise<string>;
  /** The letter that makes `ps` print the environment behind the arguments. */
  readonly environmentLetter: 'E' | 'e';
}

const limitMs = 5_000;

/** The process table of systems without `/proc` (macOS, BSD), from `ps`. Tried with the `ps` of Linux only. */
export class PsTable implements ProcessTable {
  readonly #ps: Ps;
  #bootId: string | undefined;

  constructor(ps: Ps) {
    this.#ps = ps;
  }

  async bootId(): Promise<string> {
    this.#bootId ??= await this.#askBootId();
    return this.#bootId;
  }

  async #askBootId(): Promise<string> {
    const uuid = (await this.#ps.run('sysctl', ['-n', 'kern.bootsessionuuid'])).trim();
    if (uuid !== '') return uuid;
    const time = (await this.#ps.run('sysctl', ['-n', 'kern.boottime'])).trim();
    if (time === '') throw new Error('The system does not tell when it was started.');
    return time;
  }

  async find(pid: number): Promise<ProcessEntry | undefined> {
    return parseEntries(await this.#ps.run('ps', [...entryFormat, '-p', String(pid)]))[0];
  }

  async list(): Promise<readonly ProcessEntry[]> {
    return parseEntries(await this.#ps.run('ps', ['axww', ...entryFormat]));
  }

  /**
   * `ps` prints arguments and environment as one line. What it prints without the environment is cut off first, so that
   * a mark among the arguments of somebody else's command (`grep COPPICE_SESSION=…`) is not taken for one.
   */
  async marks(pids: readonly number[]): Promise<ReadonlyMap<number, Mark>> {
    const marks = new Map<number, Mark>();
    for (const [pid, words] of await this.#environments(pids)) {
      const mark = markIn(words);
      if (mark !== undefined) marks.set(pid, mark);
    }
    return marks;
  }

  async carrying(pids: readonly number[], entry: string): Promise<ReadonlySet<number>> {
    const all = await this.#environments(pids);
    return new Set([...all].flatMap(([pid, words]) => (words.includes(entry) ? [pid] : [])));
  }

  /** The environments as words: a value with spaces in it is several. */
  async #environments(pids: readonly number[]): Promise<ReadonlyMap<number, readonly string[]>> {
    const format = ['-o', 'pid=,args='];
    const args = linesByPid(await this.#ps.run('ps', ['axww', ...format]));
    const all = linesByPid(await this.#ps.run('ps', [`ax${this.#ps.environmentLetter}ww`, ...format]));
    const found = new Map<number, readonly string[]>();
    for (const pid of pids) {
      const without = args.get(pid);
      const line = all.get(pid);
      if (without === undefined || line === undefined || !line.startsWith(`${without} `)) continue;
      found.set(pid, line.slice(without.length).split(' '));
    }
    return found;
  }

  async residentBytes(pid: number): Promise<number> {
    return Number((await this.#ps.run('ps', ['-o', 'rss=', '-p', String(pid)])).trim()) * 1024;
  }
}

// lstart has spaces; everything before it has none.
const entryFormat = ['-o', 'pid=,ppid=,stat=,lstart=,comm='];
const entryLine = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\S+\s+\S+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/;

function linesByPid(text: string): Map<number, string> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [, pid, rest] = /^\s*(\d+)\s(.*)$/.exec(line) ?? [];
      return pid === undefined || rest === undefined ? [] : [[Number(pid), rest.trimEnd()] as const];
    }),
  );
}

/** The processes in the output of `ps` with our columns; a line of another shape is left out. */
export function parseEntries(text: string): ProcessEntry[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, ppid, state, startTime, name] = entryLine.exec(line) ?? [];
    if (pid === undefined || ppid === undefined || state === undefined || startTime === undefined) return [];
    return [{ pid: Number(pid), ppid: Number(ppid), startTime, zombie: state.startsWith('Z'), name: name ?? '' }];
  });
}

/**
 * The `ps` and `sysctl` of the system, found in its own folders only. An answer later than 5 s and every failure but
 * "none" is thrown.
 */
export function systemPs(platform: NodeJS.Platform): Ps {
  return {
    environmentLetter: platform === 'darwin' ? 'E' : 'e',
    run: async (command, args) => {
      // lstart is printed in the local time zone and language.
      const env = { PATH: '/usr/bin:/bin:/usr/sbin:/sbin', TZ: 'UTC0', LC_ALL: 'C' };
      const options = { env, timeout: limitMs, maxBuffer: 64 * 1024 * 1024 };
      try {
        return (await promisify(execFile)(command, [...args], options)).stdout;
      } catch (error) {
        // Exit code 1 means "no such process" or "no such name".
        if (typeof error === 'object' && error !== null && 'code' in error && error.code === 1) return '';
        throw error;
      }
    },
  };
}
