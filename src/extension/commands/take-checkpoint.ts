import { randomUUID } from 'node:crypto';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { askText } from '../quick/quick.ts';
import { checkpointLabel } from '../review/labels.ts';
import type { Command } from './command.ts';
import { pickSession } from './pick-session.ts';

const nameLimit = 200;

/** Coppice: Take Checkpoint… Keeps the files of a session as they are, for good; a name may be given. */
export const takeCheckpoint: Command = (app) => async (given) => {
  const session = await pickSession(app, given, {
    title: l10n.t('Take Checkpoint'),
    none: l10n.t('No session has a worktree yet.'),
    fits: ({ worktree }) => worktree !== null,
  });
  const name = await askText({
    title: l10n.t('Take Checkpoint'),
    value: '',
    placeholder: l10n.t('a name, if you like'),
    check: (text) => (text.length > nameLimit ? l10n.t('A name has at most {0} characters.', nameLimit) : undefined),
  });
  if (typeof name !== 'string') return;
  const taken = await app.link.request('checkpoint/take', {
    ...{ session, id: randomUUID() },
    ...(name.trim() === '' ? {} : { name: name.trim() }),
  });
  vscode.window.setStatusBarMessage(l10n.t('Kept: {0}', checkpointLabel(taken)), 5000);
};
