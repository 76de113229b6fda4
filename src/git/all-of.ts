/** Like `Promise.all`, but waits for all, also when one fails: nothing is left running. Rejects with the first failure by place. */
export async function allOf<T extends readonly unknown[] | []>(
  promises: T,
): Promise<{ -readonly [P in keyof T]: Awaited<T[P]> }> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
