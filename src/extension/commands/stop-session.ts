import * as l10n from '@vscode/l10n';
import { isCoppiceError } from '../../core/errors.ts';
import { isSettled } from '../../protocol/session-status.ts';
import type { App } from '../app.ts';
import { insist } from '../engine/insist.ts';
import { showInformationMessage, showWarningMessage } from '../messages/messages.ts';
import type { Command } from './command.ts';
import { pickSession } from './pick-session.ts';

/** Coppice: Stop Session. The agent is stopped; the worktree and all that is in it stay. */
export const stopSession: Command = (app) => async (given) => {
  const session = await pickSession(app, given, {
    title: l10n.t('Stop Session'),
    none: l10n.t('No session is at work or waiting.'),
    fits: (each) => !isSettled(each),
  });
  await stop(app, session);
};

/** Coppice: Stop All Sessions. Those of this window, after a question. */
export const stopAllSessions: Command = (app) => async () => {
  const live = [...app.sessions.entries.values()].map(({ session }) => session).filter((each) => !isSettled(each));
  if (live.length === 0) {
    await showInformationMessage(l10n.t('No session is at work or waiting.'));
    return;
  }
  const yes = l10n.t('Stop All');
  const chosen = await showWarningMessage(
    live.length === 1 ? l10n.t('Stop 1 session?') : l10n.t('Stop {0} sessions?', live.length),
    { modal: true, detail: l10n.t('The agents are stopped. Their worktrees and all that is in them stay.') },
    yes,
  );
  if (chosen === yes) await Promise.all(live.map(({ id }) => stop(app, id)));
};

/** Coppice: Interrupt Turn. The agent stops what it does, and the session stays. */
export const interruptTurn: Command = (app) => async (given) => {
  const session = await pickSession(app, given, {
    title: l10n.t('Interrupt Turn'),
    none: l10n.t('No agent is in the middle of a turn.'),
    fits: ({ status }) => status === 'running' || status === 'needs-you',
  });
  await app.link.request('session/interrupt', { session });
};

/** One that has ended meanwhile is stopped, too. */
async function stop({ link }: App, session: string): Promise<void> {
  try {
    await insist(link, 'session/cancel', { session, reason: 'stopped in VS Code' }, {});
  } catch (error) {
    if (!isCoppiceError(error, 'wrong-state')) throw error;
  }
}
