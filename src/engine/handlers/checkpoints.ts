import { withoutCost, type Usage } from '../../core/agent/usage.ts';
import { requestCheckpoint } from '../../core/checkpoint/commands.ts';
import type { Checkpoint, CheckpointEvents, Wish } from '../../core/checkpoint/state.ts';
import { defined } from '../../core/defined.ts';
import type { JournalRecord } from '../../core/domain.ts';
import { CoppiceError, type ErrorRecord } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import type { Session } from '../../core/session/state.ts';
import type { Handlers, Requests } from '../../protocol/contract.ts';
import type { CheckpointView } from '../../protocol/diff-schemas.ts';
import { checkpointAt, checkpointsOf } from '../review/sides.ts';
import type { ClientContext } from '../rpc/server.ts';
import type { Services } from '../services.ts';
import { requireTrusted } from './trusted.ts';

type CheckpointHandlers = Pick<
  Handlers<Requests, ClientContext>,
  'checkpoint/list' | 'checkpoint/name' | 'checkpoint/take'
>;

/** The checkpoints of sessions, as the journal has them, and those that people want. */
export function checkpointHandlers(services: Services): CheckpointHandlers {
  const { store, newId } = services;
  return {
    'checkpoint/list': async ({ session: key }) => {
      const { id } = store.find(key);
      const view = await viewOf(services, id);
      return { session: id, checkpoints: checkpointsOf(store, id).map(view) };
    },
    'checkpoint/name': async ({ session: key, n, name }, client) => {
      const { id } = store.find(key);
      await store.commit(client.actor, () => {
        checkpointAt(store, id, n);
        return [event('checkpoint.named', { session: id, n, name })];
      });
      return (await viewOf(services, id))(checkpointAt(store, id, n));
    },
    'checkpoint/take': async ({ session: key, id = newId(), name }, client) => {
      const session = store.find(key);
      const checkpoint = await taken(services, session, client, defined({ id, name }));
      return (await viewOf(services, session.id))(checkpoint);
    },
  };
}

/** Has it taken by the session's worker, and answers when it is. */
async function taken(services: Services, session: Session, client: ClientContext, wish: Wish): Promise<Checkpoint> {
  const { store } = services;
  requireTrusted(services, session.repository);
  const there = (): Checkpoint | undefined => checkpointsOf(store, session.id).find((each) => each.wish === wish.id);
  let failure: ErrorRecord | undefined;
  let resolve: () => void = () => undefined;
  const ended = new Promise<void>((done) => (resolve = done));
  const dispose = store.state.onRecords((records) => {
    failure ??= records.map((record) => failureOf(record, wish)).find((error) => error !== undefined);
    if (failure !== undefined || there() !== undefined) resolve();
  });
  const takeBack = client.onClose(() => resolve());
  try {
    await store.commit(client.actor, () =>
      there() === undefined ? requestCheckpoint(store.session(session.id), wish) : [],
    );
    if (there() === undefined) await ended;
  } finally {
    dispose();
    takeBack();
  }
  const checkpoint = there();
  if (checkpoint !== undefined) return checkpoint;
  if (failure !== undefined) throw CoppiceError.fromRecord(failure);
  throw new CoppiceError('unknown-outcome', 'Whether the checkpoint was taken is not known.', 'Look at the list.');
}

function failureOf({ type, data }: JournalRecord, wish: Wish): ErrorRecord | undefined {
  if (type !== 'checkpoint.failed' || data['wish'] !== wish.id) return undefined;
  return (data as unknown as CheckpointEvents['checkpoint.failed']).error;
}

/** How a session's checkpoints are shown: what its work had cost is told only where it is paid by use. */
async function viewOf(services: Services, session: string): Promise<(checkpoint: Checkpoint) => CheckpointView> {
  const metered = (await services.meter())(services.store.session(session));
  return (checkpoint) => checkpointView(checkpoint, metered ? checkpoint.usage : withoutCost(checkpoint.usage));
}

function checkpointView(checkpoint: Checkpoint, usage: Usage): CheckpointView {
  const { n, kind, at, name, tree, commit, parent, changed, byPerson, turn, prompt, restore, tools } = checkpoint;
  const { conversation, queue, remarks = [] } = checkpoint;
  return {
    ...{ n, kind, at: new Date(at).toISOString(), tree, commit, parent, changed, byPerson, turn },
    ...{ conversation: { ...conversation }, usage: { ...usage }, queue: { ...queue }, remarks: [...remarks] },
    ...defined({
      ...{ name, prompt, restore: restore === undefined ? undefined : { ...restore } },
      tools: tools?.map((each) => ({ ...each })),
    }),
  };
}
