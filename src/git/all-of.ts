/** Like `Promise.all`, but waits for all, also when one fails: nothing is left running. Rejects with the first failure by place. */
export async function allOf<T extends readonly unknown[] | []>(
  promises: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

const groupSize = 64;

/** Does work for each, some at the same time. */
export async function inGroups<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += groupSize) await allOf(items.slice(at, at + groupSize).map(work));
}
