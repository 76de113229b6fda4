/** The mark that a run leaves in the environment of everything it starts; the sweep goes by it. */
export interface Mark {
  readonly session: string;
  readonly run: string;
}

export const sessionMark = 'COPPICE_SESSION';
export const runMark = 'COPPICE_RUN';

/** The mark among `NAME=value` words; both names must be there exactly. */
export function markIn(words: readonly string[]): Mark | undefined {
  const value = (name: string): string | undefined =>
    words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);
  const session = value(sessionMark);
  const run = value(runMark);
  return session === undefined || run === undefined ? undefined : { session, run };
}
