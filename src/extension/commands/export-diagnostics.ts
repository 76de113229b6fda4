import { join } from 'node:path';
import { homedir } from 'node:os';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Command } from './command.ts';

/** Coppice: Export Diagnostics… A report without secrets, written where the user says, and shown before it is sent anywhere. */
export const exportDiagnostics: Command = (app) => async () => {
  const { report } = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: l10n.t('Coppice gathers what a bug report needs…') },
    async () => app.link.request('diagnostics', {}),
  );
  const window = { vscode: vscode.version, remote: vscode.env.remoteName ?? 'none', language: vscode.env.language };
  const target = await vscode.window.showSaveDialog({
    defaultUri: vscode.Uri.file(join(homedir(), 'coppice-diagnostics.json')),
    filters: { JSON: ['json'] },
    title: l10n.t('Export Diagnostics'),
  });
  if (target === undefined) return;
  const text = `${JSON.stringify({ window, ...report }, undefined, 2)}\n`;
  await vscode.workspace.fs.writeFile(target, new TextEncoder().encode(text));
  await vscode.window.showTextDocument(target);
};
