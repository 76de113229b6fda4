import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Page } from 'playwright-core';

const patienceMs = 20_000;
const lookMs = 20;

/** Looks again and again until there is what is expected: a value that is equal, or a text that a pattern fits. */
export async function becomes(look: () => unknown, expected: unknown): Promise<void> {
  const end = performance.now() + patienceMs;
  let seen = await look();
  while (!fits(seen, expected) && performance.now() < end) {
    await delay(lookMs);
    seen = await look();
  }
  if (expected instanceof RegExp) assert.match(String(seen), expected);
  else assert.deepEqual(seen, expected);
}

function fits(seen: unknown, expected: unknown): boolean {
  return expected instanceof RegExp ? expected.test(String(seen)) : isDeepStrictEqual(seen, expected);
}

/** Waits until what a page has been told and done is drawn, and what follows from how it is drawn. */
export async function atRest(page: Page): Promise<void> {
  await page.evaluate(async () => {
    for (let frame = 0; frame < 4; frame += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
  });
}
