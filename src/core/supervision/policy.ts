/**
 * The approval policy of a repository: which uses of tools a person is asked about whatever was allowed before, and which are
 * refused whatever anybody says. Written as conditions, as breakpoints are.
 */
import { predicateText } from './moments.ts';
import { holds, type Moment, type Predicate } from './predicate.ts';
import { readCondition } from './condition.ts';

/** Conditions on uses of tools. */
export interface Policy {
  readonly ask: readonly Predicate[];
  readonly forbid: readonly Predicate[];
}

/** Nothing is asked and nothing refused but by the rules that hold everywhere. */
export const noPolicy: Policy = { ask: [], forbid: [] };

/** Whether a text is a condition that a use of a tool can meet: `command …`, `path …`, `before tool …`, `danger …`, joined with `and`. */
export function isToolCondition(text: string): boolean {
  return toolCondition(text) !== undefined;
}

function toolCondition(text: string): Predicate | undefined {
  const read = readCondition(text);
  if (typeof read === 'string') return undefined;
  const parts = 'all' in read ? read.all : 'when' in read ? [read] : [];
  const fits = parts.every(
    (each) => ['command', 'path', 'danger'].includes(each.when) || (each.when === 'tool' && each.at === 'before'),
  );
  return parts.length > 0 && fits ? read : undefined;
}

/** The policy that the settings of a repository hold. */
export function policyOf(settings: {
  readonly 'approval.ask': readonly string[];
  readonly 'approval.forbid': readonly string[];
}): Policy {
  const read = (texts: readonly string[]): readonly Predicate[] => texts.flatMap((each) => toolCondition(each) ?? []);
  return { ask: read(settings['approval.ask']), forbid: read(settings['approval.forbid']) };
}

/** What the policy says of a use of a tool, and why, in a sentence that names the rule. */
export interface Ruling {
  readonly say: 'ask' | 'forbid';
  readonly why: string;
}

/** What ends one simple command of a shell and begins another. */
const joints = /[;&|\n(){}`]+|\$\(/u;

/**
 * What the policy says of this moment of a tool; what is forbidden outranks what is asked. A command is looked at as a whole and in
 * the pieces that a shell would run one by one, so that what stands before a command does not hide it. Undefined: nothing.
 */
export function rulingOn(policy: Policy, moment: Moment): Ruling | undefined {
  const pieces = (moment.command ?? '').split(joints).map((each) => each.trim());
  // A rule is about a use, whether the agent waits before it or has done it already.
  const seen = { ...moment, at: 'before' } as const;
  const moments = [seen, ...pieces.filter((each) => each !== '').map((command) => ({ ...seen, command }))];
  const rule = (rules: readonly Predicate[]): Predicate | undefined =>
    rules.find((each) => moments.some((one) => holds(each, one)));
  const forbidden = rule(policy.forbid);
  if (forbidden !== undefined) {
    return { say: 'forbid', why: `The approval policy of the repository forbids it: ${predicateText(forbidden)}.` };
  }
  const asked = rule(policy.ask);
  if (asked === undefined) return undefined;
  return {
    say: 'ask',
    why: `The approval policy of the repository wants a person to decide: ${predicateText(asked)}.`,
  };
}
