/** What the journal keeps of an agent's last words. The whole of them is in the stream. */

/** So much of the beginning, and as much of the end. */
const kept = 1000;

const fence = /^[ \t]*(?:```|~~~)/gmu;

/**
 * The beginning of a long text, which lists and messages of commits show, and its end, by which it is judged: whether it asks
 * something, breaks off, or says that a part is not done. It ends inside of a block of code exactly if the whole does.
 */
export function excerpt(text: string): string {
  if (text.length <= 2 * kept) return text;
  const parts = [text.slice(0, kept), '[…]', endOf(text)] as const;
  const short = parts.join('\n\n');
  const [head, mark, end] = parts;
  return isInBlock(short) === isInBlock(text) ? short : [head, mark, '```', end].join('\n\n');
}

/** From the beginning of a line, if there is one soon: a piece of code that is cut in two would look like one that has no end. */
function endOf(text: string): string {
  const end = text.slice(-kept);
  const line = end.indexOf('\n') + 1;
  return line < kept / 2 ? end.slice(line) : end;
}

function isInBlock(text: string): boolean {
  return (text.match(fence)?.length ?? 0) % 2 === 1;
}
