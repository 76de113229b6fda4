import type { Checkpoint } from '../../core/checkpoint/state.ts';
import { defined } from '../../core/defined.ts';
import { event } from '../../core/events.ts';
import type { Handlers, Requests } from '../../protocol/contract.ts';
import type { CheckpointView } from '../../protocol/diff-schemas.ts';
import { checkpointAt, checkpointsOf } from '../review/sides.ts';
import type { ClientContext } from '../rpc/server.ts';
import type { Services } from '../services.ts';

type CheckpointHandlers = Pick<Handlers<Requests, ClientContext>, 'checkpoint/list' | 'checkpoint/name'>;

/** The checkpoints of sessions, as the journal has them. */
export function checkpointHandlers({ store }: Services): CheckpointHandlers {
  return {
    'checkpoint/list': ({ session: key }) => {
      const { id } = store.find(key);
      return { session: id, checkpoints: checkpointsOf(store, id).map(checkpointView) };
    },
    'checkpoint/name': async ({ session: key, n, name }, client) => {
      const { id } = store.find(key);
      await store.commit(client.actor, () => {
        checkpointAt(store, id, n);
        return [event('checkpoint.named', { session: id, n, name })];
      });
      return checkpointView(checkpointAt(store, id, n));
    },
  };
}

/** A checkpoint for front ends. */
export function checkpointView(checkpoint: Checkpoint): CheckpointView {
  const { n, kind, at, name, tree, commit, parent, changed, byPerson, turn, prompt, restore, tools } = checkpoint;
  const { conversation, usage, queue, remarks = [] } = checkpoint;
  return {
    ...{ n, kind, at: new Date(at).toISOString(), tree, commit, parent, changed, byPerson, turn },
    ...{ conversation: { ...conversation }, usage: { ...usage }, queue: { ...queue }, remarks: [...remarks] },
    ...defined({
      ...{ name, prompt, restore: restore === undefined ? undefined : { ...restore } },
      tools: tools?.map((each) => ({ ...each })),
    }),
  };
}
