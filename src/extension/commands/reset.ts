import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { oneLine } from '../../core/printable.ts';
import { showWarningMessage } from '../messages/messages.ts';
import type { Command } from './command.ts';

/** Coppice: Reset… What the extension keeps in VS Code; sessions, worktrees and branches are the engine's and stay. */
export const reset: Command = (app) => async () => {
  const { globalState, workspaceState, secrets } = app.context;
  const names = await secrets.keys();
  const listed = names.map((name) => oneLine(name.replace(/^variable:/u, ''), 60)).join(', ');
  const removed = [
    ...(names.length === 0 ? [] : [l10n.t('stored secrets: {0}', listed)]),
    l10n.t('remembered choices of New Session, and explanations that were shown'),
  ];
  const yes = l10n.t('Reset');
  const detail = [
    `${l10n.t('Removed from VS Code:')}\n${removed.map((each) => `• ${each}`).join('\n')}`,
    ...(names.length === 0 ? [l10n.t('No secret is stored.')] : []),
    l10n.t(
      'Sessions, worktrees, branches and the journal in {0} stay, and so do your settings. Agents go on undisturbed.',
      oneLine(app.home, 200),
    ),
  ].join('\n\n');
  const chosen = await showWarningMessage(l10n.t('Reset Coppice?'), { modal: true, detail }, yes);
  if (chosen !== yes) return;
  for (const name of names) await secrets.delete(name);
  for (const memory of [globalState, workspaceState]) {
    for (const key of memory.keys()) await memory.update(key, undefined);
  }
  app.archive.shown = false;
  vscode.window.setStatusBarMessage(l10n.t('Coppice was reset.'), 5000);
};
