/** Takes secrets out of text and data before a person passes them on. Pure. */
import { announcesSecret, mask, namesSecret, shapes } from './shapes.ts';

/** What must not be in anything that a person passes on, beside what looks like a secret by its shape. */
export interface Redaction {
  /** Values that are known to be secret. Those shorter than `shortestSecret` are not looked for. */
  readonly secrets: readonly string[];
  /** The user's home directory, absolute; it becomes `~`. */
  readonly home: string;
}

/** Anything shorter appears everywhere by chance; no service gives out such a secret. */
export const shortestSecret = 4;

/**
 * The text without known secrets (as they are, inside of JSON at any depth of quoting, in URLs, in Base64 and in hex), without
 * what has the shape of a token or password, and with `~` for the home directory.
 */
export function redact(text: string, { secrets, home }: Redaction): string {
  const forms = [...new Set(secrets.filter((secret) => secret.length >= shortestSecret).flatMap(formsOf))];
  let result = withoutForms(text, forms);
  result = withoutHome(result, home);
  for (const { pattern, replacement } of shapes) result = result.replace(pattern, replacement);
  // What was put in the place of something else can complete a secret with its neighbours.
  return withoutForms(result, forms);
}

/** Data as JSON has it, every text and every key redacted. Values under secret names are taken out whole, numbers stay. */
export function redactData(value: unknown, redaction: Redaction): unknown {
  const json: unknown = value === undefined ? null : JSON.parse(JSON.stringify(value));
  return redactJson(json, redaction);
}

function redactJson(value: unknown, redaction: Redaction): unknown {
  if (typeof value === 'string') return redact(value, redaction);
  if (Array.isArray(value)) {
    return value.map((each: unknown, index) => {
      const before: unknown = value[index - 1];
      return typeof before === 'string' && typeof each === 'string' && announcesSecret(before)
        ? mask
        : redactJson(each, redaction);
    });
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, inner]: [string, unknown]) => {
    const secret = namesSecret(name) && (typeof inner === 'string' || typeof inner === 'object') && inner !== null;
    return [redact(name, redaction), secret ? mask : redactJson(inner, redaction)] as const;
  });
  return Object.fromEntries(entries);
}

/** How a secret can stand in a text, besides being quoted. */
function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const encoded = encodeURIComponent(bytes.toString('utf8'));
  const forms = [encoded, encoded.replaceAll('%20', '+'), bytes.toString('hex'), ...base64Forms(bytes)];
  const lower = forms.map((form) => form.replaceAll(/%[0-9A-F]{2}/gu, (escape) => escape.toLowerCase()));
  return [secret, ...forms, ...lower, bytes.toString('hex').toUpperCase()];
}

/** Inside of a longer encoded text a secret looks different by the place of its first byte; its ends mix with neighbours. */
function base64Forms(bytes: Buffer): readonly string[] {
  const forms: string[] = [];
  for (const [before, start] of [
    [0, 0],
    [1, 2],
    [2, 3],
  ] as const) {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]);
    const end = Math.floor((whole.length * 8) / 6);
    const text = whole.toString('base64').slice(start, end);
    // Fewer characters appear by chance.
    if (text.length >= 8) forms.push(text, text.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return forms;
}

/** Masks until nothing is left: every mask is shorter than what it covers, so this ends. */
function withoutForms(text: string, forms: readonly string[]): string {
  for (let current = text; ;) {
    const ranges = views(current).flatMap((view) => forms.flatMap((form) => view.find(form)));
    if (ranges.length === 0) return current;
    current = masked(current, ranges);
  }
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** The text as it reads after taking off some layers of JSON quoting, with the way back to the original. */
interface View {
  find(form: string): readonly Range[];
}

/** More layers than a log line of a log line of a tool's output has. */
const layers = 5;

function views(text: string): readonly View[] {
  const all: View[] = [viewOf(text, undefined)];
  let current: Unquoted = { text, offsets: undefined };
  for (let layer = 0; layer < layers && current.text.includes('\\'); layer++) {
    current = unquote(current);
    all.push(viewOf(current.text, current.offsets));
  }
  return all;
}

function viewOf(text: string, offsets: Uint32Array | undefined): View {
  return {
    find: (form) => {
      const found: Range[] = [];
      for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + 1)) {
        const to = at + form.length;
        found.push({ from: offsets?.[at] ?? at, to: offsets?.[to] ?? to });
      }
      return found;
    },
  };
}

interface Unquoted {
  readonly text: string;
  /** Where each character, and the end, is in the original text; undefined: at the same place. */
  readonly offsets: Uint32Array | undefined;
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  '"': '"',
  '/': '/',
  '\\': '\\',
};

/** Takes off one layer of JSON quoting. A backslash that quotes nothing stays as it is. */
function unquote({ text, offsets }: Unquoted): Unquoted {
  const origin = (at: number): number => offsets?.[at] ?? at;
  const parts: string[] = [];
  const map = new Uint32Array(text.length + 1);
  let length = 0;
  for (let at = 0; at < text.length;) {
    const { char, size } = next(text, at);
    parts.push(char);
    map[length++] = origin(at);
    at += size;
  }
  map[length] = origin(text.length);
  return { text: parts.join(''), offsets: map.subarray(0, length + 1) };
}

function next(text: string, at: number): { readonly char: string; readonly size: number } {
  const char = text.charAt(at);
  if (char !== '\\') return { char, size: 1 };
  const named = escapes[text.charAt(at + 1)];
  if (named !== undefined) return { char: named, size: 2 };
  const hex = /^u([0-9a-fA-F]{4})/u.exec(text.slice(at + 1, at + 6))?.[1];
  return hex === undefined ? { char, size: 1 } : { char: String.fromCharCode(Number.parseInt(hex, 16)), size: 6 };
}

function masked(text: string, ranges: readonly Range[]): string {
  const parts: string[] = [];
  let end = 0;
  let done = 0;
  for (const { from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
    if (from >= end) {
      parts.push(text.slice(done, from), mask);
      done = to;
    }
    end = Math.max(end, to);
    done = Math.max(done, to);
  }
  return parts.join('') + text.slice(done);
}

/** Not inside of a longer name: `/home/ann` is no part of `/home/anna`. */
function withoutHome(text: string, home: string): string {
  if (home.length < 2) return text;
  const literal = home.replaceAll(/[.*+?^${}()|[\]\\]/gu, '\\$&');
  return text.replaceAll(new RegExp(`${literal}(?![\\w-]|\\.\\w)`, 'gu'), '~');
}
