import type { Actor, NewEvent } from '../domain.ts';
import { CoppiceError, type Way } from '../errors.ts';
import { event, type Events } from '../events.ts';
import type { Session } from '../session/state.ts';
import { isLive, isSettled, statusOf } from '../session/status.ts';
import { isOpen } from './reducer.ts';
import type { Landing } from './state.ts';

/** What is known of the branches of a session's repository. */
export interface Branches {
  readonly exists: (branch: string) => boolean;
  readonly defaultBranch: string | undefined;
}

/**
 * The branch that a session's work comes home to: that of the session above it in the same repository, else the branch
 * that its worktree was made from, else (somebody else made the worktree) the default branch. Only the root of a tree
 * of sessions reaches the default branch. Undefined when the work began at a commit that belongs to no branch.
 */
export function targetOf(session: Session, parent: Session | undefined, branches: Branches): string | undefined {
  const place = session.worktree;
  if (place === undefined) return undefined;
  const above = parent?.worktree;
  if (above !== undefined && above.common === place.common && above.branch !== place.branch) return above.branch;
  if (place.base === place.branch) return branches.defaultBranch;
  return branches.exists(place.base) ? place.base : undefined;
}

/** Landings that have not ended, in the order in which they come to their turn. */
export function line(landings: Iterable<Landing>): Landing[] {
  return [...landings].filter(isOpen).sort((a, b) => a.place - b.place);
}

type Request = Omit<Events['landing.requested'], 'by' | 'prompts' | 'session' | 'reverts'>;

/**
 * A request to bring a session's work home.
 *
 * @param known whether the target is the default branch: then only a person may ask.
 * @throws CoppiceError `wrong-state` (it works still, has no worktree, is on its way home already), `default-branch`, `private-file`.
 */
export function requestLanding(
  session: Session,
  landings: readonly Landing[],
  request: Request,
  known: { readonly actor: Actor; readonly defaultBranch: boolean },
): readonly NewEvent[] {
  requireStill(session);
  if (known.defaultBranch && !known.actor.startsWith('user:')) {
    throw new CoppiceError(
      'default-branch',
      `Landing in ${request.target} is for a person to decide.`,
      'Ask a person to land it.',
      { context: { branch: request.target } },
    );
  }
  if (request.private !== undefined && !known.actor.startsWith('user:')) {
    throw new CoppiceError(
      'private-file',
      'Whether a file lands that git ignores in the checkout is for a person to decide.',
      'Ask a person to land it.',
      { context: { session: session.id } },
    );
  }
  if (request.deletions === true && !known.actor.startsWith('user:')) {
    throw wrongState(
      session,
      'has lost many of its files: whether they go is for a person to say',
      'Ask a person to land it.',
    );
  }
  requireFree(session, landings);
  const { id, promptCount: prompts } = session;
  return [event('landing.requested', { ...request, session: id, by: known.actor, prompts })];
}

/** Throws `wrong-state` unless the session has a worktree in which nothing works. */
export function requireStill(session: Session): void {
  if (session.removal !== undefined) {
    throw wrongState(session, 'was removed', 'Bring it back.', 'restore');
  }
  if (session.worktree === undefined) throw wrongState(session, 'has no worktree', 'There is nothing to land.');
  if (isSettled(session) && !isLive(session)) return;
  const status = statusOf(session);
  if (status === 'needs-you') throw wrongState(session, 'is needs-you', 'Cancel it, or answer it.', 'answer');
  throw wrongState(session, `is ${status}`, 'Wait until it has ended, or cancel it.');
}

function requireFree(session: Session, landings: readonly Landing[]): void {
  if (!landings.some((each) => each.session === session.id && isOpen(each))) return;
  throw wrongState(session, 'is on its way home already', 'Wait until it is there.', 'see-landings');
}

/**
 * A request to take a landing back.
 *
 * @throws CoppiceError `wrong-state` (it did not land, was taken back, or something of its session is under way).
 */
export function requestRevert(
  session: Session,
  landings: readonly Landing[],
  of: Landing,
  request: Pick<Request, 'landing' | 'message'>,
  actor: Actor,
): readonly NewEvent[] {
  if (of.state !== 'landed' || of.build === undefined) {
    throw wrongState(session, `has not landed (its landing is ${of.state})`, 'There is nothing to take back.');
  }
  if (of.reverts !== undefined) throw wrongState(session, 'was taken back by this', 'Land it again instead.');
  if (of.revertedBy !== undefined) throw wrongState(session, 'was taken back already', 'Land it again if you want it.');
  requireFree(session, landings);
  const { repository, target, id: reverts } = of;
  const { commit: tip } = of.build;
  const { id, promptCount: prompts } = session;
  const data = {
    ...request,
    session: id,
    repository,
    way: 'squash',
    target,
    tip,
    reverts,
    by: actor,
    prompts,
  } as const;
  return [event('landing.requested', data)];
}

/** Throws `wrong-state` when the landing has ended. */
export function withdraw(landing: Landing, by: Actor): readonly NewEvent[] {
  if (isOpen(landing)) return [event('landing.withdrawn', { landing: landing.id, session: landing.session, by })];
  const context = { landing: landing.id, session: landing.session };
  const landed = landing.state === 'landed';
  throw new CoppiceError(
    'wrong-state',
    `Landing ${landing.id} is ${landing.state}.`,
    landed ? 'Take it back.' : 'Nothing has to be done.',
    { context, way: landed ? 'revert' : undefined },
  );
}

function wrongState({ id }: Session, what: string, next: string, way?: Way): CoppiceError {
  return new CoppiceError('wrong-state', `Session ${id} ${what}.`, next, { context: { session: id }, way });
}
