import * as l10n from '@vscode/l10n';
import type { Command } from './command.ts';
import { pickSession } from './pick-session.ts';

/** Coppice: Open Session */
export const openSession: Command = (app) => async (given) => {
  const session = await pickSession(app, given, {
    title: l10n.t('Open Session'),
    none: l10n.t('There is no session yet.'),
    fits: () => true,
  });
  await app.panels.open(session);
};
