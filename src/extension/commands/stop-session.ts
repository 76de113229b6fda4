import * as l10n from '@vscode/l10n';
import { isSettled } from '../sessions/status-look.ts';
import type { Command } from './index.ts';
import { pickSession } from './pick-session.ts';

/** Coppice: Stop Session. The agent is stopped; the worktree and all that is in it stay. */
export const stopSession: Command = (app) => async (given) => {
  const session = await pickSession(app, given, {
    title: l10n.t('Stop Session'),
    none: l10n.t('No session is at work or waiting.'),
    fits: (each) => !isSettled(each),
  });
  await app.link.request('session/cancel', { session, reason: 'stopped in VS Code' });
};
