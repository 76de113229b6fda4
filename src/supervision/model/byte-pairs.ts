/** Counts the tokens of a text as a model's own byte-pair tokenizer has them, from the merges that its server tells. */

/** What a server tells of a model's tokenizer. */
export interface Vocabulary {
  /** Name of the rule by which a text is split before bytes are merged, as in llama.cpp. */
  readonly split: string;
  /** Pairs that are merged, the first of all first, as `left right` in the alphabet of bytes. */
  readonly merges: readonly string[];
}

const endings = "'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]";

const start = String.raw`[^\r\n\p{L}\p{N}]?`;
const upper = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`;
const lower = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`;

/** After these a text goes on in the same way for all models here. */
const rest = String.raw`\s*[\r\n]+|\s+(?!\S)|\s+`;

const qwen2 = rule(String.raw`${endings}|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*`);
const llama3 = rule(String.raw`${endings}|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*`);

/** By the name of the rule, as in llama.cpp. A model whose rule is not here is counted by what its server has counted before. */
const splits: Readonly<Record<string, RegExp>> = {
  qwen2,
  'deepseek-r1-qwen': qwen2,
  qwen35: rule(String.raw`${endings}|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*`),
  ...Object.fromEntries(['llama-bpe', 'llama3', 'llama-v3', 'smaug-bpe', 'dbrx'].map((name) => [name, llama3])),
  'gpt-4o': rule(
    String.raw`${start}${upper}*${lower}+(?:${endings})?|${start}${upper}+${lower}*(?:${endings})?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*`,
  ),
  tekken: rule(String.raw`${start}${upper}*${lower}+|${start}${upper}+${lower}*|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*`),
};

function rule(pieces: string): RegExp {
  return new RegExp(`${pieces}|${rest}`, 'gu');
}

/**
 * Bytes. To merge takes as long as the length squared, and a diff may hold 64 kB of letters without a break: longer words are cut into
 * such pieces. Each cut adds a token or two to what a model counts, so that such a text is taken for a little longer than it is.
 */
const longestPiece = 128;
const mostRemembered = 50_000;

/** The letter of each byte in which vocabularies are written: what can be printed is itself. */
export const alphabet = lettersOfBytes();

/** A counter for the vocabulary; undefined where its rule of splitting is not known. Texts are counted as they are, marks of a chat not among them. */
export function bytePairCounter({ split, merges }: Vocabulary): ((text: string) => number) | undefined {
  const pattern = Object.hasOwn(splits, split) ? splits[split] : undefined;
  if (pattern === undefined) return undefined;
  const ranks = new Map(merges.map((pair, rank) => [pair, rank]));
  const remembered = new Map<string, number>();
  const countOf = (piece: string): number => {
    const known = remembered.get(piece);
    if (known !== undefined) return known;
    const count = mergedCount(piece, ranks);
    if (remembered.size >= mostRemembered) remembered.clear();
    if (piece.length <= 64) remembered.set(piece, count);
    return count;
  };
  return (text) => {
    let sum = 0;
    for (const [piece] of text.matchAll(pattern)) sum += countOf(piece);
    return sum;
  };
}

function mergedCount(piece: string, ranks: ReadonlyMap<string, number>): number {
  const letters = Array.from(Buffer.from(piece), (byte) => alphabet[byte] ?? '');
  let count = 0;
  for (let at = 0; at < letters.length; at += longestPiece) {
    count += partsLeft(letters.slice(at, at + longestPiece), ranks);
  }
  return count;
}

/** How many parts are left when the pair that comes first of all is merged, the leftmost of them first, until no pair can be. */
function partsLeft(parts: string[], ranks: ReadonlyMap<string, number>): number {
  const rankAt = (at: number): number => ranks.get(`${parts[at] ?? ''} ${parts[at + 1] ?? ''}`) ?? Infinity;
  // Kept beside the parts: a merge changes two pairs alone, and to look for the least of numbers is quick.
  const pairs = parts.slice(1).map((_, at) => rankAt(at));
  for (;;) {
    const first = leastOf(pairs);
    if (first === -1) return parts.length;
    parts.splice(first, 2, `${parts[first] ?? ''}${parts[first + 1] ?? ''}`);
    pairs.splice(first, 1);
    if (first > 0) pairs[first - 1] = rankAt(first - 1);
    if (first < pairs.length) pairs[first] = rankAt(first);
  }
}

/** Where the least of the numbers is, the first of equal ones; -1 when none is finite. */
function leastOf(numbers: readonly number[]): number {
  let [least, where] = [Infinity, -1];
  for (let at = 0; at < numbers.length; at += 1) {
    const each = numbers[at] ?? Infinity;
    if (each < least) [least, where] = [each, at];
  }
  return where;
}

function lettersOfBytes(): readonly string[] {
  let beyond = 255;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte !== 0xad);
    if (printable) return String.fromCodePoint(byte);
    beyond += 1;
    return String.fromCodePoint(beyond);
  });
}
