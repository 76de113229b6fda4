import { randomUUID } from 'node:crypto';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { App } from '../app.ts';
import { queueFull } from '../commands/follow-up.ts';
import { insist } from '../engine/insist.ts';
import { requesterFor } from '../settings/engine-settings.ts';
import { withConsent } from '../trust/with-consent.ts';
import { requestOf, type Draft } from './draft.ts';

/** Starts a session, once, however often it has to be asked for. Gives its id. */
export async function startSession(app: App, draft: Draft): Promise<string> {
  const id = randomUUID();
  const path = draft.repository ?? '';
  const { verdict, session } = await vscode.window.withProgress(
    { location: { viewId: 'coppice.sessions' } },
    async () =>
      withConsent(app, path, async (anyway) =>
        insist(app.link, 'session/create', { ...requestOf(draft, id, await requesterFor(app, path)), anyway }),
      ),
  );
  if (verdict.status === 'rejected') throw queueFull(verdict.reason);
  if (verdict.status === 'queued') {
    vscode.window.setStatusBarMessage(l10n.t('The session is queued; place in line: {0}.', verdict.position), 6000);
  }
  return session?.id ?? id;
}
