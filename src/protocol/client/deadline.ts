/** Bounded waiting. */

/**
 * Settles as `work` does, or rejects with `late()` after `ms` milliseconds, or with the signal's reason when that fires. It
 * only stops waiting: `work` goes on, and what it comes to is then ignored.
 */
export async function within<T>(ms: number, work: Promise<T>, late: () => Error, signal?: AbortSignal): Promise<T> {
  return untilLimit([work], ms, ({ reject }) => reject(late()), signal);
}

/** Resolves after `ms` milliseconds; rejects with the signal's reason when that fires first. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await untilLimit([], ms, ({ resolve }) => resolve(undefined), signal);
}

/** Settles as the first of `works` does, or as `timeUp` says after `ms` milliseconds, or with the signal's reason. */
async function untilLimit<T>(
  works: readonly Promise<T>[],
  ms: number,
  timeUp: (limit: Resolvers<T>) => void,
  signal?: AbortSignal,
): Promise<T> {
  const limit = withResolvers<T>();
  const abort = (): void => limit.reject(signal?.reason);
  const timer = setTimeout(() => timeUp(limit), ms);
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([...works, limit.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

/** A promise and the two functions that settle it; only the first call of either counts. */
export interface Resolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (reason: unknown) => void;
}

/** A promise together with what settles it (`Promise.withResolvers` is missing in Node 20). */
export function withResolvers<T>(): Resolvers<T> {
  let settle: Omit<Resolvers<T>, 'promise'> | undefined;
  const promise = new Promise<T>((resolve, reject) => (settle = { resolve, reject }));
  if (settle === undefined) throw new Error('A promise calls its executor at once.');
  return { promise, ...settle };
}
