import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { buildApp } from './app.ts';
import { tellError } from './commands/tell-error.ts';
import { registerAll } from './contribution.ts';
import { contributions } from './contributions.ts';
import { Disposables } from './lifecycle/disposables.ts';
import { openLog } from './log/log.ts';

/**
 * Starts the VS Code front end: builds what features share and registers each of them. Everything is owned by
 * `context.subscriptions`, so nothing has to be done when the window ends.
 */
export function activate(context: vscode.ExtensionContext): void {
  const begun = performance.now();
  if (vscode.l10n.bundle !== undefined) l10n.config({ contents: vscode.l10n.bundle });
  // VS Code ends what it is given in the order of giving; what is built last has to end first.
  const owner = new Disposables();
  context.subscriptions.push(owner);
  const log = owner.add(openLog());
  try {
    const app = owner.add(buildApp(context, log));
    owner.add(registerAll(contributions, app));
    log.debug(`Coppice ${app.version} is active (${(performance.now() - begun).toFixed(1)} ms).`);
  } catch (error) {
    // Without its parts there is no Coppice in this window, e.g. where COPPICE_HOME is no path; that is said, not only logged.
    tellError(error, log).catch((failed: unknown) => log.error('An error could not be told.', failed));
  }
}
