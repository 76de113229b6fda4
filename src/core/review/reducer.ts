import type { Recorded } from '../events.ts';
import type { Comment, Review } from './state.ts';

/** The review after the event; the same object when nothing changed. It begins with the first thing that is said. */
export function reduceReview(review: Review | undefined, event: Recorded): Review | undefined {
  switch (event.type) {
    case 'review.commented': {
      const { comment: id, anchor, text } = event.data;
      const before = review ?? begun(event.data.session);
      if (before.comments.some((each) => each.id === id)) return before;
      const comment = { ...anchor, id, text, by: event.actor, at: event.at, resolved: false };
      return { ...before, comments: [...before.comments, comment] };
    }
    case 'review.edited':
      return withComments(review, ({ id }) => id === event.data.comment, { text: event.data.text });
    case 'review.resolved':
      return withComments(review, ({ id }) => id === event.data.comment, { resolved: event.data.resolved });
    case 'review.sent':
      return withComments(review, ({ id }) => event.data.comments.includes(id), { prompt: event.data.prompt });
    case 'review.withdrawn':
      return review && { ...review, comments: review.comments.filter(({ id }) => id !== event.data.comment) };
    case 'review.ticked': {
      const { path, content } = event.data;
      return { ...(review ?? begun(event.data.session)), ticks: [...others(review, path), { path, content }] };
    }
    case 'review.unticked':
      return review && { ...review, ticks: others(review, event.data.path) };
    default:
      return review;
  }
}

function begun(session: string): Review {
  return { session, comments: [], ticks: [] };
}

function others(review: Review | undefined, path: string): Review['ticks'] {
  return (review?.ticks ?? []).filter((each) => each.path !== path);
}

function withComments(
  review: Review | undefined,
  which: (comment: Comment) => boolean,
  change: Partial<Comment>,
): Review | undefined {
  return (
    review && { ...review, comments: review.comments.map((each) => (which(each) ? { ...each, ...change } : each)) }
  );
}
