import assert from 'node:assert/strict';

/** Longest wait for anything, in milliseconds: many times what it takes on an idle machine. */
const limitMs = 100_000;
const pollMs = 25;

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The first result of `look` that is not undefined. Fails with `what()` when there is none in time. */
export async function until<T>(
  look: () => T | undefined | Promise<T | undefined>,
  what: () => string | Promise<string>,
  limit: number = limitMs,
): Promise<T> {
  const begin = performance.now();
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() - begin > limit) assert.fail(`Waited ${limit / 1000} s in vain: ${await what()}`);
    await sleep(pollMs);
  }
}

/** Runs all jobs, `width` at a time; what they fail with is collected and raised together. */
export async function inParallel<T>(jobs: readonly T[], width: number, work: (job: T) => Promise<void>): Promise<void> {
  const failures: { readonly job: T; readonly error: unknown }[] = [];
  const waiting = [...jobs];
  const lane = async (): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      try {
        await work(job);
      } catch (error) {
        failures.push({ job, error });
      }
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  if (failures.length === 0) return;
  const told = failures.map(({ job, error }) => `${JSON.stringify(job)}: ${describe(error)}`);
  assert.fail(`${failures.length} of ${jobs.length} failed.\n\n${told.slice(0, 10).join('\n\n')}`);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
