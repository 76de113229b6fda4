/** Brings the parts of a prompt under the limit of the model that it goes to. */

/** One part. `keep` parts are there to the last: goal, criteria, last error. The others give way, the lowest rank first. */
export interface Part {
  readonly name: string;
  readonly text: string;
  readonly keep: boolean;
  readonly rank: number;
}

/** A part as it goes into the prompt; `left` says how much of it, of 1. */
export interface FittedPart {
  readonly name: string;
  readonly text: string;
  readonly left: number;
}

/** The parts under the limit, in the order in which they came. */
export interface Fitted {
  readonly parts: readonly FittedPart[];
  readonly tokens: number;
  /** Parts that still are too long by rule: a model may sum them up. */
  readonly shortened: readonly string[];
}

/**
 * Shortens parts until all fit `limit` tokens: those of the lowest rank first, each by its middle, down to nothing. Parts to keep
 * are shortened last, and alike. `count` says how many tokens a text is at most.
 */
export function fitParts(parts: readonly Part[], limit: number, count: (text: string) => number): Fitted {
  const sizes = parts.map(({ text }) => count(text));
  let over = sizes.reduce((sum, each) => sum + each, 0) - limit;
  const order = parts.map((_, at) => at).filter((at) => parts[at]?.keep === false);
  order.sort((a, b) => (parts[a]?.rank ?? 0) - (parts[b]?.rank ?? 0));
  const texts = parts.map(({ text }) => text);
  const shorten = (at: number, tokens: number): void => {
    texts[at] = shortened(parts[at]?.text ?? '', tokens, count);
    over -= (sizes[at] ?? 0) - count(texts[at] ?? '');
  };
  for (const at of order) {
    if (over > 0) shorten(at, Math.max(0, (sizes[at] ?? 0) - over));
  }
  const kept = parts.map((_, at) => at).filter((at) => parts[at]?.keep === true);
  const room = kept.reduce((sum, at) => sum + (sizes[at] ?? 0), 0) - Math.max(0, over);
  const fair = shares(
    kept.map((at) => sizes[at] ?? 0),
    Math.max(0, room),
  );
  if (over > 0) for (const [index, at] of kept.entries()) shorten(at, fair[index] ?? 0);
  const fitted = parts.map(({ name, text }, at) => ({
    name,
    text: texts[at] ?? '',
    left: text === '' ? 1 : (texts[at] ?? '').length / text.length,
  }));
  return {
    parts: fitted,
    tokens: texts.reduce((sum, text) => sum + count(text), 0),
    shortened: fitted.filter(({ left }) => left < 1).map(({ name }) => name),
  };
}

/** What is small is given whole; the rest is shared by those that want more. */
function shares(wanted: readonly number[], room: number): number[] {
  const order = wanted.map((_, at) => at).sort((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0));
  const given = wanted.map(() => 0);
  let left = room;
  for (const [index, at] of order.entries()) {
    const share = Math.min(wanted[at] ?? 0, Math.floor(left / (order.length - index)));
    given[at] = share;
    left -= share;
  }
  return given;
}

/** The text with its middle left out, so that it is at most `tokens`: beginning and end say most. Nothing when not even that fits. */
export function shortened(text: string, tokens: number, count: (text: string) => number): string {
  if (count(text) <= tokens) return text;
  let [low, high, best] = [0, text.length, ''];
  while (low <= high) {
    const length = Math.floor((low + high) / 2);
    const cut = withoutMiddle(text, length);
    if (count(cut) <= tokens) [low, best] = [length + 1, cut];
    else high = length - 1;
  }
  return best;
}

function withoutMiddle(text: string, length: number): string {
  if (length < 1) return '';
  // The end says more than the beginning: there stands what went wrong.
  const head = Math.floor(length * 0.4);
  const tail = length - head;
  const gone = text.length - length;
  return `${whole(text.slice(0, head))}\n[… ${gone} characters left out …]\n${whole(text.slice(text.length - tail))}`;
}

/** Never half of a character. */
function whole(text: string): string {
  return text.replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/gu, '');
}
