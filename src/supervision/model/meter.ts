import { countTokens, learned, tokensAtMost, usualScale, type TokenScale } from '../../core/supervision/tokens.ts';

/**
 * How tokens are counted: `usual`, by a line that fits most models; `calibrated`, by a line through what the model's server counted;
 * `tokenizer`, by the model's own vocabulary.
 */
export const countMethods = ['usual', 'calibrated', 'tokenizer'] as const;
export type CountMethod = (typeof countMethods)[number];

/** From so many counts on, a line is the model's own. */
const enoughCounts = 8;
/** A vocabulary that misses by more than this share, as often as this in a row, is not the one that the server uses. */
const mostMissed = 0.02;
const mostStrikes = 3;
/** The marks that a server puts around a question, at most. */
const mostMarks = 400;

/** Counts the tokens of texts for one model, the better the more its server has counted. */
export class TokenMeter {
  #own: ((text: string) => number) | undefined;
  #scale: TokenScale = usualScale;
  #marks = 0;
  #heard = 0;
  #strikes = 0;

  /** Counts by the model's own vocabulary from here on. */
  use(own: (text: string) => number): void {
    this.#own = own;
    this.#strikes = 0;
  }

  get method(): CountMethod {
    if (this.#own !== undefined) return 'tokenizer';
    return this.#scale.samples >= enoughCounts ? 'calibrated' : 'usual';
  }

  /** How many counts of the server it has learned from. */
  get heard(): number {
    return this.#heard;
  }

  /** What the server will count for a question, its marks of a chat included. */
  expected(question: string): number {
    return this.#own === undefined ? countTokens(question, this.#scale) : this.#own(question) + this.#marks;
  }

  /** Tokens that a part of a question takes at most, with room for how wrong the method is. */
  atMost(text: string): number {
    // Where parts are joined their tokens may fall differently.
    return this.#own === undefined ? tokensAtMost(text, this.#scale) : Math.ceil(this.#own(text) * 1.01) + 2;
  }

  /** Takes what the server counted for a question. A count that cannot be of the whole question (a part was still in its memory) is passed over. */
  hear(question: string, counted: number): void {
    if (!Number.isInteger(counted) || counted * 2 < countTokens(question, usualScale)) return;
    this.#heard += 1;
    this.#scale = learned(this.#scale, question, counted);
    if (this.#own !== undefined) this.#compare(this.#own(question), counted);
  }

  #compare(own: number, counted: number): void {
    const marks = counted - own;
    const known = this.#heard > 1 && this.#marks > 0;
    const miss = known ? Math.abs(marks - this.#marks) / counted : 0;
    const fits = marks >= 0 && marks <= mostMarks && miss <= mostMissed;
    this.#strikes = fits ? 0 : this.#strikes + 1;
    if (marks >= 0 && marks <= mostMarks) this.#marks = marks;
    if (this.#strikes >= mostStrikes) this.#own = undefined;
  }
}
