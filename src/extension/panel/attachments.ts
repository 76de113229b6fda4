/** Files and lines that a prompt refers to, chosen in VS Code. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CoppiceError } from '../../core/errors.ts';
import type { Attachment } from '../../protocol/webview/session-panel.ts';
import { treePath } from './links.ts';

/** Files of the worktree that the user picks; none if they pick none or something else. */
export async function chooseFiles(worktree: string): Promise<readonly Attachment[]> {
  const picked = await vscode.window.showOpenDialog({
    title: l10n.t('Attach files of the worktree'),
    openLabel: l10n.t('Attach'),
    canSelectMany: true,
    defaultUri: vscode.Uri.file(worktree),
  });
  const paths = (picked ?? []).map(({ fsPath }) => treePath(worktree, fsPath));
  if (paths.includes(undefined)) {
    throw new CoppiceError(
      'bad-usage',
      l10n.t('A file outside of the worktree cannot be attached.'),
      l10n.t('The agent works in {0}: choose files there.', worktree),
    );
  }
  return paths.flatMap((path) => (path === undefined ? [] : [{ path }]));
}

/**
 * What is selected in the editor: of the worktree, or of the same repository, whose paths are the same there.
 *
 * @throws CoppiceError `bad-usage` if no file of either is open
 */
export function selectedLines(worktree: string, repository: string): readonly Attachment[] {
  const editor = vscode.window.activeTextEditor ?? vscode.window.visibleTextEditors[0];
  const file = editor?.document.uri.scheme === 'file' ? editor.document.uri.fsPath : undefined;
  const path = file === undefined ? undefined : (treePath(worktree, file) ?? treePath(repository, file));
  if (editor === undefined || path === undefined) {
    throw new CoppiceError(
      'bad-usage',
      l10n.t('No file of this repository is open in an editor.'),
      l10n.t('Open one, select what the prompt is about, and try again.'),
    );
  }
  const { selection } = editor;
  if (selection.isEmpty) return [{ path }];
  const to = selection.end.character === 0 ? selection.end.line : selection.end.line + 1;
  return [{ path, lines: { from: selection.start.line + 1, to: Math.max(to, selection.start.line + 1) } }];
}
