import { randomInt } from 'node:crypto';

/** Numbers that a seed gives (mulberry32), so that what was seen once can be seen again. */
export class Chance {
  readonly seed: number;
  #state: number;

  /** `COPPICE_TEST_SEED` if it is set. */
  constructor(seed: number = Number(process.env['COPPICE_TEST_SEED'] ?? randomInt(2 ** 31))) {
    this.seed = seed;
    this.#state = seed;
  }

  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  /** Numbers of its own for one of several that work at the same time. */
  fork(): Chance {
    return new Chance(this.below(2 ** 31));
  }
}
