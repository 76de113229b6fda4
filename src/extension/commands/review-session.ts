import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CoppiceError } from '../../core/errors.ts';
import type { App } from '../app.ts';
import { showInformationMessage } from '../messages/messages.ts';
import { openAll, openFile, sinceBase, wouldBe } from '../review/diffs.ts';
import { checkpointLabel } from '../review/labels.ts';
import type { Subject } from '../review/model.ts';
import { asReviewRow } from '../review/row-of.ts';
import type { Command } from './command.ts';
import { pickSession } from './pick-session.ts';
import { answerIn } from '../quick/choose.ts';

/** Coppice: Review Session. All that it changed in one editor, and the Review view beside it. */
export const reviewSession: Command = (app) => async (given) => {
  const session = await pickSession(app, given, {
    title: l10n.t('Review Session'),
    none: l10n.t('There is no session yet.'),
    fits: ({ worktree }) => worktree !== null,
  });
  await app.review.model.show(session);
  await vscode.commands.executeCommand('coppice.review.focus');
  const { subject } = app.review.model;
  if (subject?.problem !== undefined) throw subject.problem;
  const files = subject?.changes?.files ?? [];
  if (subject === undefined || files.length === 0) {
    await showInformationMessage(l10n.t('This session has changed no file.'));
    return;
  }
  await openAll(sinceBase(subject), files);
};

/** Coppice: Close Review */
export const closeReview: Command = (app) => async () => {
  app.review.rollbacks.cancel();
  await app.review.model.show(undefined);
};

/** Opens the diff that a row of the Review view stands for. */
export const openReviewFile: Command = (app) => async (given) => {
  const row = asReviewRow(given);
  const subject = underReview(app);
  if (row?.kind === 'file') await openFile(sinceBase(subject), row.file);
  if (row?.kind === 'rollback-file' || row?.kind === 'rollback-hunk') {
    const { open } = app.review.rollbacks;
    const index = row.kind === 'rollback-hunk' ? row.index : 0;
    const line = row.choice.hunks[index]?.newStart;
    if (open !== undefined) await openFile(wouldBe(subject, open.to), row.choice.file, line && Math.max(1, line));
  }
};

/** Opens what changed between a checkpoint and the one before it. */
export const compareCheckpoint: Command = (app) => async (given) => {
  const row = asReviewRow(given);
  if (row?.kind !== 'checkpoint') return;
  const { checkpoint, session } = row;
  const { detail, worktree } = underReview(app);
  const from = checkpoint.parent ?? 'base';
  const { files } = await app.link.request('diff/summary', { session, from, to: checkpoint.n });
  const title = l10n.t('{0}: {1}', detail.title.slice(0, 60), checkpointLabel(checkpoint));
  if (files.length === 0) {
    await showInformationMessage(l10n.t('Nothing changed up to this checkpoint since the one before.'));
    return;
  }
  await openAll({ session, worktree, from, to: checkpoint.n, title }, files);
};

/** Coppice: Name Checkpoint. A named one is kept for good. */
export const nameCheckpoint: Command = (app) => async (given) => {
  const row = asReviewRow(given);
  if (row?.kind !== 'checkpoint') return;
  const { checkpoint, session } = row;
  const name = await vscode.window.showInputBox({
    title: l10n.t('Name Checkpoint'),
    prompt: l10n.t('A checkpoint with a name is kept for good.'),
    value: checkpoint.name ?? '',
    validateInput: (text) =>
      text.trim() === '' || text.length > 200 ? l10n.t('Give it 1 to 200 characters.') : undefined,
  });
  await app.link.request('checkpoint/name', { session, n: checkpoint.n, name: answerIn(name).trim() });
};

/** The session under review. Throws `wrong-state` when there is none. */
export function underReview({ review }: Pick<App, 'review'>): Subject {
  const { subject } = review.model;
  if (subject !== undefined) return subject;
  throw new CoppiceError(
    'wrong-state',
    l10n.t('No session is under review.'),
    l10n.t('Choose one with “Coppice: Review Session”.'),
  );
}
