import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { oneLine } from '../../core/printable.ts';
import type { Command } from './index.ts';

/** Coppice: Trust Repository. A journalled grant, asked for in a dialog of its own. */
export const trustRepository: Command = (app) => async () => {
  const root = await app.places.choose(l10n.t('Trust Repository'));
  const trust = l10n.t('Trust');
  const chosen = await vscode.window.showWarningMessage(
    l10n.t('Trust {0}?', oneLine(root, 200)),
    {
      modal: true,
      detail: l10n.t('Agents, git and the set-up commands of this repository may then run on this machine.'),
    },
    trust,
  );
  if (chosen !== trust) return;
  await app.link.request('trust/grant', { path: root, host: false });
  await app.places.refresh();
};
