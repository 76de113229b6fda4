/** What comes next in judging a turn, or in checking work that a person wants checked. */
import { asksEachTurn } from './decision.ts';
import { sameCommand, verdictOf, type QualityGate } from './gate.ts';
import type { Judgement, Supervision } from './judgement.ts';
import { isGivenUp, type Unanswered } from './unanswered.ts';
import type { Evidence } from '../landing/state.ts';
import { queues } from '../session/mode.ts';
import type { Session } from '../session/state.ts';

/** One step of judging. `turn` is absent in what a person asked for. */
export type JudgeStep =
  | { readonly do: 'validate'; readonly turn: number }
  | { readonly do: 'gate'; readonly gate: QualityGate; readonly tree: string; readonly turn?: number }
  | { readonly do: 'review'; readonly turn: number; readonly tree: string }
  | { readonly do: 'decide'; readonly turn: number }
  | { readonly do: 'look' }
  | { readonly do: 'conclude' };

/** Files that change again under their judges stay unjudged: then a person looks. */
const mostMoves = 2;

/**
 * The next step in judging the last turn, or undefined when it is decided or nobody judges: no supervision is in force, a person
 * has interrupted it, or the model's service has put it off.
 */
export function judgingDue(session: Session): JudgeStep | undefined {
  const { supervision, judgement } = session;
  const turn = endedTurn(session);
  if (supervision === undefined || turn === undefined || !isJudged(session)) return undefined;
  if (judgement?.turn !== turn) return { do: 'validate', turn };
  return judgement.decided === undefined ? nextOf(supervision, judgement, session.unanswered) : undefined;
}

/** The last turn, when it has ended by itself and nothing else is asked of the session. */
function endedTurn({ lastTurn, holding, turn, cancelling, interrupting }: Session): number | undefined {
  if (!holding || turn !== undefined || cancelling !== undefined || interrupting === true) return undefined;
  return lastTurn?.outcome === 'interrupted' || lastTurn?.outcome === 'rate-limited' ? undefined : lastTurn?.n;
}

/** Strictly in this order: what cannot be judged is not shown to gates, and what a gate refuses not to a model. */
function nextOf({ gates, review }: Supervision, judgement: Judgement, unanswered?: readonly Unanswered[]): JudgeStep {
  const { turn, tree } = judgement;
  if (judgement.issues.length > 0) return { do: 'decide', turn };
  const gate = nextGate(gates, judgement, unanswered);
  if (gate !== undefined) return { do: 'gate', gate, tree, turn };
  const { say } = verdictOf(gates, judgement.evidence, tree);
  const mayReview = review && judgement.reviewed === undefined && (say === 'passed' || say === 'none');
  return mayReview ? { do: 'review', turn, tree } : { do: 'decide', turn };
}

/** Somebody judges: a gate, a model, or a person who wants to be asked after each turn. Where people sit, they are the judges. */
function isJudged({ mode, supervision }: Session): boolean {
  if (supervision === undefined || !queues(mode)) return false;
  const { gates, review, level } = supervision;
  return gates.length > 0 || review || asksEachTurn(level);
}

/** The next step of what a person wants checked. */
export function verifyingDue({ verifying, supervision, proof = [], unanswered }: Session): JudgeStep | undefined {
  if (verifying === undefined) return undefined;
  const { tree, moved } = verifying;
  if (tree === undefined) return { do: 'look' };
  const gate = nextGate(supervision?.gates ?? [], { tree, moved, evidence: proof }, unanswered);
  return gate === undefined ? { do: 'conclude' } : { do: 'gate', gate, tree };
}

interface Tried {
  readonly tree: string;
  readonly moved: number;
  readonly evidence: readonly Evidence[];
}

/**
 * The first gate that has not answered about this very tree; none when one said no, when the files keep on changing, or when that
 * gate has ended its engine as often as it may.
 */
function nextGate(
  gates: readonly QualityGate[],
  { tree, moved, evidence }: Tried,
  unanswered: readonly Unanswered[] = [],
): QualityGate | undefined {
  if (moved > mostMoves || verdictOf(gates, evidence, tree).say === 'failed') return undefined;
  const heard = evidence.filter((each) => each.tree === tree);
  const next = gates.find(({ command }) => !heard.some((each) => sameCommand(each.command, command)));
  return next !== undefined && isGivenUp(unanswered, next.command) ? undefined : next;
}

/** The tree of the work as it was last seen at rest. */
export function workTree({ seen, result }: Session): string | undefined {
  return seen ?? result?.changes?.tree;
}

/** All gates in force have passed on the tree of the work, and there are gates. */
export function isVerified(session: Session): boolean {
  const { supervision, proof = [] } = session;
  const tree = workTree(session);
  if (tree === undefined || supervision === undefined) return false;
  return verdictOf(supervision.gates, proof, tree).say === 'passed';
}

/** A person has accepted the work; work that was asked for since, or another tree, is not part of it. */
export function isApproved(session: Session): boolean {
  const { approval, promptCount } = session;
  return approval?.prompts === promptCount && approval.tree === workTree(session);
}
