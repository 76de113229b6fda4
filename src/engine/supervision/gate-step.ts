import { join } from 'node:path';
import { event } from '../../core/events.ts';
import { systemCode, toErrorRecord } from '../../core/errors.ts';
import type { Place, Session } from '../../core/session/state.ts';
import type { JudgeStep } from '../../core/supervision/due.ts';
import { gateRunner } from '../gates/gate-runner.ts';
import { engineActor, type SessionContext } from '../sessions/context.ts';

type GateStep = Extract<JudgeStep, { do: 'gate' }>;

/**
 * Asks one gate about the files as they are. The answer counts for the tree before it; what it changed is found out after it. A
 * gate that an earlier engine was running is ended first, with all that it started: its answer would be about files that somebody
 * may have changed since. That it was asked in vain goes on record, and whether it is asked again is decided anew.
 */
export async function askGate(context: SessionContext, session: Session, place: Place, step: GateStep): Promise<void> {
  const { store, checkpoints } = context;
  const settings = await context.settings(session);
  if (await endEarlier(context, session)) return;
  const intent = context.newId();
  const { gate, turn } = step;
  const command = [...gate.command];
  const tree = await checkpoints.lookAgain(session, place);
  const until = untilChange(context, session.id);
  try {
    const opened = await store.commit(engineActor, () =>
      turn === undefined && store.session(session.id).verifying === undefined
        ? []
        : [event('intent.opened', { intent, session: session.id, effect: { kind: 'gate', tree, command } })],
    );
    // Stopped while the files were looked at.
    if (opened.length === 0) return;
    const run = gateRunner({
      cwd: place.path,
      env: { ...session.requester.env, COPPICE_WORKTREE: place.path, COPPICE_SESSION_ID: session.id },
      timeoutMs: settings['supervision.gateTimeoutSeconds'] * 1000,
      folder: join(context.judges.folder(session.id), 'gates'),
      newId: () => intent,
      // Wherever the agent works, gates run on this host.
      watch: (mark) => context.host.watch(mark),
    });
    const answer = await run(gate, until.signal);
    const after = await checkpoints.look(session, place);
    const evidence = { ...answer, tree, command };
    await store.commit(engineActor, () => [
      event('gate.answered', { session: session.id, ...(turn === undefined ? {} : { turn }), evidence, after, intent }),
    ]);
  } catch (error) {
    if (store.state.readOnlyReason !== undefined) throw error;
    // Also where this engine is asked to stop: only what ends an engine before it can say so counts as asked in vain.
    await store.commit(engineActor, () => [
      event('intent.failed', { intent, session: session.id, error: toErrorRecord(error) }),
    ]);
    if (context.stopping.aborted || !until.signal.aborted || systemCode(error) !== undefined) throw error;
  } finally {
    until.end();
  }
}

/** Whether there was one. */
async function endEarlier(context: SessionContext, session: Session): Promise<boolean> {
  const { store } = context;
  let found = false;
  for (const { id, effect } of store.intentsOf(session.id)) {
    if (effect.kind !== 'gate') continue;
    await context.host.sweep(id, { graceMs: 1000 });
    const { command } = effect;
    await store.commit(engineActor, () => [event('gate.unanswered', { session: session.id, command, intent: id })]);
    found = true;
  }
  return found;
}

/** Events after which nobody waits for a gate any more. */
const ends: ReadonlySet<string> = new Set([
  'session.cancelling',
  'session.interrupting',
  'prompt.added',
  'restore.requested',
  'verification.ended',
  'repository.distrusted',
]);

/** A signal that is aborted when something is asked of the session that comes before judging, or the engine stops. */
function untilChange(
  { store, stopping }: SessionContext,
  session: string,
): { readonly signal: AbortSignal; readonly end: () => void } {
  const changed = new AbortController();
  const unsubscribe = store.state.onRecords((records) => {
    for (const { type, data } of records) {
      if (ends.has(type) && (data['session'] === session || type === 'repository.distrusted')) changed.abort();
    }
  });
  return { signal: AbortSignal.any([stopping, changed.signal]), end: unsubscribe };
}
