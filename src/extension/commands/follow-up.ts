import { randomUUID } from 'node:crypto';
import * as l10n from '@vscode/l10n';
import { CoppiceError } from '../../core/errors.ts';
import type { App } from '../app.ts';
import { insist } from '../engine/insist.ts';
import { requesterFor } from '../settings/engine-settings.ts';
import { withConsent } from '../trust/with-consent.ts';

/** One more prompt for a session. It is given once, however often it has to be sent. Resolves with its place in the line, if it waits. */
export async function givePrompt(
  app: Parameters<typeof withConsent>[0] & Pick<App, 'all'>,
  session: string,
  prompt: string,
  steer: boolean,
): Promise<number | undefined> {
  const repository = app.all.entries.get(session)?.session.repository ?? '';
  const params = { session, prompt, steer, key: randomUUID(), requester: await requesterFor(app, repository) };
  const { verdict } = await withConsent(app, repository, () => insist(app.link, 'session/continue', params));
  if (verdict.status === 'rejected') throw queueFull(verdict.reason);
  return verdict.status === 'queued' ? verdict.position : undefined;
}

/** The line is full; the prompt is not lost, because the user is told at once. */
export function queueFull(reason: string): CoppiceError {
  return new CoppiceError('queue-full', reason, l10n.t('Wait until a session has ended, or stop one.'));
}
