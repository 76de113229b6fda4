import * as l10n from '@vscode/l10n';
import { oneLine } from '../../core/printable.ts';
import type { App } from '../app.ts';
import { insist } from '../engine/insist.ts';
import { showInformationMessage } from '../messages/messages.ts';
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

/** Coppice: Revoke Trust */
export const revokeTrust: Command = (app) => async (given) => {
  const root = await rootOf(app, given, l10n.t('Revoke Trust'));
  await insist(app.link, 'trust/revoke', { path: root });
  await app.places.refresh();
  await showInformationMessage(
    l10n.t('{0} is not trusted any more: nothing new is started in it.', oneLine(root, 200)),
  );
};

async function rootOf({ places }: App, given: unknown, title: string): Promise<string> {
  const named = typeof given === 'object' && given !== null && 'root' in given ? given.root : undefined;
  return typeof named === 'string' ? named : places.choose(title);
}
