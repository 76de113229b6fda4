import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CoppiceError, isCoppiceError } from '../../core/errors.ts';
import { oneLine } from '../../core/printable.ts';
import type { App } from '../app.ts';
import { insist } from '../engine/insist.ts';
import { showWarningMessage } from '../messages/messages.ts';
import { buildImage } from './build-image.ts';
import { answerIn } from '../quick/choose.ts';

/**
 * Does `work`; where the engine refuses it for want of trust, of the consent to unattended work on this machine, of room for one
 * more session (`anyway` is then true after a yes), or of the image of containers (which is then built), the user is asked in a
 * dialog, and the work is done again after a yes. Each is asked once at most.
 */
export async function withConsent<T>(
  app: Pick<App, 'link' | 'context' | 'home'>,
  path: string,
  work: (anyway: boolean) => Promise<T>,
): Promise<T> {
  const asked = new Set<string>();
  for (;;) {
    try {
      return await work(asked.has('no-room'));
    } catch (error) {
      if (!isCoppiceError(error) || asked.has(error.code)) throw error;
      await agree(app, error.context['root'] ?? path, error);
      asked.add(error.code);
    }
  }
}

/** Asks for what is missing, and provides it. Throws the error where nobody can be asked. */
async function agree(app: Parameters<typeof withConsent>[0], root: string, error: CoppiceError): Promise<void> {
  const { code, message, context } = error;
  if (code === 'untrusted') await confirmTrust(app, root);
  else if (code === 'host-consent-needed') await confirmHost(app, root, error);
  else if (code === 'no-room')
    await confirm(l10n.t('Start one more session?'), oneLine(message, 800), l10n.t('Start Anyway'));
  else if (code === 'executor-missing' && context['image'] !== undefined) {
    const minutes = l10n.t('It takes some minutes; the session starts after it.');
    const [detail, label] =
      context['room'] === 'short'
        ? [oneLine(error.next, 500), l10n.t('Build Anyway')]
        : [minutes, l10n.t('Build Image')];
    await confirm(oneLine(message, 300), detail, label);
    if (!(await buildImage(app, context['image']))) throw notBuilt(error);
  } else throw error;
}

/** Why there is no session: what `docker build` said stands in its terminal. */
function notBuilt({ code, context: { image = '' } }: CoppiceError): CoppiceError {
  const next = l10n.t('Its terminal says why. Mend that, then start the session again.');
  return new CoppiceError(code, l10n.t('The image {0} was not built.', image), next);
}

/** Asks whether a repository is trusted, and records a yes. Throws a `CancellationError` after a no. */
export async function confirmTrust({ link }: Pick<App, 'link'>, root: string): Promise<void> {
  const { movedFrom } = await link.request('trust/state', { path: root });
  if (movedFrom !== undefined && (await wantsMove(root, movedFrom))) {
    const { trusted } = await link.request('repository/move', { from: movedFrom.root, path: root });
    if (trusted) return;
  }
  await confirm(
    l10n.t('Trust the repository {0}?', oneLine(root, 200)),
    l10n.t(
      'Coppice then runs git, agents and the set-up commands of this repository on this machine. You can take this back with “Coppice: Revoke Trust”.',
    ),
    l10n.t('Trust'),
  );
  await insist(link, 'trust/grant', { path: root, host: false });
}

/** Asks whether a repository was moved here. Throws a `CancellationError` when nothing is chosen. */
async function wantsMove(root: string, from: { readonly root: string; readonly sessions: number }): Promise<boolean> {
  const [bind, apart] = [l10n.t('Bind Sessions'), l10n.t('Only Trust…')];
  const detail = l10n.t(
    '{0} holds the work of {1}, which is not there any more. Its sessions, {2} in all, are bound to where it is and go on, with the trust that it had.',
    oneLine(root, 200),
    oneLine(from.root, 200),
    from.sessions,
  );
  const chosen = await showWarningMessage(
    l10n.t('Was this repository moved here?'),
    { modal: true, detail },
    bind,
    apart,
  );
  return answerIn(chosen) === bind;
}

/** Asks whether agents may work unattended and without a container, and records a yes. */
export async function confirmHost(
  { link }: Pick<App, 'link'>,
  root: string,
  why?: Pick<CoppiceError, 'message'>,
): Promise<void> {
  const message =
    why?.message ?? l10n.t('Agents would work unattended on this machine, with your rights, in {0}.', root);
  await confirm(
    l10n.t('Allow unattended agents on this machine?'),
    `${oneLine(message, 400)}\n\n${l10n.t('This is asked once for each repository.')}`,
    l10n.t('Allow'),
  );
  await insist(link, 'trust/grant', { path: root, host: true });
}

async function confirm(message: string, detail: string, yes: string): Promise<void> {
  const chosen = await showWarningMessage(message, { modal: true, detail }, yes);
  if (chosen !== yes) throw new vscode.CancellationError();
}
