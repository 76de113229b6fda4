import { randomUUID } from 'node:crypto';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { oneLine } from '../../core/printable.ts';
import type { NotificationOf } from '../../protocol/client/wire.ts';
import type { App } from '../app.ts';
import { onEveryConnection } from '../engine/link.ts';
import { showInformationMessage } from '../messages/messages.ts';
import type { Command } from './command.ts';
import { pullFar, pullQuestion } from './pull-text.ts';

/** As long as the engine waits for a model server. */
const pullMs = 24 * 3_600_000;

/** Coppice: Pull Supervisor Model… Says how large it is, asks, and shows how far it is; it can be stopped at any time. */
export const pullModel: Command = (app) => async () => {
  const found = await app.link.request('model/show', {});
  const { problem } = found;
  if (problem !== undefined) {
    const copy = l10n.t('Copy');
    const said = { modal: true, detail: oneLine(problem, 500) };
    if ((await showInformationMessage(l10n.t('No model can be pulled.'), said, copy)) === copy)
      await vscode.env.clipboard.writeText(problem);
    return;
  }
  const { name } = found.offer;
  const { question, detail } = pullQuestion(found);
  const pull = l10n.t('Pull');
  if ((await showInformationMessage(question, { modal: true, detail }, pull)) !== pull) return;
  const done = await fetched(app, name);
  if (done) vscode.window.setStatusBarMessage(l10n.t('{0} is there.', name), 5000);
};

/** In a notification: the only place where VS Code lets a person stop something that goes on. False when that was done. */
async function fetched(app: App, name: string): Promise<boolean> {
  const pull = randomUUID();
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: l10n.t('Pulling {0}', name), cancellable: true },
    async (progress, token) => {
      let shown = 0;
      const tell = (now: NotificationOf<'model/progress'>): void => {
        const percent = now.total === 0 ? 0 : Math.floor((now.completed / now.total) * 100);
        progress.report({ message: pullFar(now), increment: Math.max(0, percent - shown) });
        shown = Math.max(shown, percent);
      };
      const listening = onEveryConnection(app.link, (connection) =>
        connection.on('model/progress', (now) => {
          if (now.pull === pull) tell(now);
        }),
      );
      const stopping = token.onCancellationRequested(() => {
        app.link.request('model/stop-pulling', { pull }).catch((error: unknown) => app.log.warn(String(error)));
      });
      try {
        await app.link.request('model/pull', { name, pull }, { timeoutMs: pullMs });
        return true;
      } catch (error) {
        if (token.isCancellationRequested) return false;
        throw error;
      } finally {
        stopping.dispose();
        listening.dispose();
      }
    },
  );
}
