import type { Comment } from './state.ts';

/** Characters of the quoted lines of one comment that an agent is shown. */
const quoteLimit = 1500;

/** The prompt that carries comments to an agent: each with its place, its lines as the person saw them, and what was said. */
export function reviewPrompt(comments: readonly Comment[], note: string | undefined): string {
  const parts = comments.map(
    (comment, index) => `${index + 1}. ${placeOf(comment)}\n${quoted(comment)}\n${comment.text}`,
  );
  const count = comments.length === 1 ? 'this review comment' : `these ${comments.length} review comments`;
  const opening = `Address ${count} on your changes. Line numbers are those at the time of the review.`;
  const closing = 'When you are done, say for each number in one line what you did, or why you did nothing.';
  return [opening, ...(note === undefined ? [] : [note]), ...parts, closing].join('\n\n');
}

function placeOf({ path, start, end }: Comment): string {
  return start === end ? `${path}, line ${start}` : `${path}, lines ${start} to ${end}`;
}

function quoted({ quote }: Comment): string {
  const cut = quote.length > quoteLimit ? `${quote.slice(0, quoteLimit)} …` : quote;
  return cut
    .split('\n')
    .map((line) => `   > ${line}`)
    .join('\n');
}
