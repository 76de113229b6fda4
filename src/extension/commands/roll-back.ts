import { relative, sep } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { RestorePreview } from '../../protocol/diff-schemas.ts';
import type { App } from '../app.ts';
import { showInformationMessage, showWarningMessage } from '../messages/messages.ts';
import { closeAll, openAll, wouldBe } from '../review/diffs.ts';
import { amount, chosenPaths } from '../review/choice.ts';
import type { Rollback } from '../review/rollback.ts';
import { checkpointDescription, checkpointLabel } from '../review/labels.ts';
import { asReviewRow } from '../review/row-of.ts';
import type { Command } from './command.ts';
import { pickSession } from './pick-session.ts';
import { underReview } from './review-session.ts';
import { answerIn, chooseFrom } from '../quick/choose.ts';

/** Coppice: Roll Back… Shows what going back to a checkpoint would change; nothing is done before that is applied. */
export const rollBack: Command = (app) => async (given) => {
  const row = asReviewRow(given);
  const session = row?.session ?? (await chooseSession(app, given, l10n.t('Roll Back')));
  await app.review.model.show(session);
  const subject = underReview(app);
  const n = row?.kind === 'checkpoint' ? row.checkpoint.n : await chooseCheckpoint(app);
  const { preview } = await app.review.rollbacks.begin(session, n);
  await vscode.commands.executeCommand('coppice.review.focus');
  if (preview.files.length === 0) {
    app.review.rollbacks.cancel();
    await showInformationMessage(l10n.t('The files are as they were at this checkpoint.'));
    return;
  }
  await openAll(wouldBe(subject, n), preview.files);
};

async function chooseSession(app: App, given: unknown, title: string): Promise<string> {
  if (given === undefined && app.review.model.session !== undefined) return app.review.model.session;
  return pickSession(app, given, {
    title,
    none: l10n.t('No session has a checkpoint yet.'),
    fits: ({ worktree }) => worktree !== null,
  });
}

async function chooseCheckpoint(app: App): Promise<number> {
  const items = underReview(app).checkpoints.map((each) => ({
    label: checkpointLabel(each),
    description: checkpointDescription(each),
    detail: new Date(each.at).toLocaleString(),
    n: each.n,
  }));
  const title = l10n.t('Roll Back to Which Checkpoint?');
  return (await chooseFrom(items, { title }, l10n.t('This session has no checkpoint yet.'))).n;
}

/** Coppice: Apply Rollback. Asks about unsaved editors and about an agent at work first. */
export const applyRollback: Command = (app) => async () => {
  const { open } = app.review.rollbacks;
  if (open === undefined) return;
  const { worktree, detail } = underReview(app);
  const paths = chosenPaths(open.choices);
  if (paths.length === 0) {
    await showInformationMessage(l10n.t('No change is chosen: tick what is to go back.'));
    return;
  }
  const wasSaved = worktree !== undefined && (await settleEditors(worktree, new Set(paths)));
  if (wasSaved) await renew(app, open);
  const conversation = await alsoConversation(open.preview.conversation);
  const pause = open.preview.live && (await mayPause(detail.title));
  const result = await vscode.window.withProgress(
    { location: { viewId: 'coppice.review' }, title: l10n.t('Rolling back…') },
    () => app.review.rollbacks.apply({ pause, conversation }),
  );
  if (result === undefined) return;
  await closeAll(wouldBe(underReview(app), open.to));
  const undo = l10n.t('Undo');
  const done =
    result.files === 1
      ? l10n.t('One file was rolled back. What was there before is kept.')
      : l10n.t('{0} files were rolled back. What was there before is kept.', result.files);
  const answer = await showInformationMessage(done, undo);
  if (answer === undo) await app.commands.run('coppice.undoRollback', open.session);
};

