/** One value: parsed by its setting's type, or the problems with it, each with its place. */
import type { z } from 'zod';
import type { Locate, Problem } from './place.ts';
import { shown } from './suggest.ts';
import type { Setting } from './table.ts';

/** A text as the setting's type takes it: as it is, else as JSON (numbers, `true`, lists). */
export function fromText(setting: Setting, text: string): unknown {
  if (setting.type.safeParse(text).success) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

type Read =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * A value by its setting's type, as that type gives it back; else every problem with it, under `key` and at the place
 * that `locate` finds.
 */
export function parse(setting: Setting, key: string, value: unknown, locate: Locate): Read {
  const result = setting.type.safeParse(value);
  if (result.success) return { ok: true, value: result.data };
  const problems = result.error.issues.flatMap((issue) => problemsOf(issue, key, value, locate));
  return { ok: false, problems };
}

function problemsOf(issue: z.core.$ZodIssue, key: string, value: unknown, locate: Locate): readonly Problem[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  const name = key + path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${shown(part)}`)).join('');
  if (issue.code === 'unrecognized_keys') {
    const [first = ''] = issue.keys;
    return [{ place: locate([...path, first], 'key'), key: name, message: `"${name}" ${issue.message}` }];
  }
  const found = path.reduce(inside, value);
  const message = isNothing(found)
    ? `"${name}" has no value; it ${issue.message}`
    : `"${name}" ${issue.message}${contrast(found, issue)}`;
  return [{ place: locate(path, 'value'), key: name, message }];
}

/** What was found instead, unless only its form is wrong. Gives no text away. */
function contrast(found: unknown, issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_key') return '';
  const plain = typeof found === 'number' || typeof found === 'boolean';
  const wrongKind = issue.code === 'invalid_type' || issue.code === 'invalid_union';
  return plain || wrongKind ? `, not ${kindOf(found)}` : '';
}

/** Whether a value is a map as a settings file has them: an object that is no list. */
export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function inside(node: unknown, part: string | number): unknown {
  return isMap(node) || Array.isArray(node)
    ? (Object.entries(node).find(([name]) => name === String(part))?.[1] as unknown)
    : undefined;
}

/** What a value is, in words that give no text away. */
export function kindOf(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return 'text';
  return Array.isArray(value) ? 'a list' : 'a map';
}

/** Whether there is no value: a key that is written without one reads as null. */
export function isNothing(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
