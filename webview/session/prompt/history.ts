/** Earlier prompts, brought back one by one; behind the latest stands what was being written. */
export class History {
  readonly #texts: readonly string[];
  readonly #draft: string;
  #at: number;

  /** `texts`: the oldest first. */
  constructor(texts: readonly string[], draft: string) {
    this.#texts = texts.filter((text, index) => text.trim() !== '' && text !== texts[index + 1]);
    this.#draft = draft;
    this.#at = this.#texts.length;
  }

  /** Whether an earlier prompt stands in the box. */
  get active(): boolean {
    return this.#at < this.#texts.length;
  }

  /** The prompt before the one that is shown; undefined when there is none. */
  older(): string | undefined {
    if (this.#at === 0) return undefined;
    this.#at -= 1;
    return this.#texts[this.#at];
  }

  /** The prompt after the one that is shown, or what was being written; undefined when that is shown. */
  newer(): string | undefined {
    if (!this.active) return undefined;
    this.#at += 1;
    return this.#texts[this.#at] ?? this.#draft;
  }
}
