import { join } from 'node:path';
import type { Checkpoint } from '../../core/checkpoint/state.ts';
import type { Actor, NewEvent } from '../../core/domain.ts';
import { CoppiceError, toErrorRecord } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import { whyKept } from '../../core/session/removal.ts';
import type { Place, Removal, Session } from '../../core/session/state.ts';
import { isFolder } from '../../git/admin.ts';
import { acquireLease } from '../../git/lease.ts';
import { findRemoved, finishRemoval, removeWorktree, type Despite, type Removed } from '../../git/removal.ts';
import { saveVanished } from '../../git/save.ts';
import { runScript } from '../../git/script.ts';
import {
  awayText,
  inTrash,
  isAway,
  madeWorktree,
  ownWorktree,
  repositoryOf,
  toldMs,
  type RemovalContext,
} from './context.ts';
import { giveBack } from '../places/lease-for.ts';
import { home } from './facts.ts';

/** What a person consented to. */
export interface Consent {
  readonly despite: readonly Despite[];
  readonly skipTeardown: boolean;
}

/** A worktree of a removed session stays whole for this long even when all of it could be made again. */
const graceMs = 60 * 60 * 1000;

/**
 * Takes a session out of sight and its worktree off the disk; everything in it is kept. Asked again it says the same.
 *
 * @throws CoppiceError `wrong-state` (see `whyKept`), `worktree-unsafe` (something was not consented to; context `reason`),
 * `script-failed` and `timed-out` (a tear-down command), `worktree-in-use`, `git-failed`, `disk-full`.
 */
export async function removeSession(
  context: RemovalContext,
  id: string,
  consent: Consent,
  actor: Actor,
): Promise<Removal> {
  const { store, clock } = context;
  const session = store.session(id);
  if (session.removal !== undefined) return session.removal;
  const place = ownWorktree(context, session);
  const away = await isAway(context, session);
  const there = place !== undefined && (await isFolder(place.path));
  if (away && there && !consent.despite.includes('changes')) {
    const next = 'Move it back, or take the session off the list with `--force`.';
    throw new CoppiceError('worktree-unsafe', awayText(session, place), next, { context: { reason: 'repository' } });
  }
  if (away || !there) {
    const nothing = { kept: null, until: clock() };
    const left = away ? nothing : await leftOf(context, session, madeWorktree(context, session), consent.despite);
    const removal: Removal = { ...left, at: clock() };
    return (await commitIfStill(context, id, actor, event('session.removed', { session: id, removal }))) ?? removal;
  }
  const [intent, since] = [context.newId(), clock()];
  const opened = event('intent.opened', { intent, session: id, effect: { kind: 'removal', path: place.path } });
  const before = await commitIfStill(context, id, actor, opened);
  if (before !== undefined) return before;
  const removed = await removeNow(context, session, place, consent).catch((error: unknown) =>
    takenAllTheSame(context, session, place, { intent, since, actor, error }),
  );
  const { events, removal } = concluded(session, place, removed, intent, clock());
  await store.commit(actor, () => events);
  await context.sweeper.later(await repositoryOf(context, session));
  return removal;
}

interface Broken {
  readonly intent: string;
  /** When it was announced, milliseconds since 1970. */
  readonly since: number;
  readonly actor: Actor;
  readonly error: unknown;
}

/**
 * What became of a removal that broke off: one whose worktree is in the trash is one all the same. Where that cannot be told its
 * intent stays open, and whoever asks next, or the next engine, looks again.
 *
 * @throws the error that it broke off with, when the worktree was not taken away or that cannot be told.
 */
async function takenAllTheSame(
  context: RemovalContext,
  session: Session,
  place: Place,
  { intent, since, actor, error }: Broken,
): Promise<Removed> {
  const { log, store } = context;
  let removed: Removed | undefined;
  try {
    const { 'worktrees.root': root } = await context.settings(session.repository.root);
    removed = await findRemoved(await repositoryOf(context, session), place, root, {
      ...{ session: session.id, since },
    });
  } catch (why) {
    context.unsettled.add(intent);
    log.warn('what became of a removal cannot be told', { session: session.id, error: String(why) });
    throw error;
  }
  if (removed === undefined) {
    const failed = event('intent.failed', { intent, session: session.id, error: toErrorRecord(error) });
    await store.commit(actor, () => [failed]);
    throw error;
  }
  log.warn('a removal broke off behind the move to the trash', { session: session.id, error: String(error) });
  return removed;
}

