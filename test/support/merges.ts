/** A small vocabulary of byte pairs, learned from texts as those of models are: whatever pair is there most often is merged next. */

/** Merges as `left right`, the first of all first; fewer than `count` when nothing comes twice any more. */
export function learnedMerges(words: readonly string[], count: number): readonly string[] {
  let all = words.map((word) => [...word]);
  const merges: string[] = [];
  while (merges.length < count) {
    const often = new Map<string, number>();
    for (const parts of all) {
      for (let at = 1; at < parts.length; at += 1) {
        const pair = `${parts[at - 1] ?? ''} ${parts[at] ?? ''}`;
        often.set(pair, (often.get(pair) ?? 0) + 1);
      }
    }
    const [best] = [...often].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
    if (best === undefined || best[1] < 2) break;
    merges.push(best[0]);
    all = all.map((parts) => withMerge(parts, best[0]));
  }
  return merges;
}

/** The parts after one merge, everywhere from the left. */
export function withMerge(parts: readonly string[], pair: string): string[] {
  const [left, right] = pair.split(' ');
  const made: string[] = [];
  for (const part of parts) {
    if (part === right && made.at(-1) === left) made.push(`${made.pop() ?? ''}${part}`);
    else made.push(part);
  }
  return made;
}
