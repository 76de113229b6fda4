import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { CoppiceError } from '../../core/errors.ts';
import { oneLine } from '../../core/printable.ts';
import type { SessionView } from '../../protocol/schemas.ts';
import type { App } from '../app.ts';
import { showInformationMessage } from '../messages/messages.ts';
import { sessionLabel } from '../sessions/labels.ts';
import { terminalName, terminalOptions } from '../terminal/options.ts';
import type { Command } from './command.ts';
import { pickSession } from './pick-session.ts';

/** Remembers that the user knows what a second folder does to a window. */
const explained = 'multiRootExplained';

/** Coppice: Open Terminal in Worktree. One terminal for each session. */
export const openTerminal: Command = (app) => async (given) => {
  const { session, worktree } = await withWorktree(app, given, l10n.t('Open Terminal in Worktree'));
  const name = terminalName(session);
  const open = vscode.window.terminals.find(
    ({ creationOptions, exitStatus, name: known }) =>
      exitStatus === undefined && 'cwd' in creationOptions && creationOptions.cwd === worktree && known === name,
  );
  (open ?? vscode.window.createTerminal(await terminalOptions(app, session))).show();
};

/** Coppice: Open Worktree in New Window */
export const openWorktreeWindow: Command = (app) => async (given) => {
  const { worktree } = await withWorktree(app, given, l10n.t('Open Worktree in New Window'));
  await vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(worktree), { forceNewWindow: true });
};

/**
 * Coppice: Add Worktree to Workspace. The folder is appended: the first folder of a window never changes, because that restarts
 * all extensions.
 */
export const addWorktreeFolder: Command = (app) => async (given) => {
  const { session, worktree } = await withWorktree(app, given, l10n.t('Add Worktree to Workspace'));
  const uri = vscode.Uri.file(worktree);
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.some((folder) => folder.uri.toString() === uri.toString())) {
    await vscode.commands.executeCommand('revealInExplorer', uri);
    return;
  }
  if (!(await mayBecomeMultiRoot(app, folders.length))) return;
  const added = vscode.workspace.updateWorkspaceFolders(folders.length, 0, { uri, name: sessionLabel(session) });
  if (added) return;
  throw new CoppiceError(
    'wrong-state',
    l10n.t('VS Code did not add the folder.'),
    l10n.t('Open the worktree in a window of its own instead.'),
  );
};

/** A window with one folder becomes an untitled workspace, which VS Code asks to save when it is closed. That is said once. */
async function mayBecomeMultiRoot({ context }: App, folders: number): Promise<boolean> {
  if (folders !== 1 || vscode.workspace.workspaceFile !== undefined || context.globalState.get(explained) === true) {
    return true;
  }
  const add = l10n.t('Add Folder');
  const chosen = await showInformationMessage(
    l10n.t('Add the worktree as a second folder?'),
    {
      modal: true,
      detail: l10n.t(
        'The window then becomes a workspace with several folders. VS Code restarts its extensions once, and asks to save the workspace when the window is closed. Sessions go on undisturbed. This is said only once.',
      ),
    },
    add,
  );
  if (chosen !== add) return false;
  await context.globalState.update(explained, true);
  return true;
}

/** Coppice: Copy Branch Name */
export const copyBranchName: Command = (app) => async (given) => {
  const id = await pickSession(app, given, {
    title: l10n.t('Copy Branch Name'),
    none: l10n.t('No session has a branch yet.'),
    fits: ({ branch }) => branch !== null,
  });
  const branch = (await sessionOf(app, id)).branch;
  if (branch === null) throw noWorktree();
  await vscode.env.clipboard.writeText(branch);
  vscode.window.setStatusBarMessage(l10n.t('{0} is on the clipboard.', oneLine(branch, 100)), 3000);
};

async function withWorktree(
  app: App,
  given: unknown,
  title: string,
): Promise<{ readonly session: SessionView; readonly worktree: string }> {
  const id = await pickSession(app, given, {
    title,
    none: l10n.t('No session has a worktree yet.'),
    fits: ({ worktree }) => worktree !== null,
  });
  const session = await sessionOf(app, id);
  const { worktree } = session;
  if (worktree === null) throw noWorktree();
  try {
    await vscode.workspace.fs.stat(vscode.Uri.file(worktree));
  } catch (error) {
    throw new CoppiceError(
      'not-found',
      l10n.t('The worktree {0} is not there any more.', oneLine(worktree, 200)),
      l10n.t('Its branch keeps what was committed; continue the session to get a worktree again.'),
      { cause: error },
    );
  }
  return { session, worktree };
}

async function sessionOf(app: App, id: string): Promise<SessionView> {
  return app.all.entries.get(id)?.session ?? app.all.look(id);
}

function noWorktree(): CoppiceError {
  return new CoppiceError(
    'wrong-state',
    l10n.t('This session has no worktree yet.'),
    l10n.t('It gets one when it starts to work.'),
  );
}
