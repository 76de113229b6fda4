import { defined } from '../../core/defined.ts';
import type { NewEvent } from '../../core/domain.ts';
import { event } from '../../core/events.ts';
import { commentIn, say, stateOfComment, tick, toSend } from '../../core/review/commands.ts';
import { reviewPrompt } from '../../core/review/prompt.ts';
import type { Review } from '../../core/review/state.ts';
import type { Session } from '../../core/session/state.ts';
import type { Handlers, Requests } from '../../protocol/contract.ts';
import type { ReviewView } from '../../protocol/review.ts';
import type { ClientContext } from '../rpc/server.ts';
import type { Services } from '../services.ts';
import { sessionView } from '../sessions/views.ts';
import { continueSession } from './sessions.ts';

type ReviewHandlers = Pick<
  Handlers<Requests, ClientContext>,
  'review/show' | 'review/comment' | 'review/edit' | 'review/resolve' | 'review/delete' | 'review/tick' | 'review/send'
>;

/** People's reviews of what sessions changed. */
export function reviewHandlers(services: Services): ReviewHandlers {
  const { store } = services;
  const show = (id: string): ReviewView => reviewView(store.session(id), store.get('review', id));
  const change = async (
    key: string,
    client: ClientContext,
    decide: (review: Review | undefined, session: string) => readonly NewEvent[],
  ): Promise<ReviewView> => {
    const { id } = store.find(key);
    await store.commit(client.actor, () => decide(store.get('review', id), id));
    return show(id);
  };
  return {
    'review/show': ({ session }) => show(store.find(session).id),
    'review/comment': ({ session: key, id, anchor, text }, client) =>
      change(key, client, (review, session) => say(review, session, id, anchor, text)),
    'review/edit': ({ session: key, comment, text }, client) =>
      change(key, client, (review, session) =>
        commentIn(review, comment).text === text ? [] : [event('review.edited', { session, comment, text })],
      ),
    'review/resolve': ({ session: key, comment, resolved }, client) =>
      change(key, client, (review, session) =>
        commentIn(review, comment).resolved === resolved
          ? []
          : [event('review.resolved', { session, comment, resolved })],
      ),
    'review/delete': ({ session: key, comment }, client) =>
      change(key, client, (review, session) => {
        commentIn(review, comment);
        return [event('review.withdrawn', { session, comment })];
      }),
    'review/tick': ({ session: key, path, content }, client) =>
      change(key, client, (review, session) => tick(review, session, path, content)),
    'review/send': async ({ comments, note, ...params }, client) => {
      const { id } = store.find(params.session);
      const { verdict } = await continueSession(
        services,
        {
          ...params,
          prompt: () => {
            const chosen = toSend(store.get('review', id), store.session(id), comments);
            const sent = chosen.map((each) => each.id);
            return {
              text: reviewPrompt(chosen, note),
              also: (prompt) => [event('review.sent', { session: id, comments: sent, prompt })],
            };
          },
        },
        client,
      );
      const metered = await services.meter();
      return { verdict, session: sessionView(store.session(id), store.all('session'), metered), review: show(id) };
    },
  };
}

function reviewView(session: Session, review: Review | undefined): ReviewView {
  return {
    session: session.id,
    comments: (review?.comments ?? []).map((comment) => {
      const { id, path, start, end, quote, text, by, at, prompt } = comment;
      const state = stateOfComment(comment, session);
      return { id, path, start, end, quote, text, by, at: new Date(at).toISOString(), state, ...defined({ prompt }) };
    }),
    ticks: (review?.ticks ?? []).map((each) => ({ ...each })),
  };
}
