import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { Command } from './index.ts';
import { pickSession } from './pick-session.ts';

/** Coppice: Open Session */
export const openSession: Command = (app) => async (given) => {
  const session = await pickSession(app, given, {
    title: l10n.t('Open Session'),
    none: l10n.t('There is no session yet.'),
    fits: () => true,
  });
  const { stream } = await app.all.look(session);
  await vscode.window.showTextDocument(vscode.Uri.file(stream), { preview: true });
};
