/** Controls and marks that JSON leaves as they are, though a terminal would obey them. */
const unescaped = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

/** A value as JSON on one line of harmless characters; `JSON.parse` gives the same value back. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value).replace(unescaped, (mark) =>
    Array.from({ length: mark.length }, (_, i) => `\\u${mark.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  );
}
