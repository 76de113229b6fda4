import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { randomUUID } from 'node:crypto';
import { requester } from '../engine/requester.ts';
import { showInformationMessage, showWarningMessage } from '../messages/messages.ts';
import { asReviewRow } from '../review/row-of.ts';
import type { Command } from './command.ts';
import { underReview } from './review-session.ts';

/** The reply box of a comment thread. */
function isReply(given: unknown): given is vscode.CommentReply {
  return typeof given === 'object' && given !== null && 'thread' in given && 'text' in given;
}

/** Add Comment: keeps it on record; nothing is sent to the agent. */
export const addComment: Command = (app) => async (given) => {
  if (isReply(given)) await app.review.comments().add(given);
};

/** Resolve Comment */
export const resolveComment: Command = (app) => (given) => app.review.comments().resolve(given, true);

/** Reopen Comment */
export const reopenComment: Command = (app) => (given) => app.review.comments().resolve(given, false);

/** Delete Comment */
export const deleteComment: Command = (app) => (given) => app.review.comments().remove(given);

/** Edit Comment */
export const editComment: Command = (app) => (given) => app.review.comments().edit(given, true);

/** Save Comment */
export const saveComment: Command = (app) => (given) => app.review.comments().saveEdit(given);

/** Cancel Edit */
export const cancelComment: Command = (app) => (given) => app.review.comments().edit(given, false);

/** Shows a comment of the Review view where it stands. */
export const openReviewComment: Command = (app) => async (given) => {
  const row = asReviewRow(given);
  if (row?.kind === 'comment') await app.review.comments().reveal(row.comment);
};

/** Coppice: Send Comments to Agent. All open comments become the session's next prompt. */
export const sendComments: Command = (app) => async () => {
  const { detail, review } = underReview(app);
  const comments = review.comments.filter(({ state }) => state === 'open').map(({ id }) => id);
  if (comments.length === 0) {
    await showInformationMessage(l10n.t('There is no open comment. Write one on a changed line first.'));
    return;
  }
  const request = { session: detail.id, comments, requester: requester(process.env), key: randomUUID() };
  const { verdict } = await app.link.request('review/send', request);
  await app.review.model.refresh();
  if (verdict.status === 'rejected') await showWarningMessage(verdict.reason);
  else {
    const one = l10n.t('1 comment is on its way to the agent.');
    const several = l10n.t('{0} comments are on their way to the agent.', comments.length);
    vscode.window.setStatusBarMessage(comments.length === 1 ? one : several, 8_000);
  }
};

/** Compare Gutter with This Checkpoint: the gutter of the session's files then shows what changed since. */
export const setBaseline: Command = (app) => (given) => {
  const row = asReviewRow(given);
  if (row?.kind === 'checkpoint') app.review.changes().setBaseline(row.session, row.checkpoint.n);
};

/** Coppice: Compare Gutter with Base */
export const resetBaseline: Command = (app) => () =>
  app.review.changes().setBaseline(underReview(app).detail.id, 'base');

/** Shows a file on which two sessions overlap as both have it. */
export const openOverlap: Command = (app) => async (given) => {
  const row = asReviewRow(given);
  if (row?.kind !== 'overlap-file') return;
  await app.review.openOverlap(row.overlap, row.path, row.session);
};
