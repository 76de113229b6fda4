/** Counts the tokens of a text as a model's own byte-pair tokenizer has them, from the merges that its server tells. */

/** What a server tells of a model's tokenizer. */
export interface Vocabulary {
  /** Name of the rule by which a text is split before bytes are merged, as in llama.cpp. */
  readonly split: string;
  /** Pairs that are merged, the first of all first, as `left right` in the alphabet of bytes. */
  readonly merges: readonly string[];
}

const endings = "'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]";

/** By the name of the rule. A model whose rule is not here is counted by what its server has counted before. */
const splits: Readonly<Record<string, RegExp>> = {
  qwen2: new RegExp(
    String.raw`${endings}|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    'gu',
  ),
  qwen35: new RegExp(
    String.raw`${endings}|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    'gu',
  ),
};

/** What takes as long as its length squared is cut into such pieces: that is wrong by one token for each cut, at most. */
const longestPiece = 1024;
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
    count += merged(letters.slice(at, at + longestPiece), ranks).length;
  }
  return count;
}

/** Merges the pair that comes first of all, everywhere, until no pair is left that can be merged. */
function merged(letters: readonly string[], ranks: ReadonlyMap<string, number>): readonly string[] {
  let parts = letters;
  while (parts.length > 1) {
    const first = firstPair(parts, ranks);
    if (first === undefined) return parts;
    parts = joined(parts, first);
  }
  return parts;
}

function firstPair(parts: readonly string[], ranks: ReadonlyMap<string, number>): string | undefined {
  let best = Number.POSITIVE_INFINITY;
  let found: string | undefined;
  for (let at = 1; at < parts.length; at += 1) {
    const pair = `${parts[at - 1] ?? ''} ${parts[at] ?? ''}`;
    const rank = ranks.get(pair);
    if (rank !== undefined && rank < best) [best, found] = [rank, pair];
  }
  return found;
}

function joined(parts: readonly string[], pair: string): readonly string[] {
  const [left = '', right = ''] = pair.split(' ');
  const made: string[] = [];
  for (let at = 0; at < parts.length; at += 1) {
    const fits = parts[at] === left && parts[at + 1] === right;
    made.push(fits ? left + right : (parts[at] ?? ''));
    if (fits) at += 1;
  }
  return made;
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
