/**
 * How many tokens a text is for a model, learned from what the model's server counted: a straight line through features of the
 * text (letters, words, digits, marks, spaces, characters beyond ASCII), fitted by least squares with a little pull towards
 * what is usual. Until a model has counted something, the usual line holds and a quarter is added.
 */

/** How often each feature is in a text. */
type Features = readonly [number, number, number, number, number, number, number];

/** What a model's server counted so far, as the sums that the fit needs. */
export interface TokenScale {
  readonly samples: number;
  readonly products: readonly (readonly number[])[];
  readonly targets: readonly number[];
  readonly weights: Features;
  /** The largest relative mistake among recent samples, before they were learned. */
  readonly lately: number;
}

/** Per call, letter, word, digit, mark, space or line end, and character beyond ASCII. */
const usual: Features = [4, 0.06, 0.85, 0.7, 0.6, 0.12, 0.9];
const pull = [0.05, 50, 2, 1, 1, 2, 0.5] as const;

export const usualScale: TokenScale = {
  samples: 0,
  products: usual.map((_, row) => usual.map((__, column) => (row === column ? (pull[row] ?? 1) : 0))),
  targets: usual.map((weight, row) => weight * (pull[row] ?? 1)),
  weights: usual,
  lately: 0.25,
};

function featuresOf(text: string): Features {
  let [letters, words, digits, marks, spaces, beyond] = [0, 0, 0, 0, 0, 0];
  let before = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const letter = (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
    if (letter) letters += 1;
    if (letter && !before) words += 1;
    before = letter;
    if (letter) continue;
    if (code > 126) beyond += 1;
    else if (code <= 32) spaces += 1;
    else if (code >= 48 && code <= 57) digits += 1;
    else marks += 1;
  }
  return [1, letters, words, digits, marks, spaces, beyond];
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);
}

/** Tokens of the text as the scale has it; 0 or more, whole. */
export function countTokens(text: string, scale: TokenScale): number {
  return text === '' ? 0 : Math.max(1, Math.round(dot(featuresOf(text), scale.weights)));
}

/** Tokens that the text has at most, with room for how wrong the scale was lately: what has to fit is counted with this. */
export function tokensAtMost(text: string, scale: TokenScale): number {
  return Math.ceil(countTokens(text, scale) * (1 + Math.max(0.02, scale.lately)));
}

/** The scale after a server has counted a text. A count that cannot be is passed over. */
export function learned(scale: TokenScale, text: string, counted: number): TokenScale {
  if (!Number.isInteger(counted) || counted < 1 || counted > 4 * text.length + 64) return scale;
  const features = featuresOf(text);
  const miss = Math.abs(countTokens(text, scale) - counted) / counted;
  // Long and short texts count alike: it is the relative mistake that matters.
  const share = 1 / counted;
  const products = scale.products.map((row, i) =>
    row.map((sum, j) => sum + (features[i] ?? 0) * (features[j] ?? 0) * share),
  );
  const targets = scale.targets.map((sum, i) => sum + (features[i] ?? 0) * counted * share);
  const weights = solved(products, targets) ?? scale.weights;
  return { samples: scale.samples + 1, products, targets, weights, lately: Math.max(miss, 0.9 * scale.lately) };
}

/** Gaussian elimination with pivots; undefined when the equations say nothing. */
function solved(products: readonly (readonly number[])[], targets: readonly number[]): Features | undefined {
  let rows: readonly (readonly number[])[] = products.map((row, at) => [...row, cell(targets, at)]);
  for (let column = 0; column < rows.length; column += 1) {
    const next = eliminated(rows, column);
    if (next === undefined) return undefined;
    rows = next;
  }
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0] = rows.map(
    (row, at) => cell(row, rows.length) / cell(row, at),
  );
  return [a, b, c, d, e, f, g].every(Number.isFinite) ? [a, b, c, d, e, f, g] : undefined;
}

function eliminated(rows: readonly (readonly number[])[], column: number): readonly (readonly number[])[] | undefined {
  const below = rows.slice(column).sort((a, b) => Math.abs(cell(b, column)) - Math.abs(cell(a, column)));
  const [top = []] = below;
  const pivot = cell(top, column);
  if (Math.abs(pivot) < 1e-12) return undefined;
  const without = (row: readonly number[]): readonly number[] => {
    const factor = cell(row, column) / pivot;
    return row.map((value, at) => value - factor * cell(top, at));
  };
  return [...rows.slice(0, column).map(without), top, ...below.slice(1).map(without)];
}

function cell(row: readonly number[], at: number): number {
  return row[at] ?? 0;
}
