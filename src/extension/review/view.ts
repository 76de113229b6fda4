import * as vscode from 'vscode';
import type { App } from '../app.ts';
import { RowClicks } from '../commands/row-clicks.ts';
import type { Contribution } from '../contribution.ts';
import { Disposables } from '../lifecycle/disposables.ts';
import { oneLine } from '../../core/printable.ts';
import { serveConflicts } from './conflicts.ts';
import { serveFiles } from './files.ts';
import type { ReviewRow } from './rows.ts';
import { ReviewTree } from './tree.ts';
import { watchWorktree } from './worktree-watch.ts';

/** The Review view, and the documents, threads and groups that belong to a review. */
export const reviewView: Contribution = {
  name: 'Review view',
  register(app) {
    const { link, review, keys, log } = app;
    const owner = new Disposables();
    owner.add(serveFiles(link));
    owner.add(serveConflicts(link));
    const tree = owner.add(new ReviewTree(review.model, review.rollbacks, app.all));
    const clicks = owner.add(new RowClicks<ReviewRow>(app.commands, 'coppice.review.openRow'));
    const treeDataProvider = clicks.around(tree);
    const view = owner.add(
      vscode.window.createTreeView('coppice.review', { treeDataProvider, manageCheckboxStateManually: true }),
    );
    clicks.follow(view);
    const look = (): void => {
      const { subject, session } = review.model;
      keys.set('coppice.reviewing', session !== undefined);
      keys.set('coppice.rollbackOpen', review.rollbacks.open !== undefined);
      keys.set('coppice.openComments', subject?.review.comments.some(({ state }) => state === 'open') === true);
      view.description = subject === undefined ? '' : oneLine(subject.detail.title, 80);
      view.message = oneLine(subject?.problem?.message ?? '', 300);
      if (session !== undefined) review.comments();
    };
    owner.add(watchWorktree(review.model));
    owner.add(review.model.onChange(look));
    owner.add(review.rollbacks.onChange(look));
    owner.add(
      view.onDidChangeCheckboxState(({ items }) => {
        tick(app, items)
          .catch((error: unknown) => log.error('A tick could not be kept.', error))
          .finally(() => tree.redraw());
      }),
    );
    review.changes();
    look();
    return owner;
  },
};

/** Ticks files as reviewed, or takes and leaves changes of a rollback. */
async function tick(app: App, items: readonly (readonly [ReviewRow, vscode.TreeItemCheckboxState])[]): Promise<void> {
  const { rollbacks, model } = app.review;
  for (const [row, state] of items) {
    const on = state === vscode.TreeItemCheckboxState.Checked;
    if (row.kind === 'rollback-file') rollbacks.choose(row.choice.file.path, undefined, on);
    if (row.kind === 'rollback-hunk') rollbacks.choose(row.choice.file.path, row.index, on);
    if (row.kind !== 'file') continue;
    const { path, after } = row.file;
    const content = on ? { content: after?.id ?? null } : {};
    await app.link.request('review/tick', { session: row.session, path, ...content });
  }
  if (items.some(([{ kind }]) => kind === 'file')) await model.refresh();
}
