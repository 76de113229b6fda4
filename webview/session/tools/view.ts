/** How a call of a tool is shown: what it is about in one line, and its input in parts that a person can read. */
import type { IconName } from '../../shared/icons.ts';
import { t } from '../../shared/l10n.ts';
import { literal, oneLine, visible } from '../../shared/visible.ts';

type Input = Readonly<Record<string, unknown>>;

/** A line of a change. */
export interface DiffLine {
  readonly sign: '+' | '-' | ' ' | '@';
  readonly text: string;
}

export type Part =
  | { readonly kind: 'command'; readonly text: string; readonly field: string; readonly why?: string }
  /** `shown`: the path as it is read. */
  | { readonly kind: 'file'; readonly path: string; readonly shown: string }
  | { readonly kind: 'change'; readonly lines: readonly DiffLine[]; readonly field?: string }
  | { readonly kind: 'todos'; readonly items: readonly { readonly text: string; readonly state: string }[] }
  | { readonly kind: 'field'; readonly name: string; readonly text: string; readonly field: string };

/** A call in one line. */
export interface ToolLine {
  readonly icon: IconName;
  readonly name: string;
  readonly subject: string;
  /** Whether the subject is a command, a path or a pattern, not a sentence. */
  readonly code: boolean;
  readonly plus?: number;
  readonly minus?: number;
}

const kinds: readonly (readonly [RegExp, IconName])[] = [
  [/^(bash|shell|exec|local_shell|run|terminal|command|kill)/i, 'terminal'],
  [/^(edit|multiedit|write|notebookedit|create|update|str_replace|apply_?patch|patch)/i, 'edit'],
  [/^(read|view|cat|notebookread)/i, 'file'],
  [/^(grep|glob|search|find|ls|list)/i, 'search'],
  [/^(web|fetch|http|browse)/i, 'globe'],
  [/^(task|agent|subagent|delegate)/i, 'listTree'],
  [/^(todo|plan|exitplan)/i, 'checklist'],
  [/^(ask|question)/i, 'question'],
];

const subjects = [
  ...[
    'command',
    'cmd',
    'file_path',
    'notebook_path',
    'url',
    'pattern',
    'query',
    'path',
    'description',
    'subagent_type',
  ],
  ...['skill', 'prompt', 'question'],
] as const;
const sentences: ReadonlySet<string> = new Set(['description', 'prompt', 'question', 'query']);

/** The one line of a call. `root`: the worktree, whose paths are shown relative to it. */
export function lineOf(name: string, input: Input, root: string | undefined): ToolLine {
  const icon = kinds.find(([pattern]) => pattern.test(name))?.[1] ?? 'tools';
  const key = subjects.find((each) => textAt(input, each) !== undefined);
  const subject = key === undefined ? '' : relative(textAt(input, key) ?? '', root);
  const change = changeOf(input);
  const count = (sign: DiffLine['sign']): number => change.filter((line) => line.sign === sign).length;
  return {
    icon,
    name: oneLine(name, 60),
    subject: oneLine(literal(subject), 300),
    code: key !== undefined && !sentences.has(key),
    ...(change.length === 0 ? {} : { plus: count('+'), minus: count('-') }),
  };
}

/** The input of a call in parts. */
export function partsOf(input: Input, root: string | undefined): Part[] {
  const parts: Part[] = [];
  const rest = new Map(Object.entries(input));
  const take = (key: string): string | undefined => {
    const text = textAt(input, key);
    if (text !== undefined) rest.delete(key);
    return text;
  };
  const command = take('command') ?? take('cmd') ?? commandLine(rest);
  if (command !== undefined) {
    const why = take('description');
    const reason = why === undefined ? {} : { why: visible(literal(why)) };
    parts.push({ kind: 'command', text: literal(command), field: 'input.command', ...reason });
  }
  const path = take('file_path') ?? take('notebook_path') ?? take('path');
  if (path !== undefined) {
    const short = relative(path, root);
    parts.push({ kind: 'file', path: short, shown: visible(literal(short)) });
  }
  const { lines, of } = changeIn(input);
  if (lines.length > 0) {
    const field = of.find((each) => each === 'content');
    // Only what is shown as the change: a tool may go by any other field.
    for (const each of of) rest.delete(each);
    parts.push({ kind: 'change', lines, ...(field === undefined ? {} : { field: `input.${field}` }) });
  }
  const todos = todosOf(input);
  if (todos.length > 0) {
    rest.delete('todos');
    parts.push({ kind: 'todos', items: todos });
  }
  for (const [key, value] of rest) parts.push(fieldOf(key, value));
  return parts;
}

