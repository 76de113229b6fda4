import { isDeepStrictEqual } from 'node:util';
import { CoppiceError, isCoppiceError, toErrorRecord } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import type { Intent } from '../../core/intent/state.ts';
import { spoken } from '../../core/restore/conversation.ts';
import { promptKey } from '../../core/session/observe.ts';
import type { InputPurpose } from '../../core/session/events.ts';
import type { Session } from '../../core/session/state.ts';
import type { AgentInput } from '../../core/agent/events.ts';
import { engineActor, type SessionContext } from './context.ts';

/**
 * Writes one input to the live agent, exactly once: its number is journalled before, and the executor feeds a number
 * once however often it is written. Returns false when the agent takes no more input (it has ended or is about to).
 */
export async function writeInput(context: SessionContext, session: Session, what: InputPurpose): Promise<boolean> {
  const intent = announced(context, session, what) ?? (await announce(context, session, what));
  return deliver(context, session, intent, what);
}

type InputIntent = Intent & { readonly effect: Extract<Intent['effect'], { kind: 'input' }> };

/** An input that an earlier engine announced and did not confirm. */
function announced(context: SessionContext, session: Session, what: InputPurpose): InputIntent | undefined {
  return inputIntents(context, session).find((intent) => isDeepStrictEqual(intent.effect.what, what));
}

function inputIntents(context: SessionContext, session: Session): InputIntent[] {
  return context.store
    .intentsOf(session.id)
    .filter((intent): intent is InputIntent => intent.effect.kind === 'input' && intent.effect.run === session.run?.n);
}

async function announce(context: SessionContext, session: Session, what: InputPurpose): Promise<InputIntent> {
  const { store } = context;
  const run = session.run?.n ?? 0;
  const id = context.newId();
  await store.commit(engineActor, () => {
    const present = store.session(session.id);
    const taken = inputIntents(context, present).map((intent) => intent.effect.input);
    const last = Math.max(present.run?.inputs ?? 0, 0, ...taken);
    // Closing is not an input of its own: it stands behind all that were given.
    const input = what.kind === 'close' ? last : last + 1;
    return [event('intent.opened', { intent: id, session: session.id, effect: { kind: 'input', run, input, what } })];
  });
  const intent = store.get('intent', id);
  if (intent?.effect.kind !== 'input')
    throw new CoppiceError('internal', 'An input vanished.', 'Report this as a bug.');
  return { ...intent, effect: intent.effect };
}

/** Also carries out what an earlier engine announced. */
export async function deliver(
  context: SessionContext,
  session: Session,
  intent: InputIntent,
  what: InputPurpose,
): Promise<boolean> {
  const { store } = context;
  const { run, input } = intent.effect;
  const ref = context.runRef(session.id, run);
  const executor = context.executor(session);
  try {
    if (what.kind === 'close') await executor.close(ref);
    else {
      const given = inputOf(session, what);
      // What follows waits for its number, so that is written all the same.
      await executor.write(ref, input, given === undefined ? '' : (await context.agent(session)).encode(given));
    }
  } catch (error) {
    if (!isCoppiceError(error, 'wrong-state')) throw error;
    await store.commit(engineActor, () => [
      event('intent.failed', { intent: intent.id, session: session.id, error: toErrorRecord(error) }),
    ]);
    return false;
  }
  await store.commit(engineActor, () => [
    event('input.written', { session: session.id, run, input, what, intent: intent.id }),
  ]);
  return true;
}

/** Undefined for the answer to a question that is closed: the agent had it before that was on record, or waits for none. */
function inputOf(session: Session, what: Exclude<InputPurpose, { kind: 'close' }>): AgentInput | undefined {
  switch (what.kind) {
    case 'prompt': {
      const prompt = session.prompts.find((each) => each.n === what.prompt);
      if (prompt === undefined) break;
      return {
        kind: 'prompt',
        id: promptKey(session.id, prompt.n),
        text: spoken(session, prompt.text),
        steer: prompt.steer,
      };
    }
    case 'answer': {
      const breakpoint = session.breakpoints.find((each) => each.id === what.breakpoint);
      if (breakpoint === undefined) return undefined;
      if (breakpoint.request === undefined || breakpoint.answer === undefined) break;
      return { kind: 'answer', request: breakpoint.request, answer: breakpoint.answer };
    }
    case 'interrupt':
      return { kind: 'interrupt', id: `interrupt:${session.id}:${session.turns}` };
  }
  throw new CoppiceError(
    'internal',
    `Session ${session.id} has no such ${what.kind} to deliver.`,
    'Report this as a bug.',
  );
}

/** What an earlier engine announced for the present run, settled before anything else is decided. */
export async function recoverInputs(context: SessionContext, session: Session): Promise<void> {
  for (const intent of inputIntents(context, session)) {
    await deliver(context, context.store.session(session.id), intent, intent.effect.what);
  }
  const stale = context.store
    .intentsOf(session.id)
    .filter((intent) => intent.effect.kind === 'input' && intent.effect.run !== session.run?.n);
  if (stale.length === 0) return;
  const error = new CoppiceError(
    'wrong-state',
    'The run that it was for has ended.',
    'Nothing has to be done.',
  ).toRecord();
  await context.store.commit(engineActor, () =>
    stale.map((intent) => event('intent.failed', { intent: intent.id, session: session.id, error })),
  );
}
