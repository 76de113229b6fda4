/** What the words of a command become when the shell expands them, as far as that can be told without running anything. */
import type { Assignment, DoubleQuotedChild, ParsedScript, SyntaxNode, Word, WordPart } from 'unbash';
import { parameterValue } from './parameter.ts';
import type { Scope } from './scope.ts';
import { isUnknown, textOf, unknown, type Flow } from './text.ts';

/** What expanding takes beside the scope: the output of a command in a substitution, and a name for a flow as a file. */
export interface Substitution {
  output(script: ParsedScript): Flow;
  file(script: ParsedScript): string;
  /** Looks at the substitutions inside of something whose value is not computed. */
  inside(node: SyntaxNode): void;
}

const fieldLimit = 256;
/** Values that double at each assignment grow without end. */
const longest = 64 * 1024;

function bounded(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest)}${unknown}`;
}

/** The fields that a word becomes: none, one or several. */
export function fieldsOf(word: Word, scope: Scope, substitution: Substitution): string[] {
  const whole = /^"\$(?:@|\{@\}|\{(\w+)\[@\]\})"$/u.exec(word.text);
  if (whole !== null) return whole[1] === undefined ? [...scope.arguments] : scope.valueOf(whole[1]).split(' ');
  const fields = new Fields();
  for (const part of word.parts ?? [bare(word)]) add(fields, part, scope, substitution);
  const [first = '', ...rest] = fields.list();
  return [isTilde(word) ? withHome(first, scope) : first, ...rest].slice(0, fields.length);
}

/** The one value that a word becomes where the shell does not split it: in an assignment or a redirection. */
export function valueOf(word: Word, scope: Scope, substitution: Substitution): string {
  const value = textOfParts(word.parts ?? [bare(word)], scope, substitution);
  return isTilde(word) ? withHome(value, scope) : value;
}

/** Name and value of an assignment. */
export function assigned(assignment: Assignment, scope: Scope, substitution: Substitution): [string, string] {
  const { name, value } = assignment;
  const text =
    value.type === 'Word'
      ? valueOf(value, scope, substitution)
      : value.elements
          .map((each) => valueOf(each, scope, substitution))
          .join(' ')
          .slice(0, longest);
  const before = assignment.append === true ? scope.valueOf(name) : '';
  return [name, bounded(`${before}${text}`)];
}

/** The text of parts as in double quotes or in the body of a heredoc. */
export function textOfParts(parts: readonly WordPart[], scope: Scope, substitution: Substitution): string {
  let text = '';
  for (const part of parts) {
    text += textOfPart(part, scope, substitution);
    if (text.length > longest) return bounded(text);
  }
  return text;
}

/** Collects fields: text is put to the last one, white space of an expansion begins another. */
class Fields {
  #done: string[] = [];
  #last: string | undefined;

  get length(): number {
    return this.#done.length + (this.#last === undefined ? 0 : 1);
  }

  list(): string[] {
    return this.#last === undefined ? this.#done : [...this.#done, this.#last];
  }

  put(text: string): void {
    this.#last = bounded((this.#last ?? '') + text);
  }

  /** `separators`: the characters of `IFS`. */
  split(text: string, separators: string): void {
    const at = new RegExp(`[${separators.replaceAll(/[\]\\^-]/gu, String.raw`\$&`)}]+`, 'u');
    const [first = '', ...rest] = (separators === '' ? [text] : text.split(at)).slice(0, fieldLimit);
    if (first !== '') this.put(first);
    for (const each of rest) {
      if (this.#last !== undefined) this.#done.push(this.#last);
      this.#last = each === '' ? undefined : each;
    }
  }

  /** Each alternative becomes a field of its own. */
  alternatives(texts: readonly string[]): void {
    const before = this.#last ?? '';
    const all = texts.slice(0, fieldLimit).map((each) => before + each);
    this.#last = all.pop();
    this.#done.push(...all);
  }
}

function bare({ value, text, pos, end }: Word): WordPart {
  return { type: 'Literal', value, text, pos, end };
}

function isTilde({ text }: Word): boolean {
  return /^~[\w.-]*(\/|$)/u.test(text);
}

function withHome(text: string, scope: Scope): string {
  const [, user = '', rest = ''] = /^~([^/]*)(.*)$/su.exec(text) ?? [];
  return `${user === '' ? scope.valueOf('HOME') : `/home/${user}`}${rest}`;
}

function add(fields: Fields, part: WordPart, scope: Scope, substitution: Substitution): void {
  switch (part.type) {
    case 'SimpleExpansion':
    case 'ParameterExpansion':
    case 'CommandExpansion':
      fields.split(textOfPart(part, scope, substitution), separatorsOf(scope));
      return;
    case 'BraceExpansion':
      fields.alternatives(alternativesOf(part.text));
      return;
    default:
      fields.put(textOfPart(part, scope, substitution));
  }
}

/** Where a value is split into fields; as usual where that cannot be told. */
function separatorsOf(scope: Scope): string {
  const set = scope.valueOf('IFS');
  return isUnknown(set) ? ' \t\n' : set;
}

/** `{a,b}` as its alternatives; a nested or ranged one stays as it is written. */
function alternativesOf(text: string): string[] {
  const inner = text.slice(1, -1);
  return !inner.includes(',') || /[{}$`]/u.test(inner) ? [text] : inner.split(',').map((each) => unquoted(each));
}

function unquoted(text: string): string {
  return text.replaceAll(/["']|\\(?=.)/gu, '');
}

function textOfPart(part: WordPart | DoubleQuotedChild, scope: Scope, substitution: Substitution): string {
  if ('value' in part) return part.value;
  switch (part.type) {
    case 'DoubleQuoted':
    case 'LocaleString':
      return textOfParts(part.parts, scope, substitution);
    case 'SimpleExpansion':
      return scope.valueOf(part.text.replace(/^\$/u, ''));
    case 'ParameterExpansion':
      return parameterValue(
        part,
        scope,
        (word) => valueOf(word, scope, substitution),
        () => substitution.inside(part),
      );
    case 'CommandExpansion':
      return part.script === undefined ? unknown : textOf(substitution.output(part.script)).replace(/\n+$/u, '');
    case 'ProcessSubstitution':
      return part.script === undefined ? unknown : substitution.file(part.script);
    case 'ArithmeticExpansion':
      substitution.inside(part);
      return unknown;
    case 'ExtendedGlob':
    case 'BraceExpansion':
      return part.text;
  }
}
