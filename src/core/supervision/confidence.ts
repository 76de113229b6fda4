/** How sure the evidence makes us that a turn did what was asked: a sum of visible factors, calibrated by what people said. */
import type { Severity } from './finding.ts';
import type { GateVerdict } from './gate.ts';
import type { Issue } from './validation.ts';

/** What a model said about the change. Each criterion of the task, met or not. */
export interface Review {
  readonly verdict: 'done' | 'not-done' | 'unsure';
  readonly criteria: readonly { readonly criterion: string; readonly met: boolean }[];
  readonly model: string;
  /** Why, in its own words: for agent and person to read, and for nothing else. */
  readonly reason?: string;
}

/** Everything that the score is made of. */
export interface Evidences {
  readonly issues: readonly Issue[];
  readonly gates: GateVerdict;
  readonly review?: Review;
  /** Lines that were added and removed. */
  readonly changedLines: number;
  /** Tests that came with the work; see `grownTests`. */
  readonly grown?: readonly string[];
  /** Tests of the project that the work made weaker; see `weakenedTests`. */
  readonly weakened?: readonly string[];
  /** Files that the task does not speak of; see `strayFiles`. */
  readonly stray?: readonly string[];
  /** How many acceptance criteria the task lists. */
  readonly criteria?: number;
  /** The agent was sent back to check its work, without anything having failed. */
  readonly checkedAgain?: boolean;
  /** The last check that it ran by itself in the turn, passed, with no change after it. */
  readonly ownCheck?: string;
  /** Failures of the task with the error that came back most often. */
  readonly sameErrors: number;
  readonly denials: number;
  readonly findings: readonly Severity[];
}

/** One factor: how much it speaks for (above 0) or against the turn, in steps of log odds, and why. */
export interface Factor {
  readonly name: string;
  readonly weight: number;
  readonly sentence: string;
}

/** The score (0 to 1) before calibration, with all factors, the weightiest first. */
export interface Confidence {
  readonly score: number;
  readonly factors: readonly Factor[];
}

/** Without evidence from the project's own commands nothing is sure. */
export const ceilingWithoutGates = 0.84;

/** The score and its factors. */
export function confidenceOf(evidences: Evidences): Confidence {
  const factors = [
    ...evidences.issues.map(({ kind, sentence }) => factor(`validator: ${kind}`, -3, sentence)),
    gateFactor(evidences.gates),
    ...reviewFactors(evidences.review),
    ...[
      sizeFactor(evidences.changedLines),
      grownFactor(evidences),
      weakenedFactor(evidences.weakened),
      strayFactor(evidences.stray),
      unprovenFactor(evidences),
      againFactor(evidences),
      errorFactor(evidences.sameErrors),
    ],
    ...[denialFactor(evidences.denials), findingFactor(evidences.findings)],
  ].filter((each) => each !== undefined);
  const sum = factors.reduce((total, { weight }) => total + weight, 0);
  const score = 1 / (1 + Math.exp(-sum));
  const ceiling = evidences.gates.say === 'passed' ? 1 : ceilingWithoutGates;
  return { score: Math.min(score, ceiling), factors: factors.sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight)) };
}

function factor(name: string, weight: number, sentence: string): Factor {
  return { name, weight, sentence };
}

/** How many gates passed, as the beginning of a sentence. */
export function passed(count: number): string {
  return count === 1 ? 'The gate passed' : `All ${count} gates passed`;
}

function gateFactor(gates: GateVerdict): Factor {
  switch (gates.say) {
    case 'passed':
      return factor('gates', 2, `${passed(gates.count)} on this tree.`);
    case 'failed':
      return factor('gates', -5, `The gate \`${gates.evidence.command.join(' ')}\` failed.`);
    case 'unknown':
      return factor('gates', -2, 'Not all gates have been asked about this tree.');
    case 'none':
      return factor('gates', 0, 'The project has no gates.');
  }
}

