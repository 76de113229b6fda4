import type { Recorded } from '../events.ts';
import { defined } from '../defined.ts';
import { checkpointId, type Checkpoint, type CheckpointEvents, type Coverage } from './state.ts';

/** The id of the checkpoint that an event is about. */
export function checkpointOf(event: Recorded): string | undefined {
  switch (event.type) {
    case 'checkpoint.made':
      return checkpointId(event.data.session, event.data.checkpoint.n);
    case 'checkpoint.named':
    case 'checkpoint.gated':
    case 'checkpoint.pruned':
      return checkpointId(event.data.session, event.data.n);
    default:
      return undefined;
  }
}

/** The checkpoint after the event; undefined once it was pruned. */
export function reduceCheckpoint(checkpoint: Checkpoint | undefined, event: Recorded): Checkpoint | undefined {
  switch (event.type) {
    case 'checkpoint.made': {
      const { session, checkpoint: record } = event.data;
      return checkpoint ?? { ...record, id: checkpointId(session, record.n), session, at: event.at };
    }
    case 'checkpoint.named':
      return checkpoint === undefined ? undefined : { ...checkpoint, name: event.data.name };
    case 'checkpoint.gated':
      return checkpoint === undefined ? undefined : { ...checkpoint, kind: 'gate', gate: { tree: event.data.tree } };
    case 'checkpoint.pruned':
      return undefined;
    default:
      return checkpoint;
  }
}

/** What is covered after a checkpoint was taken. */
export function covered(
  before: Coverage | undefined,
  { n, tree, head, turn, prompt, gate }: CheckpointEvents['checkpoint.made']['checkpoint'],
): Coverage {
  return {
    n: Math.max(before?.n ?? n, n),
    ...{ tree, head },
    turn: Math.max(before?.turn ?? 0, turn),
    prompt: Math.max(before?.prompt ?? 0, prompt ?? 0),
    ...defined({ gate: gate?.tree ?? before?.gate }),
  };
}
