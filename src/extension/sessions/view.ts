import * as vscode from 'vscode';
import type { Contribution } from '../contribution.ts';
import { Disposables } from '../lifecycle/disposables.ts';
import { SessionsTree } from './tree.ts';

/** The Sessions view. An engine is started when somebody looks at it in a trusted window with a repository. */
export const sessionsView: Contribution = {
  name: 'Sessions view',
  register(app) {
    const owner = new Disposables();
    const tree = owner.add(new SessionsTree(app));
    const view = owner.add(
      vscode.window.createTreeView('coppice.sessions', { treeDataProvider: tree, showCollapseAll: true }),
    );
    const look = async (): Promise<void> => {
      if (!view.visible) return;
      await app.places.refresh();
      if (app.places.mayAct) app.link.need();
    };
    const see = (): void => {
      look().catch((error: unknown) => app.log.error('The Sessions view could not be filled.', error));
    };
    owner.add(view.onDidChangeVisibility(see));
    owner.add(vscode.workspace.onDidChangeWorkspaceFolders(see));
    owner.add(vscode.workspace.onDidGrantWorkspaceTrust(see));
    see();
    return owner;
  },
};
