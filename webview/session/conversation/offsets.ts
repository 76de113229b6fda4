/** Heights of many rows, and where each begins. All is in whole or broken pixels; every question takes logarithmic time. */
export class Offsets {
  #heights: Float64Array = new Float64Array(1024);
  /** Partial sums (a Fenwick tree): entry i holds the sum of the rows that end at i, as many as i's lowest bit tells. */
  #tree: Float64Array = new Float64Array(1025);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Height of all rows together. */
  get total(): number {
    return this.before(this.#count);
  }

  height(index: number): number {
    return this.#heights[index] ?? 0;
  }

  /** Adds a row at the end. */
  push(height: number): void {
    if (this.#count === this.#heights.length) this.#grow();
    this.#heights[this.#count] = height;
    this.#count += 1;
    const i = this.#count;
    const start = i - (i & -i);
    this.#tree[i] = this.before(i - 1) - this.before(start) + height;
  }

  /** Takes rows away from the end. */
  truncate(count: number): void {
    this.#count = Math.min(this.#count, Math.max(0, count));
  }

  set(index: number, height: number): void {
    const change = height - this.height(index);
    if (change === 0 || index >= this.#count) return;
    this.#heights[index] = height;
    for (let i = index + 1; i <= this.#count; i += i & -i) this.#tree[i] = (this.#tree[i] ?? 0) + change;
  }

  /** Height of the rows before `index`: where that row begins. */
  before(index: number): number {
    let sum = 0;
    for (let i = Math.min(index, this.#count); i > 0; i -= i & -i) sum += this.#tree[i] ?? 0;
    return sum;
  }

  /** The row at `y`; the first above everything, the last below everything. */
  at(y: number): number {
    let index = 0;
    let left = y;
    for (let step = 2 ** Math.floor(Math.log2(Math.max(1, this.#count))); step >= 1; step /= 2) {
      const next = index + step;
      const sum = this.#tree[next] ?? 0;
      if (next <= this.#count && sum <= left) {
        index = next;
        left -= sum;
      }
    }
    return Math.max(0, Math.min(index, this.#count - 1));
  }

  #grow(): void {
    const heights = new Float64Array(this.#heights.length * 2);
    heights.set(this.#heights);
    this.#heights = heights;
    const tree = new Float64Array(heights.length + 1);
    tree.set(this.#tree);
    this.#tree = tree;
  }
}
