/** What a tool is about to do, as two texts that can be compared: the present one, and one that a person may change. Pure. */
import * as l10n from '@vscode/l10n';
import { CoppiceError } from '../../core/errors.ts';

/** The input of a tool, by the names of its fields. */
export type Input = Readonly<Record<string, unknown>>;

/** Both texts, and what the second one means as an input once it was changed. */
export interface Proposal {
  /** Path of a document of it: says its language. */
  readonly name: string;
  readonly before: string;
  readonly after: string;
  /** @throws CoppiceError `bad-usage` for a text that means no input. */
  readonly inputOf: (text: string) => Input;
}

/** One replacement within a file, as most agents name its fields. */
interface Replacement {
  readonly old_string: string;
  readonly new_string: string;
  readonly replace_all?: unknown;
}

/** The file that the input would change, relative to the worktree; undefined when it changes none, or one elsewhere. */
export function fileOf(input: Input, worktree: string): string | undefined {
  if (typeof input['content'] !== 'string' && replacementsOf(input) === undefined) return undefined;
  const path = ['file_path', 'path', 'filePath'].map((field) => input[field]).find((each) => typeof each === 'string');
  if (path === undefined || path === '') return undefined;
  // In a container the worktree has a path of its own.
  const root = ['/workspace/', `${worktree}/`].find((each) => path.startsWith(each)) ?? '';
  const name = path.slice(root.length);
  return name.startsWith('/') || name.split('/').includes('..') ? undefined : name;
}

/** What the input means for a file with this text (none: it is not there yet); undefined when it does not fit on it. */
export function fileProposal(input: Input, name: string, present = ''): Proposal | undefined {
  // Agents see and write plain line ends, whatever the file has.
  const before = present.replaceAll('\r\n', '\n');
  const { content } = input;
  if (typeof content === 'string') {
    return { name, before, after: content, inputOf: (text) => ({ ...input, content: text }) };
  }
  const after = replaced(before, replacementsOf(input) ?? []);
  if (after === undefined) return undefined;
  const inputOf = (text: string): Input => {
    if (text === after) return input;
    if (text === before) {
      throw unusable(l10n.t('This would change nothing.'), l10n.t('Deny the tool instead, with a reason.'));
    }
    const one = replacement(before, text);
    return Array.isArray(input['edits'])
      ? { ...input, edits: [one] }
      : { ...input, ...one, ...('replace_all' in input ? { replace_all: false } : {}) };
  };
  return { name, before, after, inputOf };
}

/** The command alone where there is one, else all of the input as JSON. */
export function textProposal(input: Input): Proposal {
  const { command } = input;
  if (typeof command === 'string') {
    const same = { before: command, after: command };
    return { name: 'command.sh', ...same, inputOf: (text) => ({ ...input, command: text }) };
  }
  const json = JSON.stringify(input, undefined, 2);
  return { name: 'input.json', before: json, after: json, inputOf: parsed };
}

function parsed(text: string): Input {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw unusable(l10n.t('This is not a JSON object.'), l10n.t('Mend it, and use it then.'));
}

function unusable(what: string, next: string): CoppiceError {
  return new CoppiceError('bad-usage', what, next);
}

function replacementsOf(input: Input): readonly Replacement[] | undefined {
  const { edits } = input;
  const all: readonly unknown[] = Array.isArray(edits) ? edits : [input];
  return all.length > 0 && all.every(isReplacement) ? all : undefined;
}

function isReplacement(value: unknown): value is Replacement {
  if (typeof value !== 'object' || value === null) return false;
  const { old_string: old, new_string: next } = value as Partial<Record<string, unknown>>;
  return typeof old === 'string' && typeof next === 'string';
}

/** The text after all replacements, as an agent would make them; undefined when one has no place, or several. */
function replaced(text: string, all: readonly Replacement[]): string | undefined {
  let after = text;
  for (const { old_string: old, new_string: next, replace_all: every } of all) {
    if (old === '' ? after !== '' : !after.includes(old)) return undefined;
    if (every !== true && !isOnce(after, old)) return undefined;
    after = old === '' ? next : after.split(old).join(next);
  }
  return after;
}

function isOnce(text: string, part: string): boolean {
  return text.indexOf(part) === text.lastIndexOf(part) || part === '';
}

/** One replacement that makes the second text of the first one: the lines that differ, and as many around them as say where. */
function replacement(before: string, after: string): Replacement {
  const [old, next] = [linesOf(before), linesOf(after)];
  const shorter = Math.min(old.length, next.length);
  let [head, tail] = [0, 0];
  while (head < shorter && old[head] === next[head]) head += 1;
  while (tail < shorter - head && old.at(-1 - tail) === next.at(-1 - tail)) tail += 1;
  for (let around = 0; ; around = around * 2 + 1) {
    const [start, end] = [Math.max(0, head - around), Math.max(0, tail - around)];
    const part = (lines: readonly string[]): string => lines.slice(start, lines.length - end).join('');
    const found = part(old);
    if ((found !== '' && isOnce(before, found)) || (start === 0 && end === 0)) {
      return { old_string: found, new_string: part(next) };
    }
  }
}

function linesOf(text: string): readonly string[] {
  return text.split(/(?<=\n)/u);
}