/** Some agents give a command as a list of words. */
function commandLine(rest: Map<string, unknown>): string | undefined {
  const words = rest.get('command');
  if (!Array.isArray(words) || !words.every((word) => typeof word === 'string')) return undefined;
  rest.delete('command');
  return words.join(' ');
}

function fieldOf(name: string, value: unknown): Part {
  const text = typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
  return { kind: 'field', name: oneLine(literal(name), 60), text: literal(text), field: `input.${name}` };
}

/** What a call would change, as lines: a replacement, a new content, or a patch. */
export function changeOf(input: Input): readonly DiffLine[] {
  return changeIn(input).lines;
}

/** The same with the fields of the input that all of it is in. */
function changeIn(input: Input): { readonly lines: readonly DiffLine[]; readonly of: readonly string[] } {
  for (const field of ['patch', 'diff']) {
    const patch = textAt(input, field);
    if (patch !== undefined) return { lines: patchLines(patch), of: [field] };
  }
  const edits = Array.isArray(input['edits']) ? (input['edits'] as unknown[]) : [];
  if (edits.length > 0) {
    const lines = edits.flatMap((edit, index) => (index === 0 ? [] : [gap]).concat(replacement(edit)));
    return { lines, of: edits.every(isReplacement) ? ['edits'] : [] };
  }
  const replaced = replacement(input);
  if (replaced.length > 0) return { lines: replaced, of: ['old_string', 'new_string'] };
  const content = textAt(input, 'content');
  const named = textAt(input, 'file_path') ?? textAt(input, 'path');
  if (content === undefined || named === undefined) return { lines: [], of: [] };
  return { lines: linesOf(content).map((text) => ({ sign: '+', text })), of: ['content'] };
}

const gap: DiffLine = { sign: '@', text: '⋯' };

/** Whether an edit is one replacement and nothing else. */
function isReplacement(edit: unknown): boolean {
  const names = typeof edit === 'object' && edit !== null ? Object.keys(edit) : [];
  return replacement(edit).length > 0 && names.every((name) => name === 'old_string' || name === 'new_string');
}

function replacement(edit: unknown): DiffLine[] {
  if (typeof edit !== 'object' || edit === null) return [];
  const { old_string: old, new_string: fresh } = edit as Record<string, unknown>;
  if (typeof old !== 'string' || typeof fresh !== 'string') return [];
  const [before, after] = [linesOf(old), linesOf(fresh)];
  let same = 0;
  while (same < Math.min(before.length, after.length) && before[same] === after[same]) same += 1;
  let tail = 0;
  const most = Math.min(before.length, after.length) - same;
  while (tail < most && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const around = (lines: readonly string[]): DiffLine[] => lines.map((text) => ({ sign: ' ', text }));
  return [
    ...around(before.slice(Math.max(0, same - 3), same)),
    ...before.slice(same, before.length - tail).map((text): DiffLine => ({ sign: '-', text })),
    ...after.slice(same, after.length - tail).map((text): DiffLine => ({ sign: '+', text })),
    ...around(tail === 0 ? [] : after.slice(after.length - tail, after.length - tail + 3)),
  ];
}

function patchLines(patch: string): DiffLine[] {
  return linesOf(patch).map((line): DiffLine => {
    if (/^(\+\+\+|---|\*\*\*|@@|diff |index )/.test(line)) return { sign: '@', text: line };
    const sign = line[0];
    return sign === '+' || sign === '-' ? { sign, text: line.slice(1) } : { sign: ' ', text: line.replace(/^ /, '') };
  });
}

function linesOf(text: string): string[] {
  return text === '' ? [] : visible(literal(text.replace(/\n$/, ''))).split('\n');
}

function todosOf(input: Input): { text: string; state: string }[] {
  const todos = input['todos'];
  if (!Array.isArray(todos)) return [];
  return todos.flatMap((each: unknown) => {
    if (typeof each !== 'object' || each === null) return [];
    const { content, status } = each as Record<string, unknown>;
    return typeof content === 'string'
      ? [{ text: oneLine(content, 300), state: typeof status === 'string' ? status : '' }]
      : [];
  });
}

function textAt(input: Input, key: string): string | undefined {
  const value = input[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A path below the worktree without the way to it. */
export function relative(path: string, root: string | undefined): string {
  return root !== undefined && path.startsWith(`${root}/`) ? path.slice(root.length + 1) : path;
}

/** What the state of a call is called. */
export function stateWord(state: 'running' | 'ok' | 'failed' | 'denied' | 'lost'): string {
  switch (state) {
    case 'running':
      return t('running');
    case 'ok':
      return t('done');
    case 'failed':
      return t('failed');
    case 'denied':
      return t('denied');
    case 'lost':
      return t('no result');
  }
}