/** What was saved is part of the changes: the preview is taken again. Of its files those go back that were chosen, and no other ones. */
async function renew({ review }: App, before: Rollback): Promise<void> {
  const { choices } = await review.rollbacks.begin(before.session, before.to);
  const taken = new Set(before.choices.filter((each) => amount(each) !== 'none').map(({ file }) => file.path));
  for (const { file } of choices) {
    if (!taken.has(file.path)) review.rollbacks.choose(file.path, undefined, false);
  }
  if (!before.choices.some((each) => amount(each) === 'some')) return;
  // Single changes have other numbers by now.
  await showInformationMessage(l10n.t('What was saved is part of the changes: choose from them again, then apply.'));
  throw new vscode.CancellationError();
}

/** Unsaved changes to files that go back are the user's to save or to give up. True when some were saved. */
async function settleEditors(worktree: string, paths: ReadonlySet<string>): Promise<boolean> {
  const unsaved = vscode.workspace.textDocuments.filter(
    ({ isDirty, uri }) =>
      isDirty && uri.scheme === 'file' && paths.has(relative(worktree, uri.fsPath).split(sep).join('/')),
  );
  if (unsaved.length === 0) return false;
  const save = l10n.t('Save and Roll Back');
  const answer = await showWarningMessage(
    l10n.t('{0} files that are to go back have unsaved changes.', unsaved.length),
    { modal: true, detail: l10n.t('Saved first, they are part of what is kept and can be brought back.') },
    save,
  );
  if (answer !== save) throw new vscode.CancellationError();
  for (const document of unsaved) {
    if (!(await document.save())) throw new vscode.CancellationError();
  }
  return true;
}

/** Asked only where the agent has said something since. Closing the question leaves everything as it is. */
async function alsoConversation(way: RestorePreview['conversation']): Promise<boolean> {
  if (way === 'same') return false;
  const files = l10n.t('Files Only');
  const both = l10n.t('Files and Conversation');
  const detail = {
    resume: l10n.t('With the conversation, the agent goes on from what had been said then.'),
    summary: l10n.t('With the conversation, the agent begins a new one, with an account of the old one.'),
    fresh: l10n.t('With the conversation, the agent begins a new one.'),
  }[way];
  const answer = await showInformationMessage(
    l10n.t('Roll the conversation with the agent back, too?'),
    { modal: true, detail },
    files,
    both,
  );
  return answerIn(answer) === both;
}

async function mayPause(title: string): Promise<boolean> {
  const pause = l10n.t('Stop the Turn and Roll Back');
  const answer = await showWarningMessage(
    l10n.t('The agent of “{0}” is at work.', title.slice(0, 80)),
    { modal: true, detail: l10n.t('Its turn is interrupted first. The session can be continued afterwards.') },
    pause,
  );
  if (answer !== pause) throw new vscode.CancellationError();
  return true;
}

/** Coppice: Cancel Rollback. Nothing was done, and nothing is. */
export const cancelRollback: Command = (app) => async () => {
  const { open } = app.review.rollbacks;
  app.review.rollbacks.cancel();
  if (open !== undefined) await closeAll(wouldBe(underReview(app), open.to));
};

/** Coppice: Undo Rollback. Brings back what the last rollback of the session changed. */
export const undoRollback: Command = (app) => async (given) => {
  const session = await chooseSession(app, asReviewRow(given)?.session ?? given, l10n.t('Undo Rollback'));
  const result = await vscode.window.withProgress(
    { location: { viewId: 'coppice.review' }, title: l10n.t('Undoing the rollback…') },
    () => app.link.request('restore/undo', { session }, { timeoutMs: 10 * 60_000 }),
  );
  vscode.window.setStatusBarMessage(l10n.t('{0} files are as they were before the rollback.', result.files), 10_000);
};

/** Coppice: Toggle Change at Cursor. Takes the change of the open rollback on which the cursor stands, or leaves it. */
export const toggleChange: Command = (app) => async () => {
  const { open } = app.review.rollbacks;
  const editor = vscode.window.activeTextEditor;
  if (open === undefined || editor === undefined) return;
  const found = app.review.changeAt(editor.document.uri, editor.selection.active.line + 1);
  if (found === undefined) {
    await showInformationMessage(l10n.t('There is no change of the rollback at the cursor.'));
    return;
  }
  app.review.rollbacks.choose(found.path, found.hunk, !found.taken);
};
