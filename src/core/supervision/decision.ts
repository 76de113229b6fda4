/** What follows from a judged turn. Rules in a fixed order: deterministic checks first, then limits, then the score. */
import type { Breach } from './budget.ts';
import { breachSentence } from './budget.ts';
import type { Escalation } from './attempts.ts';
import { ceilingWithoutGates, type Confidence, type Review } from './confidence.ts';
import type { Finding } from './finding.ts';
import type { GateVerdict } from './gate.ts';
import type { Issue } from './validation.ts';

/**
 * How much happens without a person. `guided`: each tool that asks and each turn is a person's; `collaborative`: each turn;
 * `supervised`: what a check refused is tried again, a person is asked when that is used up; `autonomous`: what a gate refused is
 * rolled back first, and a tool of which everything can be seen and nothing is dangerous is let through. Dangers, limits,
 * breakpoints and questions are a person's at every level.
 */
export const autonomyLevels = ['guided', 'collaborative', 'supervised', 'autonomous'] as const;
export type AutonomyLevel = (typeof autonomyLevels)[number];

/** `finish`: the work is as the task wants it. `continue`: another prompt. `retry`: the same once more. `ask`: a person decides. */
export const actions = ['finish', 'continue', 'retry', 'ask', 'escalate', 'stop'] as const;
export type Action = (typeof actions)[number];

/** From `go` on a turn is let through, below `ask` a person is asked, between them it is checked once more. */
export interface Thresholds {
  readonly go: number;
  readonly ask: number;
}

/** Q-21. */
export const usualThresholds: Thresholds = { go: 0.85, ask: 0.6 };

/** What is decided on. */
export interface Judgement {
  readonly level: AutonomyLevel;
  readonly issues: readonly Issue[];
  readonly gates: GateVerdict;
  /** The gate that is not asked any more because engines ended with it, in a sentence. */
  readonly givenUp?: string;
  readonly review?: Review;
  readonly confidence: Confidence;
  /** The score after calibration. */
  readonly calibratedScore: number;
  /** What the attempts allow after one failure more. */
  readonly escalation: Escalation;
  /** The stronger model that may be used, if one is set. */
  readonly stronger?: string;
  /** Critical dangers that nobody has decided on. */
  readonly openDangers: readonly Finding[];
  /** The state from which the turn began is kept, and is another one. */
  readonly canRollBack?: boolean;
  readonly breach?: Breach;
  readonly cancelled: boolean;
  /** The last decision about this task was to check once more. */
  readonly checkedAgain: boolean;
}

/** The decision with one readable sentence and the names of the factors that decided it. */
export interface Decision {
  readonly action: Action;
  readonly sentence: string;
  readonly factors: readonly string[];
  /** The turn's changes are rolled back before anything else. */
  readonly rollBack?: true;
  /** The model that is used from here on. */
  readonly stronger?: string;
}

type Rule = (judgement: Judgement, thresholds: Thresholds) => Decision | undefined;

/**
 * The decision. Only the very last rule finishes a task, and only what passed every rule before it gets there: no score and no
 * word of a model outranks a check that failed, a tree that no gate has seen, or a danger that nobody has decided on.
 */
export function decide(judgement: Judgement, thresholds: Thresholds = usualThresholds): Decision {
  for (const rule of rules) {
    const decision = rule(judgement, thresholds);
    if (decision !== undefined) return decision;
  }
  const { calibratedScore, confidence } = judgement;
  const why = confidence.factors.filter(({ weight }) => weight > 0).slice(0, 3);
  return {
    action: 'finish',
    sentence: `It is done: ${sentences(why.map((each) => each.sentence))} (${percent(calibratedScore)} sure).`,
    factors: why.map(({ name }) => name),
  };
}

