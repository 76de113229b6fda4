/** From what a person chose to what the agent is told. Pure. */
import * as l10n from '@vscode/l10n';
import { oneLine } from '../../core/printable.ts';
import type { ParamsOf, Requests } from '../../protocol/contract.ts';

/** What goes into `session/answer` beside the names of session and breakpoint. */
export type Given = Pick<ParamsOf<Requests, 'session/answer'>, 'answer' | 'requester'>;

/** Longest value that is offered for editing, in characters of JSON. */
export const editLimit = 20_000;

/** A field of a tool's input that can be edited. */
export interface Field {
  readonly name: string;
  readonly value: unknown;
  /** The value as it is edited: text as it is where it fits on a line, else JSON. */
  readonly text: string;
  readonly json: boolean;
}

/** The fields of a tool's input. */
export function fieldsOf(input: Readonly<Record<string, unknown>>): readonly Field[] {
  return Object.entries(input).map(([name, value]) => {
    const plain = typeof value === 'string' && !/[\n\r]/u.test(value) && oneLine(value) === value;
    return { name, value, text: plain ? value : JSON.stringify(value), json: !plain };
  });
}

/** What is wrong with an edited field, if anything. */
export function fieldProblem({ json }: Field, text: string): string | undefined {
  if (!json) return undefined;
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    return l10n.t('This is not JSON: text stands in double quotes, and a line break in it is \\n.');
  }
}

/** The input with one field changed. */
export function withField(
  input: Readonly<Record<string, unknown>>,
  { name, json }: Field,
  text: string,
): Record<string, unknown> {
  return { ...input, [name]: json ? (JSON.parse(text) as unknown) : text };
}

/** An answer to questions: several labels of one question are joined as the agents expect it. */
export function questionAnswer(chosen: ReadonlyMap<string, readonly string[]>): Given {
  const answers = Object.fromEntries([...chosen].map(([question, labels]) => [question, labels.join(', ')]));
  return { answer: { choice: 'answer', answers } };
}

/** A refusal, with a reason for the agent if one was given. */
export function denial(reason: string): Given {
  return { answer: reason.trim() === '' ? { choice: 'deny' } : { choice: 'deny', reason: reason.trim() } };
}
