import { join } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { isCoppiceError, type CoppiceError } from '../../core/errors.ts';
import { oneLine } from '../../core/printable.ts';
import type { App } from '../app.ts';
import { insist } from '../engine/insist.ts';

/**
 * Does `work`; where the engine refuses it for want of trust, or of the consent to unattended work on this machine, the user is
 * asked in a dialog, and the work is done again after a yes. Each is asked once at most.
 */
export async function withConsent<T>(app: Pick<App, 'link'>, path: string, work: () => Promise<T>): Promise<T> {
  const asked = new Set<string>();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isCoppiceError(error) || asked.has(error.code)) throw error;
      const root = error.context['root'] ?? path;
      if (error.code === 'untrusted') await confirmTrust(app, root);
      else if (error.code === 'host-consent-needed') await confirmHost(app, root, error);
      else throw error;
      asked.add(error.code);
    }
  }
}

/** Does `work`; where memory or disk would run out with one more session, the user is asked, and a yes does it anyway. */
export async function withRoom<T>(work: (anyway: boolean) => Promise<T>): Promise<T> {
  try {
    return await work(false);
  } catch (error) {
    if (!isCoppiceError(error, 'no-room')) throw error;
    await confirm(l10n.t('Start one more session?'), oneLine(error.message, 800), l10n.t('Start Anyway'));
    return work(true);
  }
}

/**
 * Does `work`; where the image of containers is not there, the user may have it built, sees how that goes in a terminal, and the work
 * is done when it is there.
 */
export async function withImage<T>(app: Pick<App, 'context' | 'home'>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isCoppiceError(error, 'executor-missing') || error.context['image'] === undefined) throw error;
    const detail = l10n.t('Building it takes some minutes; you see it in a terminal. The session starts after it.');
    await confirm(oneLine(error.message, 300), detail, l10n.t('Build Image'));
    if ((await buildImage(app)) !== 0) throw error;
    return work();
  }
}

/** Runs `coppice init` in a terminal; its exit status, undefined when the user closed it. */
async function buildImage({ context, home }: Pick<App, 'context' | 'home'>): Promise<number | undefined> {
  const terminal = vscode.window.createTerminal({
    name: l10n.t('Build Image'),
    shellPath: process.execPath,
    shellArgs: [join(context.extensionPath, 'dist', 'cli.js'), 'init'],
    env: { COPPICE_HOME: home, ELECTRON_RUN_AS_NODE: '1' },
  });
  terminal.show();
  return new Promise((resolve) => {
    const closed = vscode.window.onDidCloseTerminal((each) => {
      if (each !== terminal) return;
      closed.dispose();
      resolve(each.exitStatus?.code);
    });
  });
}

/** Asks whether a repository is trusted, and records a yes. Throws a `CancellationError` after a no. */
export async function confirmTrust({ link }: Pick<App, 'link'>, root: string): Promise<void> {
  await confirm(
    l10n.t('Trust the repository {0}?', oneLine(root, 200)),
    l10n.t(
      'Coppice then runs git, agents and the set-up commands of this repository on this machine. You can take this back with “Coppice: Revoke Trust”.',
    ),
    l10n.t('Trust'),
  );
  await insist(link, 'trust/grant', { path: root, host: false });
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
  const chosen = await vscode.window.showWarningMessage(message, { modal: true, detail }, yes);
  if (chosen !== yes) throw new vscode.CancellationError();
}
