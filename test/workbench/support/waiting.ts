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

/**
 * Does something until its effect is seen, and again when it is not seen after `effectMs`: a workbench draws rows and buttons
 * anew under a click or a key, and what it hit then is gone. What is done must do no harm when it is done twice, or be given
 * more time for its effect than it takes on any machine.
 */
export async function until(
  act: () => Promise<unknown>,
  seen: Locator | (() => Promise<boolean>),
  what: string,
  effectMs = 10_000,
) {
  const isSeen = typeof seen === 'function' ? seen : async () => seen.isVisible();
  let last: unknown;
  await soon(
    async () => {
      last = await act().then(
        () => undefined,
        (error: unknown) => error,
      );
      return soon(isSeen, what, effectMs).catch(() => false);
    },
    what,
    90_000,
  ).catch((error: unknown) => {
    throw last === undefined ? error : new Error(`There was never ${what}.`, { cause: last });
  });
}

/** Whether something is to be seen within a time. */
export async function isVisible(what: Locator, timeoutMs: number): Promise<boolean> {
  return what.waitFor({ timeout: timeoutMs }).then(
    () => true,
    () => false,
  );
}

/** Whether something is gone from sight within a time. */
export async function isHidden(what: Locator, timeoutMs: number): Promise<boolean> {
  return what.waitFor({ state: 'hidden', timeout: timeoutMs }).then(
    () => true,
    () => false,
  );
}
