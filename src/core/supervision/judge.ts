/** Puts together what is known of a turn and decides on it. Pure: the same session always gives the same decision. */
import type { Checkpoint } from '../checkpoint/state.ts';
import { defined } from '../defined.ts';
import { escalationAfter, noAttempts, withFailure, type AttemptLimits, type Attempts } from './attempts.ts';
import { noBudgets, reserve, type Amounts, type Billing, type Breach } from './budget.ts';
import { calibrated, type Bin } from './calibration.ts';
import { criteriaOf } from './criteria.ts';
import { confidenceOf } from './confidence.ts';
import { decide, type Action, type Judgement as Judged } from './decision.ts';
import type { Finding } from './finding.ts';
import type { Fingerprint } from './fingerprint.ts';
import { verdictOf } from './gate.ts';
import { spentBy, sum } from './levels.ts';
import type { Decided, Judgement } from './judgement.ts';
import type { Session } from '../session/state.ts';
import { givenUpSentence } from './unanswered.ts';

/** What decides beside the session itself. */
export interface JudgedBy {
  /** The failure of the turn, when it failed; see `failureOf`. */
  readonly failure: Fingerprint | undefined;
  readonly limits: AttemptLimits;
  /** The stronger model that may be used. */
  readonly stronger?: string;
  readonly budget: Amounts;
  /** What no approval raises. */
  readonly most?: Amounts;
  readonly billing: Billing;
  /** What scores were worth in this repository. */
  readonly curve: readonly Bin[];
  /** The state from which the turn began, where it is kept. */
  readonly began?: Pick<Checkpoint, 'n' | 'tree'>;
}

const sends: ReadonlySet<Action> = new Set(['continue', 'retry', 'escalate']);

/** The decision on the session's judged turn. What costs nothing more is not held up by a limit. */
export function judge(session: Session, judgement: Judgement, by: JudgedBy): Decided {
  const judged = judgedOf(session, judgement, by);
  const { confidence, calibratedScore } = judged;
  const free = decide(judged);
  const breach = sends.has(free.action) ? breachOf(session, by) : undefined;
  const decision = breach === undefined ? free : decide({ ...judged, breach });
  return {
    ...{ ...decision, score: confidence.score, calibrated: calibratedScore, weights: confidence.factors },
    ...(by.failure === undefined ? {} : { failure: by.failure }),
  };
}

function judgedOf(session: Session, judgement: Judgement, by: JudgedBy): Judged {
  const { issues, evidence, tree, lines, weakened, grown, stray, reviewed, at } = judgement;
  const { level = 'supervised', gates: asked = [] } = session.supervision ?? {};
  const gates = verdictOf(asked, evidence, tree);
  const { attempts, same } = counted(session, by.failure, at);
  const review = defined({ review: reviewed?.review });
  const { denials = 0, checked: ownCheck } = session.lastTurn ?? {};
  const confidence = confidenceOf({
    ...{ issues, gates, findings: [], sameErrors: same, changedLines: lines, denials },
    ...{ ...review, ...defined({ weakened, grown, stray, ownCheck }) },
    ...{ criteria: criteriaOf(session.goal).length, checkedAgain: session.checkedAgain === true },
  });
  return {
    ...{ level, issues, gates, confidence, ...review },
    calibratedScore: calibrated(confidence.score, by.curve),
    escalation: escalationAfter(attempts, by.failure?.id ?? '', by.limits),
    ...defined({ stronger: by.stronger, givenUp: givenUpSentence(session.unanswered ?? []) }),
    openDangers: openDangers(session),
    canRollBack: by.began !== undefined && by.began.tree !== tree,
    cancelled: false,
    checkedAgain: session.checkedAgain === true,
  };
}

/** Critical dangers of tools that nobody was asked about. */
function openDangers({ dangers = [] }: Session): readonly Finding[] {
  const open = dangers.filter(({ asked }) => asked !== true);
  return open.flatMap(({ findings }) => findings).filter(({ severity }) => severity === 'critical');
}

/** The attempts with this failure, and how often it came. */
function counted(
  { attempts: before = noAttempts }: Session,
  failure: Fingerprint | undefined,
  at: number,
): { readonly attempts: Attempts; readonly same: number } {
  if (failure === undefined) return { attempts: before, same: 0 };
  const attempts = withFailure(before, 'task', failure, at);
  return { attempts, same: attempts.errors.find(({ fingerprint }) => fingerprint.id === failure.id)?.count ?? 0 };
}

/**
 * The limit that one more prompt would exceed. Limits that a person raised count from what had been used by then, so that a raise
 * always lets the prompt through; `final` limits hold whoever raises them.
 */
export function breachOf(
  session: Session,
  { budget, most = {}, billing }: Pick<JudgedBy, 'budget' | 'most' | 'billing'>,
): (Breach & { readonly final: boolean }) | undefined {
  const raised = sum(budget, session.raised ?? {}, budget);
  const final = exceeded(session, 'any session here, whoever approves it,', most, billing);
  if (final !== undefined) return { ...final, final: true };
  const breach = exceeded(session, 'this session', raised, billing);
  return breach === undefined ? undefined : { ...breach, final: false };
}

function exceeded(session: Session, id: string, limits: Amounts, billing: Billing): Breach | undefined {
  const level = { id, limits, spent: spentBy(session) };
  const all = { ...noBudgets, budgets: { [id]: level } };
  // The least that a prompt takes: what it really takes is known when it has ended.
  const least = { attempts: 1, tokens: 1, workMs: 1, costUsd: 0.0001 };
  const outcome = reserve(all, { id: 'next', budget: id, amounts: least }, billing);
  return 'resource' in outcome ? outcome : undefined;
}

/** In which words a turn failed, for its fingerprint: the first thing that is wrong with it, or what the gate printed. */
export function failureOf(
  session: Session,
  judgement: Judgement,
  output: (path: string) => string,
): string | undefined {
  const [issue] = judgement.issues;
  if (issue !== undefined) return `${issue.sentence}\n${session.lastTurn?.text ?? ''}`.trim();
  const gates = verdictOf(session.supervision?.gates ?? [], judgement.evidence, judgement.tree);
  if (gates.say === 'failed') {
    const { command, code } = gates.evidence;
    return `${command.join(' ')} ${code === null ? 'was ended' : `ended with code ${code}`}\n${output(gates.evidence.output)}`;
  }
  const review = judgement.reviewed?.review;
  if (review === undefined || (review.verdict !== 'not-done' && review.criteria.every(({ met }) => met)))
    return undefined;
  return (
    review.criteria.flatMap(({ criterion, met }) => (met ? [] : [`Not met: ${criterion}`])).join('\n') || 'Not done.'
  );
}
