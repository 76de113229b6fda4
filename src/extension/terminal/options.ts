import { basename } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { oneLine } from '../../core/printable.ts';
import type { SessionView } from '../../protocol/schemas.ts';
import type { App } from '../app.ts';
import { sessionLabel } from '../sessions/labels.ts';
import { held } from './held.ts';

/** Name of the terminal of a session. */
export function terminalName(session: SessionView): string {
  return oneLine(`${sessionLabel(session)} (${basename(session.worktree ?? '')})`, 60);
}

/** What the executor of the session has for people: a window of tmux, a shell in its container or on its host, or of this host. */
export async function terminalOptions(
  { link }: Pick<App, 'link'>,
  session: SessionView,
): Promise<vscode.TerminalOptions> {
  const { command, cwd, what, lost } = await link.request('session/terminal', { session: session.id });
  const closes = l10n.t('Press Enter to close this terminal.');
  const [shellPath, ...shellArgs] = lost === undefined ? command : held(command, lost, closes);
  const iconPath = new vscode.ThemeIcon(shellPath === undefined ? 'git-branch' : 'vm');
  return {
    ...{ name: terminalName(session), cwd, iconPath },
    // On which machine one types is to be seen: without a container that runs, it is this one.
    ...(session.executor === 'local' ? {} : { message: oneLine(what, 200) }),
    ...(shellPath === undefined ? {} : { shellPath, shellArgs }),
  };
}
