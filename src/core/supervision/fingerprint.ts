/**
 * When two errors are the same error: the message without what differs from one try to the next. The hash over it is
 * a fingerprint for counting, never for security, and is computed where there is a hash function.
 */

/** Only the beginning of an output is the error; the rest repeats with other words. */
const looked = 8192;

const masks: readonly (readonly [RegExp, string])[] = [
  // Colours and other terminal sequences, then what differs by chance or by place.
  [/\u001B(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001B]*(?:\u0007|\u001B\\)?|[@-Z\\-_])/gu, ''],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/giu, '<id>'],
  [/(?:file:\/\/)?(?:~|\b[A-Za-z]:)?(?:[\\/][\w.@+~%-]+)+[\\/]?(?::\d+)*/gu, '<path>'],
  [/\b\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|[+-]\d\d:?\d\d))?)?/gu, '<time>'],
  [/\b\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?[AP]M)?\b/giu, '<time>'],
  [
    /\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? (?:\d{1,2} )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\b[ \d,]*/gu,
    '<time>',
  ],
  [/\b0x[0-9a-f]+\b/giu, '<id>'],
  [/\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}\b/giu, '<id>'],
  [/(?<![A-Za-z_])[-+]?\d+(?:[.,]\d+)*(?:e[-+]?\d+)?/giu, '<n>'],
  [/[\s\u0000-\u001F]+/gu, ' '],
];

/** The message without times, absolute paths, numbers and ids. Messages that differ only in these are equal then. */
export function normalisedError(message: string): string {
  return masks.reduce((text, [pattern, mark]) => text.replace(pattern, mark), message.slice(0, looked)).trim();
}

/** One error: what was said, and the hashes of it as it is and normalised. Both are 32 hexadecimal digits. */
export interface Fingerprint {
  readonly id: string;
  readonly rawId: string;
  readonly message: string;
}

const kept = 2000;

/** The fingerprint of an error's message. `md5` gives 32 hexadecimal digits. */
export function fingerprintWith(md5: (text: string) => string, message: string): Fingerprint {
  return { id: md5(normalisedError(message)), rawId: md5(message), message: message.slice(0, kept) };
}
