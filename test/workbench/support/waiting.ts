import { setTimeout as delay } from 'node:timers/promises';
import type { Locator } from 'playwright-core';
import { patienceMs } from './browser.ts';

/** Asks again and again until there is an answer other than undefined or false; what was waited for is in the error. */
export async function soon<T>(
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  what: string,
  timeoutMs = patienceMs,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > end) throw new Error(`There was never ${what} (waited ${timeoutMs / 1000} s).`);
    await delay(100);
  }
}

/** Whether something is to be seen within a time. */
export async function isVisible(what: Locator, timeoutMs: number): Promise<boolean> {
  return what.waitFor({ timeout: timeoutMs }).then(
    () => true,
    () => false,
  );
}
