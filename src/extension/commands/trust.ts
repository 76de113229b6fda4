import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { oneLine } from '../../core/printable.ts';
import type { App } from '../app.ts';
import { insist } from '../engine/insist.ts';
import { showWarningMessage } from '../messages/messages.ts';
import { confirmHost, confirmTrust } from '../trust/with-consent.ts';
import type { Command } from './command.ts';

/** Coppice: Trust Repository… */
export const trustRepository: Command = (app) => async (given) => {
  await confirmTrust(app, await rootOf(app, given, l10n.t('Trust Repository')));
  await app.places.refresh();
};

/** Coppice: Allow Unattended Agents… */
export const allowUnattended: Command = (app) => async (given) => {
  const root = await rootOf(app, given, l10n.t('Allow Unattended Agents'));
  const { trusted } = await app.link.request('trust/state', { path: root });
  if (!trusted) await confirmTrust(app, root);
  await confirmHost(app, root);
  await app.places.refresh();
};

/** Coppice: Revoke Trust… */
export const revokeTrust: Command = (app) => async (given) => {
  const root = await rootOf(app, given, l10n.t('Revoke Trust'));
  const revoke = l10n.t('Revoke');
  const chosen = await showWarningMessage(
    l10n.t('Revoke the trust in {0}?', oneLine(root, 200)),
    { modal: true, detail: l10n.t('Nothing new is started in it until you trust it again.') },
    revoke,
  );
  if (chosen !== revoke) throw new vscode.CancellationError();
  await insist(app.link, 'trust/revoke', { path: root });
  await app.places.refresh();
};

async function rootOf({ places }: App, given: unknown, title: string): Promise<string> {
  const named = typeof given === 'object' && given !== null && 'root' in given ? given.root : undefined;
  return typeof named === 'string' ? named : places.choose(title);
}
