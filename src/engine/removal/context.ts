import type { Place, Session } from '../../core/session/state.ts';
import type { Settings } from '../../core/settings/settings.ts';
import type { findRemoved, Removed } from '../../git/removal.ts';
import type { RemovalFacts } from '../../git/removal-facts.ts';
import type { Repository } from '../../git/repository.ts';
import type { Log } from '../process/log.ts';
import type { Repositories } from '../places/repositories.ts';
import type { Sweeper } from '../places/sweeper.ts';
import type { Store } from '../sessions/store.ts';

/** Facts about a worktree, gathered at a time (milliseconds since 1970) for the branch `into`. */
export interface Told {
  readonly facts: RemovalFacts;
  readonly into: string | undefined;
  readonly at: number;
}

/** A person decides on what was told within this time, in milliseconds. */
export const toldMs = 60_000;

/** What removing sessions and bringing them back takes. Made once by the composition root. */
export interface RemovalContext {
  readonly store: Store;
  readonly repositories: Repositories;
  readonly sweeper: Sweeper;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly newId: () => string;
  readonly stopping: AbortSignal;
  /** What a person was told that a removal would take away, by session. */
  readonly told: Map<string, Told>;
  /** Intents of removals and returns that were begun and whose end could not be told: whoever asks next has them taken up again. */
  readonly unsettled: Set<string>;
  /** Settings in force for the main checkout at `root`. */
  settings(root: string): Promise<Settings>;
  /** Folder for the output of a session's scripts. */
  sessionFolder(session: string): string;
}

/** The opened repository of a session. Trust is the caller's to check. */
export async function repositoryOf(context: RemovalContext, session: Session): Promise<Repository> {
  return context.repositories.open(await context.repositories.locate(session.repository.root));
}

/** Whether the repository of a session is certainly not where it was. */
export function isAway({ repositories }: RemovalContext, { repository }: Session): Promise<boolean> {
  return repositories.isAway(repository);
}

/** What a person has to know before a session whose repository is away is taken off the list. */
export function awayText({ repository }: Session, place: Place): string {
  return `The repository ${repository.root} is not there; ${place.path} stays as it is.`;
}

/**
 * The worktree that goes with a session: one that Coppice made, that is still known, and that no other session used since.
 * Undefined when the session goes alone.
 */
export function ownWorktree({ store }: RemovalContext, session: Session): Place | undefined {
  const path = session.worktree?.path;
  const worktree = path === undefined ? undefined : store.get('worktree', path);
  if (worktree === undefined || worktree.origin === 'adopted' || worktree.session !== session.id) return undefined;
  return session.worktree;
}

/**
 * The worktree that Coppice made for a session and that no other session used since, also when it was cleaned up or somebody
 * took it away.
 */
export function madeWorktree({ store }: RemovalContext, session: Session): Place | undefined {
  const place = session.worktree;
  if (place === undefined || place.origin === 'adopted') return undefined;
  const known = store.get('worktree', place.path);
  return known === undefined || (known.origin !== 'adopted' && known.session === session.id) ? place : undefined;
}

/**
 * A session's worktree that is in the trash though its removal is not on record: a clean-up had put it there, or an engine was killed.
 *
 * @param look finds it, or also ends its removal.
 * @throws CoppiceError `worktree-unsafe` (context `reason`: `trash`), `corrupt`: that cannot be told.
 */
export async function inTrash(
  context: RemovalContext,
  session: Session,
  place: Place,
  look: typeof findRemoved,
): Promise<Removed | undefined> {
  const { 'worktrees.root': root } = await context.settings(session.repository.root);
  // What was removed before it was made, came back or was last worked in is another one.
  const known = context.store.get('worktree', place.path)?.since ?? 0;
  const since = Math.max(known, session.endedAt ?? session.createdAt);
  return look(await repositoryOf(context, session), place, root, { session: session.id, since });
}
