import { revivalDue, revived, type RevivalStep } from '../../core/session/revival.ts';
import type { Session } from '../../core/session/state.ts';
import { engineActor, type SessionContext } from './context.ts';

/** What something outside cut off goes on, or a person is asked. */
export async function revive(context: SessionContext, session: Session, step: RevivalStep): Promise<void> {
  const { store, newId, log } = context;
  const most = (await context.settings(session))['session.restarts'];
  const { capabilities } = await context.agent(session);
  const { id, revivals: times = 0 } = session;
  log.warn('an agent was ended from outside', { session: id, turn: step.turn, times });
  await store.commit(engineActor, () => {
    const present = store.session(id);
    const resumes = capabilities.resume && present.conversed === true;
    // What a person has asked for meanwhile comes first.
    const isIdle = present.cancelling === undefined && !present.prompts.some(({ state }) => state === 'waiting');
    const isDue = isIdle && revivalDue(present, most) !== undefined;
    return isDue ? revived(present, step, { most, resumes, id: newId() }) : [];
  });
}
