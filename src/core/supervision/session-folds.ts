/** What the events of supervision change in the session that they are about. */
import { defined } from '../defined.ts';
import type { Recorded } from '../events.ts';
import { patch } from '../session/patch.ts';
import type { Session } from '../session/state.ts';
import { noAttempts, withFailure, withoutFailure, withSuccess } from './attempts.ts';
import type { SupervisionEvents } from './judgement.ts';
import { latestOf, reduceJudgement } from './judgement-reducer.ts';
import { spentBy } from './levels.ts';
import { withAnswer, withUnanswered } from './unanswered.ts';

type Fold<K extends keyof SupervisionEvents> = (session: Session, event: Recorded<K>) => Session;

/** The latest judgement after an event of its turn. */
function judged(session: Session, event: Recorded<'turn.validated' | 'turn.reviewed' | 'turn.commented'>): Session {
  return patch(session, { judgement: reduceJudgement(session.judgement, event) });
}

function decided(session: Session, event: Recorded<'turn.decided'>): Session {
  const { failure, action, stronger = session.stronger } = event.data.decided;
  const before = session.attempts ?? noAttempts;
  return patch(session, {
    judgement: reduceJudgement(session.judgement, event),
    attempts: failure === undefined ? withSuccess(before) : withFailure(before, 'task', failure, event.at),
    stronger,
    checkedAgain: action === 'continue' && failure === undefined ? true : undefined,
  });
}

/** Nothing where the list is empty. */
function someOf<T>(all: readonly T[]): readonly T[] | undefined {
  return all.length === 0 ? undefined : all;
}

/** What a person wanted checked goes on with the files as the gate left them. */
function checked({ verifying }: Session, after: string): Session['verifying'] {
  if (verifying === undefined) return undefined;
  return { ...verifying, tree: after, moved: verifying.moved + (verifying.tree === after ? 0 : 1) };
}

export const supervisionFolds: { readonly [K in keyof SupervisionEvents]: Fold<K> } = {
  'supervision.begun': (session, { data: { level, gates, review } }) => ({
    ...session,
    supervision: { level, gates, review },
  }),
  'autonomy.changed': (session, { data: { level } }) => ({
    ...session,
    supervision: { ...(session.supervision ?? { gates: [], review: false }), level },
  }),
  'turn.validated': judged,
  'gate.answered': (session, event) => {
    const { evidence, after, turn } = event.data;
    return patch(session, {
      judgement: reduceJudgement(session.judgement, event),
      proof: latestOf(session.proof ?? [], evidence),
      unanswered: someOf(withAnswer(session.unanswered ?? [], evidence.command)),
      ...(turn === undefined ? { verifying: checked(session, after), seen: after } : {}),
    });
  },
  'gate.unanswered': (session, { data: { command } }) => ({
    ...session,
    unanswered: withUnanswered(session.unanswered ?? [], command),
  }),
  'turn.reviewed': judged,
  'turn.decided': decided,
  // A person has looked at the turn, and so at what was dangerous in it.
  'turn.commented': (session, event) => patch(judged(session, event), { dangers: undefined }),
  // The decision is taken once more, within the limits as they are from here on.
  'budget.raised': (session) => {
    if (session.judgement === undefined) return session;
    const { decided: before, ...judgement } = session.judgement;
    const { attempts } = session;
    const counted = before?.failure && attempts && withoutFailure(attempts, before.failure);
    return { ...session, judgement, raised: spentBy(session), ...defined({ attempts: counted }) };
  },
  'verification.requested': (session, { data: { gates, by } }) =>
    // Whoever asks wants to know it of the files as they are at this moment, whatever was said before.
    patch(session, {
      supervision: { level: 'supervised', review: false, ...session.supervision, gates },
      verifying: { by, moved: 0 },
      proof: undefined,
      unanswered: undefined,
    }),
  'verification.begun': (session, { data: { tree } }) =>
    session.verifying === undefined ? session : { ...session, seen: tree, verifying: { ...session.verifying, tree } },
  'verification.ended': (session) => patch(session, { verifying: undefined }),
  'session.approved': (session, { at, data: { tree, prompts, by, unverified } }) => ({
    ...session,
    approval: { ...{ tree, prompts, by, at }, ...defined({ unverified }) },
    seen: tree,
  }),
};
