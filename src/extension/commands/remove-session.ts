import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CoppiceError } from '../../core/errors.ts';
import { oneLine } from '../../core/printable.ts';
import { isSettled } from '../../protocol/session-status.ts';
import { showInformationMessage, showWarningMessage } from '../messages/messages.ts';
import { removalText, removedText } from '../review/removal-text.ts';
import type { Command } from './command.ts';
import { pickSession, sessionIn } from './pick-session.ts';
import { answerIn, chooseFrom } from '../quick/choose.ts';

const factsMs = 2 * 60_000;

/** Coppice: Remove Session… Says what is in the worktree first; all of it can be brought back. */
export const removeSession: Command = (app) => async (given) => {
  const session = await pickSession(app, given, {
    title: l10n.t('Remove Session'),
    none: l10n.t('No session can be removed: those that there are still work.'),
    fits: isSettled,
  });
  const facts = await vscode.window.withProgress(
    { location: { viewId: 'coppice.sessions' }, title: l10n.t('Looking at the worktree…') },
    () => app.link.request('session/facts', { session }, { timeoutMs: factsMs }),
  );
  if (facts.refused !== undefined) {
    throw new CoppiceError('wrong-state', facts.refused, l10n.t('See to that first, then remove it.'));
  }
  const title = oneLine(app.all.entries.get(session)?.session.title ?? session, 80);
  const remove = l10n.t('Remove');
  const skip = l10n.t('Remove, Skip Tear-down');
  const answer = answerIn(
    await showWarningMessage(
      l10n.t('Remove “{0}” with its worktree?', title),
      { modal: true, detail: removalText(facts) },
      ...(facts.teardown.length > 0 ? [remove, skip] : [remove]),
    ),
  );
  const request = { session, force: facts.needs, skipTeardown: answer === skip };
  const { until } = await vscode.window.withProgress({ location: { viewId: 'coppice.sessions' } }, async () =>
    app.link.request('session/remove', request, { timeoutMs: factsMs }),
  );
  if (app.review.model.session === session) await app.review.model.show(undefined);
  const undo = l10n.t('Bring Back');
  if ((await showInformationMessage(removedText(title, facts, until), undo)) === undo) {
    await app.commands.run('coppice.restoreSession', session);
  }
};

/** Coppice: Restore Session. Brings a removed session back with its worktree. */
export const restoreSession: Command = (app) => async (given) => {
  const session = sessionIn(given) ?? (await pickRemoved());
  await vscode.window.withProgress({ location: { viewId: 'coppice.sessions' } }, async () =>
    app.link.request('session/restore', { session }, { timeoutMs: factsMs }),
  );

  async function pickRemoved(): Promise<string> {
    const { sessions } = await app.link.request('session/list', { which: 'all', archived: true });
    const items = sessions
      .filter(({ archived }) => archived)
      .map((each) => ({ label: oneLine(each.title, 100), description: each.branch ?? '', id: each.id }));
    return (await chooseFrom(items, { title: l10n.t('Restore Session') }, l10n.t('No session was removed.'))).id;
  }
};
