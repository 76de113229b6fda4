import * as l10n from '@vscode/l10n';
import { isSettled } from '../../protocol/session-status.ts';
import { insist } from '../engine/insist.ts';
import type { Command } from './command.ts';
import { pickSession } from './pick-session.ts';

/** Coppice: Archive Session. It leaves the list; its worktree stays until disk space is freed. */
export const archiveSession: Command = (app) => async (given) => {
  const session = await pickSession(app, given, {
    title: l10n.t('Archive Session'),
    none: l10n.t('No session has ended.'),
    fits: isSettled,
  });
  await insist(app.link, 'session/archive', { session });
};

/** Coppice: Show Archived Sessions */
export const showArchived: Command = (app) => () => {
  app.archive.shown = true;
};

/** Coppice: Hide Archived Sessions */
export const hideArchived: Command = (app) => () => {
  app.archive.shown = false;
};
