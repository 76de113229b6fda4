/** Commit messages of Coppice, as pure rules: any text, with trailers that only we can have put there. */

/** Trailers of every commit that Coppice makes. */
export interface CommitTrailers {
  readonly task: string;
  readonly session: string;
  /** The idempotency key of the intent: the same key is committed once. */
  readonly intent: string;
}

/** What may stand in a trailer: ids, no line breaks. */
export const trailerValue = /^[\p{L}\p{N}][^\p{Cc}]{0,199}$/u;

/** The first line of a commit should fit a list. */
const subjectLength = 100;

/**
 * The message with its trailers as the last paragraph.
 *
 * Text from people and agents comes as it is, except: control characters go, an empty message gets a subject, and lines
 * that look like our trailers are quoted, so that nobody commits in the name of an intent that is not theirs.
 */
export function commitMessage(text: string, trailers: CommitTrailers): string {
  const lines = text
    .replace(/\r\n?/g, '\n')
    .replace(/(?!\n|\t)\p{Cc}/gu, '')
    .split('\n')
    .map((line) => (/^\s*coppice-[a-z]+\s*:/i.test(line) ? `> ${line.trimStart()}` : line.trimEnd()));
  const body = lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  const own = [
    `Coppice-Task: ${trailers.task}`,
    `Coppice-Session: ${trailers.session}`,
    `Coppice-Intent: ${trailers.intent}`,
  ];
  const message = withSubject(body === '' ? 'Work of an agent' : body);
  return `${message}${endsInTrailers(message) ? '\n' : '\n\n'}${own.join('\n')}\n`;
}

/** A first line that is too long is cut, and the whole of it begins the body. */
function withSubject(body: string): string {
  const [first = '', ...rest] = body.split('\n');
  const characters = Array.from(first);
  if (characters.length > subjectLength) return `${characters.slice(0, subjectLength - 1).join('')}…\n\n${body}`;
  if (rest.length > 0 && rest[0] !== '') return `${first}\n\n${rest.join('\n')}`;
  return body;
}

/** Git reads trailers only in the last paragraph, so ours join one that is there. */
function endsInTrailers(message: string): boolean {
  const paragraphs = message.split('\n\n');
  const last = paragraphs.at(-1) ?? '';
  return paragraphs.length > 1 && last.split('\n').every((line) => /^[A-Za-z][A-Za-z0-9-]*: \S/.test(line));
}
