import { CoppiceError, isCoppiceError } from '../../core/errors.ts';
import { defined } from '../../core/defined.ts';
import { event } from '../../core/events.ts';
import type { Place, Session } from '../../core/session/state.ts';
import type { Step } from '../../core/session/next.ts';
import type { JudgeStep } from '../../core/supervision/due.ts';
import { givenUpSentence } from '../../core/supervision/unanswered.ts';
import { engineActor, type SessionContext } from '../sessions/context.ts';
import { requireTrusted } from '../sessions/trust.ts';
import { withLease } from '../sessions/with-lease.ts';
import { decideTurn } from './decide-step.ts';
import { askGate } from './gate-step.ts';
import { reviewTurn } from './review-step.ts';
import { validateTurn, type Heard } from './validate-step.ts';

const judging: ReadonlySet<string> = new Set(['validate', 'gate', 'review', 'decide', 'look', 'conclude']);

/** Whether a step is one of judging. */
export function isJudging(step: Step): step is JudgeStep {
  return judging.has(step.do);
}

/** Carries out one step of judging a turn, or of checking what a person wants checked. In an untrusted repository nothing runs. */
export async function judgeStep(
  context: SessionContext,
  session: Session,
  step: JudgeStep,
  heard: Heard,
): Promise<void> {
  const place = session.worktree;
  if (place === undefined) throw new CoppiceError('internal', 'There is nothing to judge.', 'Report this as a bug.');
  if (session.verifying !== undefined && session.admission === 'idle') {
    await verify(context, session, place, step);
    return;
  }
  requireTrusted(context, session);
  await withLease(context, session, place, () => perform(context, session, place, step, heard));
}

async function perform(
  context: SessionContext,
  session: Session,
  place: Place,
  step: JudgeStep,
  heard: Heard,
): Promise<void> {
  const { judgement } = session;
  switch (step.do) {
    case 'validate':
      return validateTurn(context, session, place, heard);
    case 'gate':
      return askGate(context, session, place, step);
    case 'review':
      return judgement === undefined ? undefined : reviewTurn(context, session, place, judgement);
    case 'decide':
      return judgement === undefined ? undefined : decideTurn(context, session, place, judgement);
    case 'look': {
      const tree = await context.checkpoints.look(session, place);
      await context.store.commit(engineActor, () => [event('verification.begun', { session: session.id, tree })]);
      return undefined;
    }
    case 'conclude':
      await context.store.commit(engineActor, () => [
        event('verification.ended', {
          session: session.id,
          ...defined({ why: givenUpSentence(session.unanswered ?? []) }),
        }),
      ]);
      return undefined;
  }
}

/** What a person wants checked fails with a sentence, never with the session: its work is as good as it was. */
async function verify(context: SessionContext, session: Session, place: Place, step: JudgeStep): Promise<void> {
  const { store, stopping } = context;
  try {
    requireTrusted(context, session);
    await withLease(context, session, place, () =>
      perform(context, session, place, step, { incomplete: false, malformedLines: 0 }),
    );
  } catch (error) {
    if (stopping.aborted || store.state.readOnlyReason !== undefined) throw error;
    context.log.warn('work could not be checked', { session: session.id, error: String(error) });
    const why = isCoppiceError(error) ? `${error.message} ${error.next}` : String(error);
    await store.commit(engineActor, () => [event('verification.ended', { session: session.id, why })]);
  }
}
