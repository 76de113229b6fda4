/**
 * Small calls of the file system are made at once (`lstatSync`, …): to hand one to a thread takes the loop several times as long
 * as the call itself, and under a storm of changes there are tens of thousands a second. So that nothing else waits for many of
 * them in a row, whoever makes them lets everything else have its turn in between; all watches of a process together.
 */
import { setImmediate } from 'node:timers/promises';

/** Milliseconds of small calls in a row. */
const longest = 5;

let since = performance.now();
let queue: Promise<unknown> = Promise.resolve();

/** Before each small call. Of those who wait, one goes on in each round of the event loop. */
export async function turn(): Promise<void> {
  if (performance.now() - since < longest) return;
  const own = queue.then(() => setImmediate());
  queue = own;
  await own;
  since = performance.now();
}
