/** Texts in the user's language: written in English in the source, looked up in what the extension gave the page. */

let texts: Readonly<Record<string, string>> = {};

/** Takes the translations that came with the page. Those that cannot be read leave English. */
export function useTexts(json: string | undefined): void {
  if (json === undefined) return;
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null) texts = value as Record<string, string>;
  } catch {
    texts = {};
  }
}

/** The text in the user's language, with `{0}`, `{1}`, … replaced by the arguments. */
export function t(english: string, ...args: readonly (string | number)[]): string {
  const text = texts[english] ?? english;
  return text.replaceAll(/\{(\d)\}/g, (found, index: string) => String(args[Number(index)] ?? found));
}
