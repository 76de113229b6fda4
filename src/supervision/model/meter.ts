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
/** Of its marks some are in its memory, too, and where a text is cut its tokens fall differently. */
const fewMarks = 24;
/** The marks that a server puts around a question, at most. */
const mostMarks = 400;

/** So many questions that were asked before are known: a server has the beginning of one of them in its memory. */
const mostKnown = 4;

/** Counts the tokens of texts for one model, the better the more its server has counted. */
export class TokenMeter {
  #own: ((text: string) => number) | undefined;
  #scale: TokenScale = usualScale;
  #marks = 0;
  #heard = 0;
  #strikes = 0;
  #asked: readonly string[] = [];

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

  /**
   * Takes what the server counted for a question. Some servers count only what was not in their memory any more: a count that is of a part of
   * the question is passed over, or the method would be wrong from there on. Call it in the order in which the questions were asked.
   */
  hear(question: string, counted: number): void {
    const shared = Math.max(0, ...this.#asked.map((before) => sharedStart(question, before)));
    this.#asked = [...this.#asked, question].slice(-mostKnown);
    if (!Number.isInteger(counted) || counted * 2 < countTokens(question, usualScale)) return;
    if (this.#isOfTheRest(question, shared, counted)) return;
    this.#heard += 1;
    this.#scale = learned(this.#scale, question, counted);
    if (this.#own !== undefined) this.#compare(this.#own(question), counted);
  }

  /** Whether a count fits what is behind the start that an earlier question had, too, and does not fit the whole. */
  #isOfTheRest(question: string, shared: number, counted: number): boolean {
    const room = this.#own === undefined ? Math.max(0.02, this.#scale.lately) : mostMissed / 4;
    const [whole, rest] = [this.expected(question), this.expected(question.slice(shared))];
    return counted < whole * (1 - room) && Math.abs(counted - rest) <= rest * room + fewMarks;
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

/** How many characters two texts begin with in the same way. */
function sharedStart(a: string, b: string): number {
  const most = Math.min(a.length, b.length);
  let at = 0;
  while (at < most && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  return at;
}
