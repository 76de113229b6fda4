/** Markdown as data: a tree of tokens that components show. No HTML is ever made or read. */
import { Lexer, type Token } from 'marked';

/** Longer texts, in characters, are shown as they are. */
const longest = 32 * 1024;
/** Longer runs without a blank are no prose, and some of them take Markdown very long to make out. */
const longestWord = /\S{1000}/;
/** Quotes and lists within each other; what is nested deeper is shown as it is. */
export const deepest = 12;

/** The text as tokens; undefined when it has to be shown as it is. */
export function lex(text: string): readonly Token[] | undefined {
  if (text.length > longest || longestWord.test(text) || isNestedDeep(text)) return undefined;
  try {
    return new Lexer({ gfm: true, breaks: true }).lex(text);
  } catch {
    return undefined;
  }
}

const marker = /^(?:>|[-*+](?=[ \t]|$)|\d{1,9}[.)](?=[ \t]|$))/;

/** Whether a line opens many quotes and lists at once, or is indented like the inside of many. */
function isNestedDeep(text: string): boolean {
  for (const line of text.split('\n')) {
    let rest = line;
    let depth = 0;
    for (;;) {
      const inner = rest.trimStart();
      if (rest.length - inner.length > 80 && marker.test(inner)) return true;
      const found = marker.exec(inner)?.[0];
      if (found === undefined) break;
      depth += 1;
      if (depth > deepest) return true;
      rest = inner.slice(found.length);
    }
  }
  return false;
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

/** Character references as characters: a token's text has them as they were written. */
export function decoded(text: string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,4}));/gi, (found, decimal, hex, name: unknown) => {
    if (typeof name === 'string') return named[name] ?? found;
    const code = typeof decimal === 'string' ? Number.parseInt(decimal, 10) : Number.parseInt(String(hex), 16);
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : found;
  });
}

/** Where a link leads. */
export type Target =
  | { readonly kind: 'web'; readonly href: string }
  | { readonly kind: 'file'; readonly path: string; readonly line?: number }
  /** Nowhere that a click may lead. */
  | { readonly kind: 'none' };

/** `src/a.ts:12`, which looks like an address with a scheme. */
const fileWithLine = /^[^:]*[./][^:]*:\d+$/;

/** What a link of an agent may open: a web page or a file. Everything else is shown as text. */
export function targetOf(href: string): Target {
  const link = decoded(href).trim();
  if (/^https?:\/\//i.test(link)) return URL.canParse(link) ? { kind: 'web', href: new URL(link).href } : nowhere;
  if (
    (/^[a-z][a-z0-9+.-]*:/i.test(link) && !fileWithLine.test(link)) ||
    link.startsWith('//') ||
    link.startsWith('#') ||
    link === ''
  ) {
    return nowhere;
  }
  const [, path = '', line] = /^([^#?]*?)(?:#L|:)(\d+)(?:[-:].*)?$/.exec(link) ?? [undefined, link];
  const plain = safeDecode(path);
  if (plain === undefined || plain === '') return nowhere;
  return { kind: 'file', path: plain, ...(line === undefined ? {} : { line: Math.max(1, Number(line)) }) };
}

const nowhere: Target = { kind: 'none' };

function safeDecode(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
}
