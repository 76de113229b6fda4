/** The end of a benchmark that is large: quick, whole, and also when somebody ends it in the middle. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const graceMs = 10_000;
const removeMs = 5 * 60_000;

/** Rejects when somebody ends this process, so that what comes after it is cleared away all the same. */
export function interruption(): { readonly signal: AbortSignal; watched<T>(work: Promise<T>): Promise<T> } {
  const ended = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.once(name, () => {
      ended.abort(new Error(`The benchmark was ended by ${name}.`));
    });
  }
  const { signal } = ended;
  return {
    signal,
    watched: async (work) => {
      const over = new Promise<never>((_, reject) => {
        const end = (): void => {
          reject(signal.reason as Error);
        };
        if (signal.aborted) end();
        else signal.addEventListener('abort', end, { once: true });
      });
      work.catch(() => undefined); // what fails because of the end is told by the end
      return Promise.race([work, over]);
    },
  };
}

/** Removes folders with hundreds of thousands of files. Whoever ends the group of this process does not end that. */
export async function removeFolders(...folders: readonly string[]): Promise<void> {
  const child = spawn('rm', ['-rf', '--', ...folders], { stdio: 'inherit', detached: true, timeout: removeMs });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`Not all of ${folders.join(' ')} could be removed.`);
}

/** Waits until no process works below a folder any more, and kills those that stay. Does nothing where the system cannot tell. */
export async function emptied(folder: string): Promise<void> {
  const end = Date.now() + graceMs;
  for (;;) {
    const pids = await processesIn(folder);
    if (pids.length === 0) return;
    if (Date.now() > end) for (const pid of pids) kill(pid);
    if (Date.now() > end + graceMs) throw new Error(`Processes stay in ${folder}: ${pids.join(' ')}`);
    await delay(100);
  }
}

async function processesIn(folder: string): Promise<number[]> {
  const all = (await readdir('/proc').catch(() => [])).map(Number).filter((pid) => pid > 1 && pid !== process.pid);
  const at = await Promise.all(all.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')));
  return all.filter((_, index) => at[index] === folder || at[index]?.startsWith(`${folder}/`));
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
