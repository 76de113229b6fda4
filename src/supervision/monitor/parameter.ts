/** What `${name…}` becomes, as far as that can be told: defaults, slices, parts taken away or replaced, other letters, elements. */
import type { ParameterExpansionPart, Word } from 'unbash';
import type { Scope } from './scope.ts';
import { isUnknown, unknown } from './text.ts';

type Operation = NonNullable<ParameterExpansionPart['operation']>;
type Changing = Extract<Operation, { type: 'Remove' | 'Replace' | 'CaseModification' }>;

/** The value of a parameter. `textOf` gives the one value of a word, `inside` looks at what is in a part of which no value is computed. */
export function parameterValue(
  part: ParameterExpansionPart,
  scope: Scope,
  textOf: (word: Word) => string,
  inside: () => void,
): string {
  const value = named(part, scope, textOf);
  const { operation } = part;
  if (value === undefined) {
    inside();
    return unknown;
  }
  switch (operation?.type) {
    case undefined:
      return value;
    case 'Default':
      return withDefault(value, operation.operator, () => textOf(operation.operand));
    case 'Slice':
      return slice(value, operation.offset.value, operation.length?.value);
    case 'Remove':
    case 'Replace':
    case 'CaseModification':
      inside();
      return changed(value, operation, textOf);
    default:
      inside();
      return unknown;
  }
}

/** Of an array one element, with `!` that of the parameter whose name it is; undefined where it cannot be told. */
function named(part: ParameterExpansionPart, scope: Scope, textOf: (word: Word) => string): string | undefined {
  const { prefix, index, parameter: name } = part;
  const value = scope.valueOf(name);
  if (prefix === '!' && index === undefined) return isUnknown(value) ? undefined : scope.valueOf(value);
  if (prefix !== undefined) return undefined;
  if (index === undefined) return value;
  const at = textOf(index);
  return /^\d+$/u.test(at) && !isUnknown(value) ? (value.split(' ')[Number(at)] ?? '') : undefined;
}

function withDefault(value: string, operator: string, operand: () => string): string {
  if (operator.endsWith('+')) return operand();
  if (operator.endsWith('?')) return value;
  return value === '' || isUnknown(value) ? operand() : value;
}

function slice(value: string, offset: string, length: string | undefined): string {
  const from = Number(offset);
  const count = length === undefined ? value.length : Number(length);
  if (isUnknown(value) || !Number.isInteger(from) || !Number.isInteger(count) || from < 0 || count < 0) return unknown;
  return value.slice(from, from + count);
}

function otherLetters(value: string, operator: string): string {
  if (operator === ',,') return value.toLowerCase();
  return operator === '^^' ? value.toUpperCase() : unknown;
}

/** Patterns are not followed: what they leave cannot be told, beside a beginning that they cannot reach, as in `${file%.*}`. */
function changed(value: string, operation: Changing, textOf: (word: Word) => string): string {
  const otherwise = operation.type === 'Remove' && operation.operator.startsWith('%') ? `${value}${unknown}` : unknown;
  if (isUnknown(value)) return otherwise;
  if (operation.type === 'CaseModification') return otherLetters(value, operation.operator);
  const pattern = textOf(operation.type === 'Replace' ? operation.pattern : operation.operand);
  if (pattern === '' || isUnknown(pattern) || /[*?[]/u.test(pattern)) return otherwise;
  if (operation.type === 'Replace') {
    const by = textOf(operation.replacement);
    return operation.operator === '//' ? value.replaceAll(pattern, () => by) : value.replace(pattern, () => by);
  }
  if (operation.operator.startsWith('#')) return value.startsWith(pattern) ? value.slice(pattern.length) : value;
  return value.endsWith(pattern) ? value.slice(0, -pattern.length) : value;
}
