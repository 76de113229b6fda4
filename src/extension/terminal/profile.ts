import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { requireTrustedWindow } from '../commands/door.ts';
import { pickSession } from '../commands/pick-session.ts';
import { tellError } from '../commands/tell-error.ts';
import type { App } from '../app.ts';
import type { Contribution } from '../contribution.ts';
import { terminalOptions } from './options.ts';

/** “Coppice Session” in the menu of terminals: one where a session is, which the user picks. */
export const terminalProfile: Contribution = {
  name: 'Terminal profile',
  register: (app) =>
    vscode.window.registerTerminalProfileProvider('coppice.session', {
      provideTerminalProfile: async () => {
        try {
          return await profile(app);
        } catch (error) {
          // Whoever waits for the terminal is not to wait until the message was seen.
          tellError(error, app.log).catch((failure: unknown) => app.log.error('An error could not be told.', failure));
          return undefined;
        }
      },
    }),
};

async function profile(app: App): Promise<vscode.TerminalProfile> {
  requireTrustedWindow();
  const id = await pickSession(app, undefined, {
    title: l10n.t('New Terminal of a Session'),
    none: l10n.t('No session has a worktree yet.'),
    fits: ({ worktree }) => worktree !== null,
  });
  return new vscode.TerminalProfile(await terminalOptions(app, await app.all.look(id)));
}
