/** What checkpoints and rollbacks change in the session that they are about. */
import { covered } from '../checkpoint/reducer.ts';
import type { CheckpointEvents } from '../checkpoint/state.ts';
import { defined } from '../defined.ts';
import type { Recorded } from '../events.ts';
import { patch } from '../session/patch.ts';
import type { Session } from '../session/state.ts';
import type { Rewound } from './conversation.ts';
import type { Restored, RestoreEvents } from './state.ts';

/** The events that `checkpointFolds` are for. */
export type KeepingEvents = Pick<
  CheckpointEvents,
  'checkpoint.requested' | 'checkpoint.made' | 'checkpoint.failed' | 'checkpoint.gated'
> &
  RestoreEvents;

/** How a rollback ended that changed nothing, with what can be undone still. */
function keepUndo({ restored }: Session, ended: Restored): Restored {
  return { ...ended, ...defined({ before: restored?.before, after: restored?.after }) };
}

/** The next start has no conversation to go on with but the one that it was rolled back to. */
function rewound(session: Session, to: Rewound | undefined): Session {
  return to === undefined
    ? session
    : patch(session, { rewound: to, conversed: undefined, position: to.from?.position, context: undefined });
}

/** Tools before which the files were kept, or could not be, are not waited for again; nor is what a person wanted. */
function kept(
  session: Session,
  { requests = [], uses = [], wish }: Pick<CheckpointEvents['checkpoint.failed'], 'requests' | 'uses' | 'wish'>,
): Session {
  const breakpoints = session.breakpoints.map((each) => (requests.includes(each.id) ? { ...each, kept: true } : each));
  const dangers = session.dangers?.map((each) => (uses.includes(each.use) ? { ...each, kept: true } : each));
  return patch(session, { breakpoints, dangers, wish: session.wish?.id === wish ? undefined : session.wish });
}

export const checkpointFolds: {
  readonly [K in keyof KeepingEvents]: (session: Session, event: Recorded<K>) => Session;
} = {
  'checkpoint.requested': (session, { data }) => ({ ...session, wish: data.wish }),
  'checkpoint.made': (session, { data: { checkpoint } }) => ({
    ...kept(session, checkpoint),
    checkpoint: covered(session.checkpoint, checkpoint),
  }),
  'checkpoint.failed': (session, { data }) => {
    const asked = kept(session, data);
    const { checkpoint } = session;
    if (checkpoint === undefined) return asked;
    const turn = Math.max(checkpoint.turn, data.turn ?? 0);
    return { ...asked, checkpoint: { ...checkpoint, turn, ...defined({ gate: data.gate?.tree ?? checkpoint.gate }) } };
  },
  'checkpoint.gated': (session, { data }) =>
    session.checkpoint === undefined
      ? session
      : patch(session, { checkpoint: { ...session.checkpoint, gate: data.tree } }),
  'restore.requested': (session, { data }) => ({ ...session, restoring: data.request }),
  'restore.planned': (session, { data }) => {
    const { restoring } = session;
    return restoring?.id === data.restore ? { ...session, restoring: { ...restoring, plan: data.plan } } : session;
  },
  'restore.ended': (session, { at, data }) => {
    const { restoring } = session;
    if (restoring?.id !== data.restore) return session;
    const { files, before, after, error, conversation } = data;
    const { id, to, automatic } = restoring;
    const restored: Restored = {
      ...{ id, to, at, files },
      ...defined({ before, after, error, conversation: conversation?.way }),
      ...(automatic === undefined ? {} : { automatic: { turn: automatic.turn, why: automatic.why } }),
    };
    // One that changed nothing leaves the last one to be undone.
    return patch(rewound(session, conversation?.rewound), {
      restoring: undefined,
      restored: after === undefined ? keepUndo(session, restored) : restored,
    });
  },
};
