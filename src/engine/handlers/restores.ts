import { defined } from '../../core/defined.ts';
import { CoppiceError } from '../../core/errors.ts';
import { conversationWay } from '../../core/restore/conversation.ts';
import { requestRestore, undoOf } from '../../core/restore/commands.ts';
import type { RestoreRequest } from '../../core/restore/state.ts';
import { isLive } from '../../core/session/status.ts';
import type { Session } from '../../core/session/state.ts';
import { checkpointTree } from '../../git/checkpoint.ts';
import { diffTrees } from '../../git/diff.ts';
import { sparing } from '../../git/ignored-then.ts';
import { leftAlone, spared } from '../../git/inside-remarks.ts';
import { obstacles } from '../../git/obstacles.ts';
import { movesBetween } from '../../git/restore.ts';
import type { Handlers, Requests } from '../../protocol/contract.ts';
import type { RestoreResult } from '../../protocol/diff-schemas.ts';
import { checkpointAt, placeOf } from '../review/sides.ts';
import type { ClientContext } from '../rpc/server.ts';
import type { Services } from '../services.ts';
import type { Store } from '../sessions/store.ts';
import { requireTrusted } from './trusted.ts';

type RestoreHandlers = Pick<Handlers<Requests, ClientContext>, 'restore/preview' | 'restore/apply' | 'restore/undo'>;

/** Rollbacks: what one would do, doing it, taking it back. They are carried out by the worker of the session. */
export function restoreHandlers(services: Services): RestoreHandlers {
  const { store, newId } = services;
  return {
    'restore/preview': async ({ session: key, to }) => {
      const session = store.find(key);
      const place = await placeOf(services, session);
      const target = checkpointAt(store, session.id, to);
      const now = await checkpointTree(place.repository, place.place);
      const every = await movesBetween(place.repository, now.tree, target.tree);
      const moves = await sparing(place.repository, { now: now.tree, target: target.tree, head: now.head }, every);
      const moved = new Set(moves.filter(({ stays }) => stays !== true).map(({ path }) => path));
      const files = await diffTrees(place.repository, now.tree, target.tree, { renames: false });
      const { capabilities } = await services.agentOf(session);
      return {
        ...{ to, now: now.tree, target: target.tree, live: isLive(session) },
        conversation: conversationWay(session, target.conversation, capabilities.rewind === true),
        files: files.filter(({ path }) => moved.has(path)),
        obstacles: await obstacles(place.place, moves),
        remarks: [
          ...new Set([...now.remarks, ...(target.remarks ?? [])]),
          ...spared(every.map(({ path }) => path).filter((path) => !moved.has(path))),
          ...(await leftAlone(place.repository, place.place, now, target.tree)),
        ],
      };
    },
    'restore/apply': ({ session: key, to, id = newId(), paths, hunks, expect, conversation, pause }, client) => {
      const session = store.find(key);
      if (hunks !== undefined && expect === undefined) {
        const next = 'Ask for a preview, and give its `now` as `expect`.';
        throw new CoppiceError('bad-usage', 'Single changes can only be chosen from a preview.', next);
      }
      const request = defined({ id, to, paths, hunks, expect, conversation });
      return carriedOut(services, session, client, pause, () => {
        if (store.session(session.id).restored?.id !== id) checkpointAt(store, session.id, to);
        return request;
      });
    },
    'restore/undo': ({ session: key, id = newId(), pause }, client) => {
      const session = store.find(key);
      return carriedOut(services, session, client, pause, () => undoOf(store.session(session.id), id));
    },
  };
}

/** Has it done, and answers when it is over. */
async function carriedOut(
  services: Services,
  session: Session,
  client: ClientContext,
  pause: boolean,
  decide: () => RestoreRequest,
): Promise<RestoreResult> {
  const { store } = services;
  requireTrusted(services, session.repository);
  let wanted = '';
  const over = watchEnd(store, client, () => wanted);
  try {
    await store.commit(client.actor, () => {
      const request = decide();
      wanted = request.id;
      return requestRestore(store.session(session.id), request, pause);
    });
    if (store.session(session.id).restored?.id !== wanted) await over.ended;
  } finally {
    over.dispose();
  }
  return resultOf(store.session(session.id), wanted);
}

/** Resolves with the end of a rollback, or of the connection of whoever waits for it. */
function watchEnd(
  { state }: Store,
  client: ClientContext,
  wanted: () => string,
): { readonly ended: Promise<void>; readonly dispose: () => void } {
  let resolve: () => void = () => undefined;
  const ended = new Promise<void>((done) => (resolve = done));
  const dispose = state.onRecords((records) => {
    if (records.some(({ type, data }) => type === 'restore.ended' && data['restore'] === wanted())) resolve();
  });
  const takeBack = client.onClose(() => resolve());
  return {
    ended,
    dispose: () => {
      dispose();
      takeBack();
    },
  };
}

/** @throws CoppiceError of the rollback that failed. */
function resultOf({ id, restored }: Session, wanted: string): RestoreResult {
  if (restored?.id !== wanted) {
    throw new CoppiceError('unknown-outcome', `How the rollback of session ${id} ended is not known.`, 'Look at it.');
  }
  if (restored.error !== undefined) throw CoppiceError.fromRecord(restored.error);
  const { to, files, before, after, conversation } = restored;
  return {
    ...{ restore: wanted, to, files },
    ...defined({ conversation }),
    ...(files === 0 ? {} : defined({ before, after })),
  };
}
