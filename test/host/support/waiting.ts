/** Asks again and again until it holds; what was waited for is in the error. */
export async function soon(holds: () => boolean, what: string | (() => string), timeoutMs = 50_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`There was never ${typeof what === 'string' ? what : what()}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
