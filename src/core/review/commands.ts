import type { NewEvent } from '../domain.ts';
import { CoppiceError } from '../errors.ts';
import { event } from '../events.ts';
import type { Session } from '../session/state.ts';
import type { Anchor, Comment, Review, Tick } from './state.ts';

/** Comments of one session beyond which nobody keeps an overview. */
export const mostComments = 500;

/**
 * Where a comment stands in its life: `open` (only the person knows it), `sent` (the agent has it before it), `answered` (the
 * turn that it was sent with has ended: it is for the person to look and resolve), `resolved`.
 */
export const commentStates = ['open', 'sent', 'answered', 'resolved'] as const;
export type CommentState = (typeof commentStates)[number];

/** The state of a comment of a session. */
export function stateOfComment(comment: Comment, session: Session): CommentState {
  if (comment.resolved) return 'resolved';
  if (comment.prompt === undefined) return 'open';
  const onItsWay = session.prompts.some(({ n, state }) => n === comment.prompt && state !== 'seen');
  return onItsWay || session.turn?.prompt === comment.prompt ? 'sent' : 'answered';
}

/** Says something about lines. Said again under the same id, nothing happens a second time. */
export function say(
  review: Review | undefined,
  session: string,
  comment: string,
  anchor: Anchor,
  text: string,
): readonly NewEvent[] {
  if (review?.comments.some(({ id }) => id === comment) === true) return [];
  if ((review?.comments.length ?? 0) >= mostComments) {
    throw new CoppiceError(
      'bad-usage',
      `Session ${session} has ${mostComments} comments.`,
      'Delete those that are done with.',
    );
  }
  return [event('review.commented', { session, comment, anchor, text })];
}

/** The comment of that id. Throws `not-found`. */
export function commentIn(review: Review | undefined, comment: string): Comment {
  const found = review?.comments.find(({ id }) => id === comment);
  if (found !== undefined) return found;
  throw new CoppiceError('not-found', `There is no comment ${comment}.`, 'It may have been deleted in another window.');
}

/** The comments that are sent: those that are named, or all open ones. Throws `wrong-state` when there are none. */
export function toSend(review: Review | undefined, session: Session, ids: readonly string[] | undefined): Comment[] {
  const chosen =
    ids === undefined
      ? (review?.comments ?? []).filter((each) => stateOfComment(each, session) === 'open')
      : ids.map((id) => commentIn(review, id));
  if (chosen.length > 0) return chosen;
  throw new CoppiceError('wrong-state', 'There is no open comment to send.', 'Write one on a changed line first.');
}

/** Ticks a file as reviewed, or takes the tick back (`content` undefined). */
export function tick(
  review: Review | undefined,
  session: string,
  path: string,
  content: Tick['content'] | undefined,
): readonly NewEvent[] {
  const there = review?.ticks.find((each) => each.path === path);
  if (content === undefined) return there === undefined ? [] : [event('review.unticked', { session, path })];
  return there?.content === content ? [] : [event('review.ticked', { session, path, content })];
}
