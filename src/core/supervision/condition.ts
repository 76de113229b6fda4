/** A breakpoint's condition as people type it: `path src/**`, `command git push*`, `after turn`, `confidence 0.6`. */
import { dangers, type Danger } from './finding.ts';
import { predicateSchema, type Predicate } from './predicate.ts';

/** Conditions as they are typed, one example each. */
export const conditionForms = [
  'before turn',
  'after turn',
  'before tool <name>',
  'after tool <name>',
  'before stage [name]',
  'after stage [name]',
  'command <pattern>',
  'path <glob>',
  'danger [kind]',
  'diff-size <lines>',
  'fewer-tests <count>',
  'confidence <0 to 1>',
  'same-error <times>',
  'tokens-per-minute <count>',
  'cost-per-minute <dollars>',
  'worked-minutes <minutes>',
] as const;

/** The condition, or a sentence that says what is wrong with it. Several are joined with ` and `. */
export function readCondition(text: string): Predicate | string {
  const parts = text.split(
    / and (?=(?:before|after|command|path|danger|diff-size|fewer-tests|confidence|same-error|[a-z]+-(?:per-)?minutes?)\b)/u,
  );
  const read = parts.map((part) => simpleOf(part.trim()));
  const wrong = read.find((each) => typeof each === 'string');
  if (typeof wrong === 'string') return wrong;
  const parsed = predicateSchema.safeParse(read.length === 1 ? read[0] : { all: read });
  if (parsed.success) return parsed.data;
  return `\`${text.slice(0, 200)}\` is no condition. Write ${formsOf(parts).join(', ')}.`;
}

/** The forms that begin as one of the parts does; where none does, all of them. */
function formsOf(parts: readonly string[]): readonly string[] {
  const words = new Set(parts.map((part) => part.trim().split(/\s/u, 1)[0]));
  const meant = conditionForms.filter((form) => words.has(form.split(' ', 1)[0]));
  return meant.length > 0 ? meant.map((form) => `\`${form}\``) : [`one of: ${conditionForms.join(', ')}`];
}

/** How the amount of a condition is called; of the others, `above`. */
const amounts: ReadonlyMap<string, string> = new Map([
  ['diff-size', 'lines'],
  ['fewer-tests', 'by'],
  ['confidence', 'below'],
  ['same-error', 'times'],
]);

function simpleOf(text: string): object | string {
  const [, word = '', rest = ''] = /^(\S+)\s*(.*)$/su.exec(text) ?? [];
  switch (word) {
    case 'before':
    case 'after':
      return edge(word, rest);
    case 'command':
      return { when: 'command', pattern: rest };
    case 'path':
      return { when: 'path', glob: rest };
    case 'danger':
      if (rest === '') return { when: 'danger' };
      return dangers.includes(rest as Danger)
        ? { when: 'danger', danger: rest }
        : `There is no danger \`${rest.slice(0, 80)}\`. There are: ${dangers.join(', ')}.`;
    default:
      return { when: word, [amounts.get(word) ?? 'above']: rest === '' ? Number.NaN : Number(rest) };
  }
}

function edge(at: 'before' | 'after', rest: string): object {
  const [, when = '', name = ''] = /^(turn|tool|stage)\s*(.*)$/su.exec(rest) ?? [];
  return { when, at, ...(name === '' || when === 'turn' ? {} : { name }) };
}
