import * as vscode from 'vscode';
import { toDisposable, type Disposable } from '../lifecycle/disposables.ts';
import type { ReviewModel } from './model.ts';

/**
 * Follows what people edit in the worktree under review. The engine watches worktrees only while an agent is at work; here a
 * single worktree is watched, for as long as it is looked at.
 */
export function watchWorktree(model: ReviewModel): Disposable {
  let watched: string | undefined;
  let watcher: vscode.Disposable | undefined;
  const follow = (): void => {
    const worktree = model.subject?.worktree;
    if (model.session !== undefined && (worktree === undefined || worktree === watched)) return;
    watcher?.dispose();
    watched = worktree;
    watcher = worktree === undefined ? undefined : begin(worktree, () => model.touched());
  };
  const listening = model.onChange(follow);
  follow();
  return toDisposable(() => {
    listening.dispose();
    watcher?.dispose();
  });
}

function begin(worktree: string, touched: () => void): vscode.Disposable {
  const pattern = new vscode.RelativePattern(vscode.Uri.file(worktree), '**');
  const files = vscode.workspace.createFileSystemWatcher(pattern);
  return vscode.Disposable.from(
    files,
    files.onDidChange(touched),
    files.onDidCreate(touched),
    files.onDidDelete(touched),
  );
}
