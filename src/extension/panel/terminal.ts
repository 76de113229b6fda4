import * as vscode from 'vscode';
import { oneLine } from '../../core/printable.ts';

/** Shows a terminal in a folder; the one that was opened there before if it is still there. */
export function openTerminal(folder: string, title: string): void {
  const isThere = ({ creationOptions, exitStatus }: vscode.Terminal): boolean =>
    exitStatus === undefined && 'cwd' in creationOptions && creationOptions.cwd === folder;
  const terminal =
    vscode.window.terminals.find(isThere) ??
    vscode.window.createTerminal({
      name: oneLine(title, 40),
      cwd: folder,
      iconPath: new vscode.ThemeIcon('repo-forked'),
    });
  terminal.show();
}
