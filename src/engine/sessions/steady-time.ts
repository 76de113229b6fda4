/**
 * The time by which limits of a run are judged: that of the journal's clock when the run or turn was first seen here, moved
 * on by a clock that nobody sets and that stands still while the machine sleeps. A clock that jumps ends no agent.
 */
export class SteadyTime {
  readonly #wall: () => number;
  readonly #steady: () => number;
  #key: string | undefined;
  #offset = 0;

  /** Both clocks in milliseconds; `wall` since 1970, `steady` from any point. */
  constructor(wall: () => number, steady: () => number = () => performance.now()) {
    this.#wall = wall;
    this.#steady = steady;
  }

  /** Milliseconds since 1970, by the clock as it was set when `key` was asked about for the first time in a row. */
  now(key: string): number {
    if (key !== this.#key) {
      this.#key = key;
      this.#offset = this.#wall() - this.#steady();
    }
    return this.#offset + this.#steady();
  }
}
