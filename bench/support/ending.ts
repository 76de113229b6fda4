/** The end of a benchmark that is large: quick, whole, and also when somebody ends it in the middle. */
import { execFile } from 'node:child_process';
import { readdir, readlink } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
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

/** Removes folders with hundreds of thousands of files. */
export async function removeFolders(...folders: readonly string[]): Promise<void> {
  await run('rm', ['-rf', '--', ...folders], { timeout: removeMs });
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
