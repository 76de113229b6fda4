/** What watching may cost: watches of the system, and bytes that are read to tell how a file changed. */
import { readFile } from 'node:fs/promises';

/** Limits of the system for one user. */
export interface SystemLimits {
  /** Folders that may be watched. */
  readonly watches: number;
  /** Events that the system keeps until they are read; those beyond are lost. */
  readonly queued: number;
}

/** What the system says of itself; on systems that do not say it, numbers that never matter. */
export async function systemLimits(folder = '/proc/sys/fs/inotify'): Promise<SystemLimits> {
  const read = async (name: string): Promise<number> => {
    const value = Number(await readFile(`${folder}/${name}`, 'utf8').catch(() => ''));
    return Number.isSafeInteger(value) && value > 0 ? value : Number.MAX_SAFE_INTEGER;
  };
  const [watches, queued] = await Promise.all([read('max_user_watches'), read('max_queued_events')]);
  return { watches, queued };
}

/** A number of things that may be held at once. */
export class Budget {
  readonly #limit: number;
  #held = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get held(): number {
    return this.#held;
  }

  /** False when one more is too many. */
  take(): boolean {
    if (this.#held >= this.#limit) return false;
    this.#held += 1;
    return true;
  }

  give(): void {
    this.#held -= 1;
  }
}

/** How much may be done in a while: so many at once, and so many a second after that. */
export class Allowance {
  readonly #burst: number;
  readonly #perSecond: number;
  readonly #now: () => number;
  #left: number;
  #at: number;

  /** `now`: milliseconds that never go backwards. */
  constructor(burst: number, perSecond: number, now: () => number = () => performance.now()) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#now = now;
    this.#left = burst;
    this.#at = now();
  }

  /** Takes all or nothing. */
  take(count: number): boolean {
    this.#refill();
    if (count > this.#left) return false;
    this.#left -= count;
    return true;
  }

  /** Notes what was done without asking. It may go below nothing: then there is nothing to take for longer. */
  spend(count: number): void {
    this.#refill();
    this.#left -= count;
  }

  /** Milliseconds until so many can be taken. */
  waitMs(count: number): number {
    this.#refill();
    return Math.max(0, ((count - this.#left) / this.#perSecond) * 1000);
  }

  #refill(): void {
    const now = this.#now();
    this.#left = Math.min(this.#burst, this.#left + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
  }
}
