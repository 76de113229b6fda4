/** Shows states of a session's files in VS Code's own diff editors. */
import { join } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { oneLine } from '../../core/printable.ts';
import type { FileDiffView, Side } from '../../protocol/diff-schemas.ts';
import type { OverlapView } from '../../protocol/watch.ts';
import { fileUri } from './files.ts';
import { checkpointLabel, pathLabel } from './labels.ts';
import { conflictUri } from './conflicts.ts';
import type { Subject } from './model.ts';

/** Files that one multi-diff editor is opened with. */
const mostAtOnce = 300;

/** Two states that are compared; files of `worktree` are the real ones, to be edited. */
export interface Compared {
  readonly session: string;
  readonly worktree: string | undefined;
  readonly from: Side;
  readonly to: Side;
  readonly title: string;
}

/** What is compared when a session is reviewed: what it made of its base. */
export function sinceBase({ detail, worktree }: Subject): Compared {
  const title = l10n.t('Changes of {0}', oneLine(detail.title, 80));
  return { session: detail.id, worktree, from: 'base', to: 'worktree', title };
}

/** What is compared when a rollback is chosen: the files as they are, and as they would be. */
export function wouldBe({ detail, worktree, checkpoints }: Subject, n: number): Compared {
  const checkpoint = checkpoints.find((each) => each.n === n);
  const name = checkpoint === undefined ? `#${n}` : checkpointLabel(checkpoint);
  return { session: detail.id, worktree, from: 'worktree', to: n, title: l10n.t('Roll back to: {0}', name) };
}

/** Opens one file, at a line where one is named. */
export async function openFile(compared: Compared, file: FileDiffView, line?: number): Promise<void> {
  const { before, after } = documents(compared, file);
  const title = `${pathLabel(file.path)} (${compared.title})`;
  const selection = line === undefined ? undefined : new vscode.Range(line - 1, 0, line - 1, 0);
  await vscode.commands.executeCommand('vscode.diff', before, after, title, { preview: true, selection });
}

/** Opens all files in one editor. */
export async function openAll(compared: Compared, files: readonly FileDiffView[]): Promise<void> {
  const resources = files.slice(0, mostAtOnce).map((file) => {
    const { before, after } = documents(compared, file);
    // Of a file that is only on one side there is nothing to compare.
    return [
      nameOf(compared, file),
      file.before === undefined ? undefined : before,
      file.after === undefined ? undefined : after,
    ];
  });
  await vscode.commands.executeCommand('vscode.changes', compared.title, resources);
  if (files.length <= mostAtOnce) return;
  const shown = l10n.t('The first {0} of {1} files are shown.', mostAtOnce, files.length);
  vscode.window.setStatusBarMessage(shown, 10_000);
}

/** Closes the editors of a comparison that is over, but for those in which something is not saved. */
export async function closeAll({ title }: Compared): Promise<void> {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  const over = tabs.filter(({ label, isDirty }) => !isDirty && label.includes(title));
  if (over.length > 0) await vscode.window.tabGroups.close(over, true);
}

/** Both documents of a file. */
export function documents(compared: Compared, file: FileDiffView): { before: vscode.Uri; after: vscode.Uri } {
  return {
    before: documentOf(compared, compared.from, file.oldPath ?? file.path, file.before !== undefined),
    after: documentOf(compared, compared.to, file.path, file.after !== undefined),
  };
}

function documentOf({ session, worktree }: Compared, side: Side, path: string, there: boolean): vscode.Uri {
  if (side === 'worktree' && there && worktree !== undefined && path.isWellFormed()) {
    return vscode.Uri.file(join(worktree, path));
  }
  return fileUri({ session, side, path }, worktree);
}

/** The document whose name stands above a file of the multi-diff editor. */
function nameOf({ session, worktree, to }: Compared, { path }: FileDiffView): vscode.Uri {
  return worktree === undefined
    ? fileUri({ session, side: to, path })
    : vscode.Uri.file(join(worktree, path.toWellFormed()));
}

/** Opens a file on which two sides overlap as both have it, that of `session` first, at the first lines that overlap. */
export async function openOverlap(overlap: OverlapView, path: string, session: string): Promise<void> {
  const { ours, theirs } = overlap;
  const mine = 'session' in theirs && theirs.session === session ? theirs : ours;
  const fileOf = (worktree: string): vscode.Uri => vscode.Uri.file(join(worktree, path.toWellFormed()));
  const other = mine === theirs ? ours : theirs;
  const right = 'worktree' in other ? fileOf(other.worktree) : conflictUri(session, path, 'target');
  const [hunk] = overlap.files.find((each) => each.path === path)?.hunks ?? [];
  const line = Math.max(0, (hunk?.[mine === ours ? 'theirs' : 'ours'].start ?? 1) - 1);
  const title = l10n.t('{0}: both sides', pathLabel(path));
  const selection = new vscode.Range(line, 0, line, 0);
  await vscode.commands.executeCommand('vscode.diff', fileOf(mine.worktree), right, title, {
    preview: true,
    selection,
  });
}
