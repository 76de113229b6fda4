import { defined } from '../../core/defined.ts';
import type { Evidence } from '../../core/landing/state.ts';
import { openBreakpoints, statusOf } from '../../core/session/status.ts';
import type { Session } from '../../core/session/state.ts';
import { isApproved, workTree } from '../../core/supervision/due.ts';
import { passed } from '../../core/supervision/confidence.ts';
import { usualThresholds } from '../../core/supervision/decision.ts';
import { verdictOf, type GateVerdict } from '../../core/supervision/gate.ts';
import type { Approval, Judgement } from '../../core/supervision/judgement.ts';
import { givenUpSentence } from '../../core/supervision/unanswered.ts';
import type { EvidenceView, JudgementView, SupervisionView } from '../../protocol/supervision-views.ts';
import { outputOf } from './material.ts';

/** Everything that is known of the judging of a session; `judgements` are those of its turns, in any order. */
export async function supervisionView(session: Session, judgements: readonly Judgement[]): Promise<SupervisionView> {
  const turns = [...judgements].sort((a, b) => a.turn - b.turn);
  return {
    ...supervisionBrief(session),
    proof: await Promise.all((session.proof ?? []).map(withTail)),
    judgements: await Promise.all(
      turns.map(async (each) => ({ ...judgementView(each), evidence: await Promise.all(each.evidence.map(withTail)) })),
    ),
  };
}

/** Somebody judges the session's work, or has. */
export function isSupervised({ supervision, judgement, approval }: Session): boolean {
  return supervision !== undefined || judgement !== undefined || approval !== undefined;
}

/** What the session itself knows of its judging: the latest turn, and no file is read. */
export function supervisionBrief(session: Session): SupervisionView {
  const { supervision, approval, attempts, judgement, proof = [] } = session;
  return {
    session: session.id,
    gates: (supervision?.gates ?? []).map((gate) => ({ ...gate, command: [...gate.command] })),
    review: supervision?.review === true,
    standing: standingOf(session),
    proof: proof.map(evidenceView),
    verifying: session.verifying !== undefined,
    errors: [...(attempts?.errors ?? [])]
      .sort((a, b) => b.count - a.count)
      .map(({ fingerprint, count }) => ({ fingerprint: fingerprint.id, message: fingerprint.message, count })),
    automatic: session.automatic ?? 0,
    thresholds: usualThresholds,
    judgements: judgement === undefined ? [] : [judgementView(judgement)],
    ...defined({
      level: supervision?.level,
      retries: attempts?.transport || undefined,
      tree: workTree(session),
      approval: approval === undefined ? undefined : approvalView(approval, isApproved(session)),
    }),
  };
}

function approvalView(
  { by, tree, at, unverified }: Approval,
  current: boolean,
): NonNullable<SupervisionView['approval']> {
  return { by, tree, at: new Date(at).toISOString(), unverified: unverified === true, current };
}

/** How far the work is proven, as a sentence for a person. */
export function standingOf(session: Session): string {
  const { supervision, judgement } = session;
  const status = statusOf(session);
  if (session.verifying !== undefined) return 'The gates are looking at it.';
  if (openBreakpoints(session).some(({ kind }) => kind === 'decision')) return 'It waits for your decision.';
  if (status === 'landed') return 'It has come home.';
  if (status === 'accepted' || status === 'verified' || status === 'reported') return provenSentence(session);
  if (judgement?.decided !== undefined) return judgement.decided.sentence;
  return supervision === undefined ? 'Nobody judges its turns: no gates are set.' : 'Nothing has been judged yet.';
}

/** What is known of work that its agent has reported as done. */
function provenSentence(session: Session): string {
  const { supervision, approval, proof = [], judgement } = session;
  if (isApproved(session) && approval !== undefined) {
    return approval.unverified === true
      ? `${approval.by} has accepted it without proof from gates.`
      : `All gates passed on its files, and ${approval.by} has accepted it.`;
  }
  const gates = supervision?.gates ?? [];
  const tree = workTree(session);
  if (gates.length === 0 || tree === undefined) {
    return judgement?.decided?.sentence ?? 'The agent says that it is done; nobody has checked it.';
  }
  return saidByGates(session, verdictOf(gates, proof, tree));
}

function saidByGates({ unanswered = [] }: Session, verdict: GateVerdict): string {
  switch (verdict.say) {
    case 'passed':
      return `${passed(verdict.count)} on its files as they are.`;
    case 'failed':
      return `The gate \`${verdict.evidence.command.join(' ')}\` says no.`;
    default: {
      const unseen = 'Not all gates have seen its files as they are: what they said of other files does not count.';
      return givenUpSentence(unanswered) ?? unseen;
    }
  }
}

function evidenceView(evidence: Evidence): EvidenceView {
  return { ...evidence, command: [...evidence.command] };
}

/** With the end of what the gate printed. */
async function withTail(evidence: Evidence): Promise<EvidenceView> {
  const tail = await outputOf(evidence.output);
  return { ...evidenceView(evidence), ...(tail === '' ? {} : { tail }) };
}

function judgementView(judgement: Judgement): JudgementView {
  const { turn, at, tree, files, lines, issues, evidence, reviewed, decided, word } = judgement;
  return {
    ...{ turn, tree, files, lines, at: new Date(at).toISOString() },
    issues: issues.map((each) => ({ ...each })),
    evidence: evidence.map(evidenceView),
    ...defined({
      review: reviewed === undefined ? undefined : reviewView(reviewed),
      decision: decided === undefined ? undefined : decisionView(decided),
      word: word === undefined ? undefined : { ...word },
    }),
  };
}

function reviewView({
  review,
  failure,
  prompt,
  tokens,
}: NonNullable<Judgement['reviewed']>): NonNullable<JudgementView['review']> {
  return {
    criteria: (review?.criteria ?? []).map((each) => ({ ...each })),
    ...defined({ model: review?.model, verdict: review?.verdict, reason: review?.reason, failure, prompt, tokens }),
  };
}

function decisionView(decided: NonNullable<Judgement['decided']>): NonNullable<JudgementView['decision']> {
  const { action, sentence, score, calibrated, weights, prompt, rollback } = decided;
  return {
    ...{ action, sentence, score, calibrated },
    factors: weights.map((each) => ({ ...each })),
    ...defined({ prompt, rolledBackTo: rollback?.to }),
  };
}