/**
 * What is left of a session's worktree that is not there: in the trash, where a clean-up or a removal that was cut short had put it;
 * else under the ref that keeps what is known of it, as somebody else took it away. `kept` is null when nothing is left. A removal of
 * ours that is under way has kept more than is known here: its end is waited for.
 *
 * @param despite with `changes`, a trash that cannot be read holds up nothing.
 * @throws CoppiceError `wrong-state` (a removal or return is under way), `worktree-unsafe` (whether it is in the trash cannot be told),
 * `git-failed`, `disk-full`.
 */
export async function leftOf(
  context: RemovalContext,
  session: Session,
  place: Place | undefined,
  despite: readonly Despite[] = [],
): Promise<Omit<Removal, 'at'>> {
  const { store, clock, log } = context;
  const { removal } = store.session(session.id);
  if (removal !== undefined) return removal;
  refuseUnderWay(context, session.id);
  const nothing = { kept: null, until: clock() };
  if (place === undefined) return nothing;
  const removed = await inTrash(context, session, place, finishRemoval).catch((error: unknown) => {
    if (!despite.includes('changes')) throw error;
    log.warn('a session is removed though the trash cannot be read', { session: session.id, error: String(error) });
  });
  if (removed !== undefined) return { kept: removed.saved.ref, trash: removed.trash, until: removed.keepUntil };
  const last = store
    .all('checkpoint')
    .filter((each) => each.session === session.id)
    .reduce<Checkpoint | undefined>(
      (found, each) => (found === undefined || each.n > found.n ? each : found),
      undefined,
    );
  if (last === undefined) return nothing;
  const saved = await saveVanished(await repositoryOf(context, session), place, session.id, last.commit);
  return { ...nothing, kept: saved?.ref ?? null };
}

/**
 * On record only while nothing works in the session and nothing else is done to it. The removal of whoever was first, where the
 * session is removed by now: that one knows what is in the trash.
 */
async function commitIfStill(
  context: RemovalContext,
  id: string,
  actor: Actor,
  wanted: NewEvent,
): Promise<Removal | undefined> {
  const { store } = context;
  let before: Removal | undefined;
  await store.commit(actor, () => {
    before = store.session(id).removal;
    if (before !== undefined) return [];
    const refused = whyKept(store.session(id), store.all('session'), store.all('landing'));
    if (refused !== undefined) throw refused;
    refuseUnderWay(context, id);
    return [wanted];
  });
  return before;
}

function refuseUnderWay({ store }: RemovalContext, id: string): void {
  if (store.intentsOf(id).length === 0) return;
  throw new CoppiceError('wrong-state', `Session ${id} is being removed or brought back.`, 'Wait a moment.');
}

async function removeNow(
  context: RemovalContext,
  session: Session,
  place: Place,
  { despite, skipTeardown }: Consent,
): Promise<Removed> {
  const repository = await repositoryOf(context, session);
  const settings = await context.settings(session.repository.root);
  const lease = await acquireLease(place, session.id, repository.owner);
  try {
    const torn = !skipTeardown && settings['worktrees.teardown'].length > 0;
    if (torn) await tearDown(context, session, place);
    const into = await home(context, repository, session);
    const told = context.told.get(session.id);
    context.told.delete(session.id);
    // What was torn down changed files.
    const holds = told !== undefined && !torn && told.into === into && context.clock() - told.at < toldMs;
    return await removeWorktree(repository, place, {
      root: settings['worktrees.root'],
      session: session.id,
      now: context.clock(),
      despite,
      graceMs,
      signal: context.stopping,
      ...(into === undefined ? {} : { into }),
      ...(holds ? { found: told.facts } : {}),
    });
  } finally {
    await giveBack(lease, context);
  }
}

async function tearDown(context: RemovalContext, session: Session, place: Place): Promise<void> {
  const settings = await context.settings(session.repository.root);
  for (const command of settings['worktrees.teardown']) {
    await runScript({
      command,
      cwd: place.path,
      env: { ...session.requester.env, COPPICE_WORKTREE: place.path, COPPICE_SESSION_ID: session.id },
      timeoutMs: settings['worktrees.scriptTimeoutSeconds'] * 1000,
      outputFile: join(context.sessionFolder(session.id), 'teardown.log'),
      signal: context.stopping,
    });
  }
}

/** The end of a removal in events. */
export function concluded(
  session: Session,
  place: Place,
  { saved, trash, keepUntil }: Removed,
  intent: string,
  at: number,
): { readonly events: readonly NewEvent[]; readonly removal: Removal } {
  const removal: Removal = { kept: saved.ref, trash, until: keepUntil, at };
  const reason = 'the session was removed';
  return {
    removal,
    events: [
      event('worktree.removed', { worktree: place.path, kept: saved.ref, reason, intent }),
      event('session.removed', { session: session.id, removal }),
    ],
  };
}