const rules: readonly Rule[] = [
  ({ cancelled }) => (cancelled ? decision('stop', 'It was cancelled.', 'cancelled') : undefined),
  ({ breach }) =>
    breach === undefined ? undefined : decision('ask', `A limit is reached: ${breachSentence(breach)}`, 'budget'),
  ({ openDangers: [danger] }) =>
    danger === undefined
      ? undefined
      : decision('ask', `A person has to decide on a danger: ${danger.sentence}`, 'dangers'),
  ({ issues }) => {
    const asks = issues.find(({ kind }) => kind === 'asks' || kind === 'refused');
    return asks === undefined ? undefined : decision('ask', asks.sentence, `validator: ${asks.kind}`);
  },
  ({ issues }) =>
    issues.some(({ kind }) => kind === 'interrupted')
      ? decision('stop', 'The turn was interrupted.', 'validator: interrupted')
      : undefined,
  ({ issues: [issue], ...rest }) =>
    issue === undefined ? undefined : afterFailure(issue.sentence, `validator: ${issue.kind}`, rest),
  ({ gates, canRollBack, ...rest }) => {
    if (gates.say !== 'failed') return undefined;
    const { command, code } = gates.evidence;
    const how = code === null ? 'was ended' : `ended with code ${code}`;
    const rollBack = rest.level === 'autonomous' && canRollBack === true;
    return afterFailure(`The gate \`${command.join(' ')}\` ${how}.`, 'gates', rest, rollBack);
  },
  ({ gates, givenUp }) => {
    if (gates.say !== 'unknown') return undefined;
    const all = 'Not all gates could be asked about this tree.';
    const next = 'It is asked again after your next prompt, or when you have it verified.';
    return decision('ask', givenUp === undefined ? all : `${givenUp} ${next}`, 'gates');
  },
  ({ review, ...rest }) => {
    if (review?.verdict !== 'not-done' && review?.criteria.some(({ met }) => !met) !== true) return undefined;
    const unmet = review.criteria.filter(({ met }) => !met).map(({ criterion }) => criterion);
    return afterFailure(
      `The model ${review.model} finds that it is not done${unmet.length === 0 ? '' : `: ${unmet.slice(0, 3).join('; ')}`}.`,
      'review',
      rest,
    );
  },
  ({ level }) =>
    asksEachTurn(level) ? decision('ask', `A person decides after each turn (${level}).`, 'autonomy') : undefined,
  sentBack,
  unsure,
];

/** What an agent can put right or explain when it is told, and a person would otherwise have to find out. */
const mendable: ReadonlySet<string> = new Set(['tests weakened', 'stray files']);

/** Once: what is still so after that is a person's to look at, since the score is too low for more. */
function sentBack({ confidence, checkedAgain }: Judgement): Decision | undefined {
  const found = confidence.factors.filter(({ name }) => mendable.has(name));
  if (found.length === 0 || checkedAgain) return undefined;
  return {
    action: 'continue',
    sentence: `It is sent back once: ${sentences(found.map((each) => each.sentence))}.`,
    factors: found.map(({ name }) => name),
  };
}

function unsure(judgement: Judgement, { go, ask }: Thresholds): Decision | undefined {
  const { confidence, checkedAgain, gates } = judgement;
  // What people said about other turns is no evidence about this tree.
  const ceiling = gates.say === 'passed' ? 1 : ceilingWithoutGates;
  const calibratedScore = Math.min(judgement.calibratedScore, ceiling);
  // A score that is no number is no score.
  if (calibratedScore >= go && confidence.score >= ask) return undefined;
  const why = confidence.factors.filter(({ weight }) => weight <= 0).slice(0, 3);
  const because = `${percent(calibratedScore)} sure is not enough: ${sentences(why.map((each) => each.sentence))}`;
  const again = calibratedScore >= ask && !checkedAgain;
  return { action: again ? 'continue' : 'ask', sentence: `${because}.`, factors: why.map(({ name }) => name) };
}

function decision(action: Action, sentence: string, factor: string): Decision {
  return { action, sentence, factors: [factor] };
}

/** Levels at which a person decides after each turn, whatever came of it. */
export function asksEachTurn(level: AutonomyLevel): boolean {
  return level === 'guided' || level === 'collaborative';
}

/** What was refused is tried again as often as it may be. Where a person is asked, the files stay as they are to be looked at. */
function afterFailure(
  sentence: string,
  factor: string,
  { escalation, level, stronger }: Pick<Judgement, 'escalation' | 'level' | 'stronger'>,
  rollBack = false,
): Decision {
  if (escalation === 'person') return decision('ask', `${sentence} It was tried as often as allowed.`, factor);
  if (asksEachTurn(level)) return decision('ask', `${sentence} A person decides after each turn (${level}).`, factor);
  const { action, how } = escalation === 'stronger' ? lastTry(stronger) : tries[escalation];
  const rolled = rollBack ? ' What the turn changed is rolled back.' : '';
  return {
    ...decision(action, `${sentence}${rolled} ${how}`, factor),
    ...(rollBack ? { rollBack } : {}),
    ...(escalation === 'stronger' && stronger !== undefined ? { stronger } : {}),
  };
}

const tries = {
  again: { action: 'retry', how: 'It is tried once more.' },
  'more-context': { action: 'continue', how: 'It goes on with the error and more context.' },
} as const satisfies Record<Exclude<Escalation, 'person' | 'stronger'>, Try>;

interface Try {
  readonly action: Action;
  readonly how: string;
}

function lastTry(stronger: string | undefined): Try {
  const by =
    stronger === undefined
      ? 'with the same model: no stronger one is set (`agents.<id>.strongerModel`)'
      : `with the stronger model ${stronger}, since the same failure came back`;
  return { action: 'escalate', how: `It is the last try before a person is asked, ${by}.` };
}

function sentences(all: readonly string[]): string {
  return all.map((each) => each.replace(/\.$/u, '')).join('; ') || 'nothing speaks for it';
}

function percent(score: number): string {
  return `${Math.round(score * 100)} %`;
}
