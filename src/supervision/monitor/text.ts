/** Stands in a text for a piece that only running the command would tell. */
export const unknown = '\uE000';
const marks = { network: '\uE001', decoder: '\uE002' } as const;
/** Likewise, for the value of a variable whose name says that it is a secret. */
export const secret = '\uE003';
const anyMark = /[\uE000-\uE003]/u;

/** Whether a piece of the text cannot be told. */
export function isUnknown(text: string): boolean {
  return anyMark.test(text);
}

/** Where the first piece is that cannot be told; -1 when all of it can. */
export function unknownAt(text: string): number {
  return text.search(anyMark);
}

/** What flows through a pipe or comes out of a substitution: its text where it can be told, and where it is from. */
export interface Flow {
  readonly text?: string;
  readonly from?: 'network' | 'decoder';
}

export const nothing: Flow = {};

/** The text of a flow, with a mark where it cannot be told. */
export function textOf({ text, from }: Flow): string {
  return text ?? (from === undefined ? unknown : marks[from]);
}

/** A text of which nothing can be told, as the flow it came from; undefined when something can. */
export function hiddenIn(text: string): Flow | undefined {
  if (!/^[\s\uE000-\uE003]+$/u.test(text) || !isUnknown(text)) return undefined;
  if (text.includes(marks.network)) return { from: 'network' };
  return text.includes(marks.decoder) ? { from: 'decoder' } : nothing;
}

const telling =
  /(^|_)(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|APIKEY|API_KEY|ACCESS_KEY|PRIVATE_KEY)(_|$)/u;

/** Whether a variable's name says that it holds a secret. */
export function isTelling(variable: string): boolean {
  return telling.test(variable);
}

/** A command shortened for a sentence: one line, no control characters. */
export function shown(text: string, limit = 120): string {
  const line = text
    .replaceAll(/[\uE000-\uE003]/gu, '…')
    .replaceAll(/[\u0000-\u001F\u007F-\u009F\u200B-\u200F\u202A-\u202E\u2066-\u2069]+/gu, ' ')
    .trim();
  return line.length <= limit ? line : `${line.slice(0, limit - 1)}…`;
}
