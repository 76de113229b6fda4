/**
 * Prompt templates: Markdown with a head between two lines of `---`, filled by replacing `{{name}}` and nothing else. What is
 * put in is never looked at again, so a text that holds `{{…}}` stays a text, and nothing can go in circles.
 */

/** A template that was read. `variables` are those that its text uses, in the order of their first use. */
export interface Template {
  readonly name: string;
  readonly description: string;
  readonly variables: readonly string[];
  /** Pieces of text and, between them, names of variables: text, name, text, name, text. */
  readonly pieces: readonly string[];
}

/** A template or a text that was made of it, or a sentence that says what is wrong. */
export type Made<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

const longest = 256 * 1024;
const headPattern = /^---\r?\n(?<head>.*?)\r?\n---(?:\r?\n|$)/su;

/** Reads a template. `known` are the variables that there are: another name is a mistake of the author, told at once. */
export function readTemplate(text: string, known: readonly string[]): Made<Template> {
  if (text.length > longest) return problem('The template is longer than 256 KiB.');
  const match = headPattern.exec(text);
  if (match === null) return problem('The template has to begin with a head between two lines of `---`.');
  const head = fieldsOf(match.groups?.['head'] ?? '');
  if (typeof head === 'string') return problem(head);
  const name = head.get('name');
  if (name === undefined) return problem('The head of the template has no `name`.');
  const other = [...head.keys()].find((each) => each !== 'name' && each !== 'description');
  if (other !== undefined) return problem(`The head of the template has an unknown field \`${other}\`.`);
  const pieces = piecesOf(text.slice(match[0].length));
  if (typeof pieces === 'string') return problem(pieces);
  const variables = [...new Set(pieces.filter((_, at) => at % 2 === 1))];
  const unknown = variables.find((each) => !known.includes(each));
  if (unknown !== undefined) return problem(`There is no variable \`${unknown}\`. There are: ${known.join(', ')}.`);
  return { ok: true, value: { name, description: head.get('description') ?? '', variables, pieces } };
}

/** Fills the template. A variable without a value is a mistake, never an empty place. */
export function fill(template: Template, values: Readonly<Record<string, string>>): Made<string> {
  const missing = template.variables.filter((each) => !Object.hasOwn(values, each));
  if (missing.length > 0) return problem(`The template ${template.name} needs a value for: ${missing.join(', ')}.`);
  const text = template.pieces.map((piece, at) => (at % 2 === 1 ? (values[piece] ?? '') : piece));
  return { ok: true, value: text.join('') };
}

function problem(sentence: string): { ok: false; problem: string } {
  return { ok: false, problem: sentence };
}

function fieldsOf(head: string): Map<string, string> | string {
  const fields = new Map<string, string>();
  for (const line of head.split(/\r?\n/u)) {
    if (line.trim() === '') continue;
    const [, name, value = ''] = /^([a-z]+):[ \t]*(.*)$/u.exec(line) ?? [];
    if (name === undefined) return `The head of the template has a line that is no field: \`${line.slice(0, 80)}\`.`;
    if (fields.has(name)) return `The head of the template has two fields \`${name}\`.`;
    fields.set(name, value.replace(/^(["'])(.*)\1$/u, '$2').trim());
  }
  return fields;
}

function piecesOf(body: string): string[] | string {
  const pieces = body.split(/\{\{[ \t]*([A-Za-z][A-Za-z0-9]*)[ \t]*\}\}/u);
  const odd = pieces.find((piece, at) => at % 2 === 0 && piece.includes('{{'));
  if (odd === undefined) return pieces;
  const from = odd.indexOf('{{');
  return `\`${odd.slice(from, from + 40)}\` is no variable: only \`{{name}}\` is replaced.`;
}
