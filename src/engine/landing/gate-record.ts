import type { NewEvent } from '../../core/domain.ts';
import { CoppiceError, toErrorRecord } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import type { Intent } from '../../core/intent/state.ts';
import { tested } from '../../core/landing/next.ts';
import { isOpen } from '../../core/landing/reducer.ts';
import type { Landing } from '../../core/landing/state.ts';
import { engineActor } from '../sessions/context.ts';
import type { LandingContext } from './context.ts';
import type { GateRecord } from './gate.ts';

const sweepLimits = { graceMs: 1000 };

/** What goes on record of a landing's gates about `tree`: an answer counts only while the landing is open. */
export function gateRecord({ store }: LandingContext, landing: Landing, tree: string): GateRecord {
  const { id } = landing;
  const open = (): boolean => {
    const present = store.get('landing', id);
    return present !== undefined && isOpen(present);
  };
  const failed = (intent: string, error: unknown): NewEvent =>
    event('intent.failed', { intent, session: id, error: toErrorRecord(error) });
  return {
    opened: async (intent, command) => {
      const effect = { kind: 'gate', tree, command } as const;
      const records = await store.commit(engineActor, () =>
        open() ? [event('intent.opened', { intent, session: id, effect })] : [],
      );
      return records.length > 0;
    },
    told: async (intent, evidence) => {
      await store.commit(engineActor, () =>
        open() ? tested(landing, evidence, intent) : [failed(intent, notWanted())],
      );
    },
    failed: async (intent, error) => {
      if (store.state.readOnlyReason !== undefined) return;
      const left = (): boolean => store.intentsOf(id).some((each) => each.id === intent);
      await store.commit(engineActor, () => (left() ? [failed(intent, error)] : []));
    },
  };
}

/**
 * A gate that an engine was asking when it ended has no answer: what of it runs is ended, and that it was asked in vain goes on
 * record, since it may be what ended the engine.
 */
export async function concludeGate({ store, host }: LandingContext, landing: Landing, intent: Intent): Promise<void> {
  const { id, effect } = intent;
  if (effect.kind !== 'gate') return;
  await host.sweep(id, sweepLimits);
  const { command } = effect;
  await store.commit(engineActor, () => [event('landing.untested', { landing: landing.id, command, intent: id })]);
}

function notWanted(): CoppiceError {
  return new CoppiceError('wrong-state', 'The landing was taken back meanwhile.', 'Nothing is to be done.');
}