function reviewFactors(review: Review | undefined): readonly Factor[] {
  if (review === undefined) return [factor('review', 0, 'No model reviewed the change.')];
  const { criteria, verdict, model } = review;
  const met = criteria.filter((each) => each.met).length;
  const share = criteria.length === 0 ? 0 : met / criteria.length;
  const weights = { done: 1, unsure: -0.5, 'not-done': -2 } as const;
  return [
    factor('review', weights[verdict], `${model} says: ${verdict}.`),
    ...(criteria.length === 0
      ? []
      : [factor('criteria', 2 * share - 1, `${met} of ${criteria.length} criteria are met.`)]),
  ];
}

function sizeFactor(lines: number): Factor | undefined {
  if (lines <= 400) return undefined;
  return factor('size', -Math.min(1.5, Math.log10(lines / 400)), `The change is large: ${lines} lines.`);
}

/** Gates that passed say more of work that brought tests of its own, unless it took others away. */
function grownFactor({ gates, grown = [], weakened = [] }: Evidences): Factor | undefined {
  const [first, ...more] = grown;
  if (first === undefined || weakened.length > 0 || gates.say !== 'passed') return undefined;
  return factor('tests added', 1, `Tests came with it: ${first}${andMore(more)}.`);
}

/** More than passed gates speak for it: whose tests were touched, of that the tests say nothing, and somebody should know why. */
function weakenedFactor(weakened: readonly string[] = []): Factor | undefined {
  const [first, ...more] = weakened;
  if (first === undefined) return undefined;
  return factor('tests weakened', -3, `Tests that were there have lost lines: ${first}${andMore(more)}.`);
}

/** A file beside the task is work that nobody wanted and that somebody has to look at, however well the rest is done. */
function strayFactor(stray: readonly string[] = []): Factor | undefined {
  const [first, ...more] = stray;
  if (first === undefined) return undefined;
  return factor('stray files', -2.5, `The task does not speak of ${first}${andMore(more)}.`);
}

/** Whoever wrote criteria down wants each to hold. Tests from before the work, passed, do not say so of any of them. */
function unprovenFactor({ gates, criteria = 0, grown = [], review }: Evidences): Factor | undefined {
  if (gates.say !== 'passed' || criteria === 0 || grown.length > 0 || review !== undefined) return undefined;
  const of = criteria === 1 ? 'its criterion' : `its ${criteria} criteria`;
  return factor('criteria', -1, `No test came with it that shows ${of}.`);
}

/**
 * Its own second look is the least that can be had: a review says more, and what it was told of and left says more against it. A look is
 * what it was seen to run; that it says so is none.
 */
function againFactor(evidences: Evidences): Factor | undefined {
  const { gates, checkedAgain, ownCheck, review, weakened = [], stray = [] } = evidences;
  if (gates.say !== 'passed' || checkedAgain !== true || review !== undefined) return undefined;
  if (weakened.length + stray.length > 0) return undefined;
  return ownCheck === undefined
    ? factor(
        'checked again',
        0,
        'Asked to check it once more, the agent was not seen to run a check after its last change.',
      )
    : factor(
        'checked again',
        1,
        `The agent has checked it once more: \`${ownCheck}\` ended well after its last change.`,
      );
}

function andMore(more: readonly string[]): string {
  return more.length === 0 ? '' : ` and ${more.length} more`;
}

function errorFactor(times: number): Factor | undefined {
  return times < 2 ? undefined : factor('errors', -0.5 * times, `The same error came ${times} times.`);
}

function denialFactor(denials: number): Factor | undefined {
  return denials === 0 ? undefined : factor('denials', -0.5, `${denials} tools were not allowed.`);
}

function findingFactor(findings: readonly Severity[]): Factor | undefined {
  const critical = findings.filter((each) => each === 'critical').length;
  if (findings.length === 0) return undefined;
  return factor('dangers', critical > 0 ? -1.5 : -0.5, `${findings.length} dangerous operations were seen.`);
}
