/** A breakpoint's condition as a person would type it, to be changed. */
import { readCondition } from './condition.ts';
import type { Predicate, SimplePredicate } from './predicate.ts';

/** What `readCondition` reads as this predicate; undefined where nothing that is typed says the same. */
export function typedCondition(predicate: Predicate): string | undefined {
  const parts = typedParts(predicate);
  const typed = parts.join(' and ');
  const read = readCondition(typed);
  // A pattern may hold what joins conditions.
  const isSame = typeof read !== 'string' && JSON.stringify(typedParts(read)) === JSON.stringify(parts);
  return isSame ? typed : undefined;
}

function typedParts(predicate: Predicate): readonly string[] {
  if ('when' in predicate) return [simpleTyped(predicate)];
  return 'all' in predicate ? predicate.all.map(simpleTyped) : [];
}

function simpleTyped({ when, ...rest }: SimplePredicate): string {
  const { at, ...amount } = { at: undefined, ...rest };
  const words = [at, when, ...Object.values<string | number | undefined>(amount)];
  return words.filter((word) => word !== undefined).join(' ');
}
