import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { App } from '../app.ts';
import { RowClicks } from '../commands/row-clicks.ts';
import type { Contribution } from '../contribution.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import { oneLine } from '../../core/printable.ts';
import { plain } from '../messages/plain.ts';
import { setting } from '../settings/settings.ts';
import type { Row } from './outline.ts';
import { SessionsTree } from './tree.ts';
import { viewProgress } from './view-progress.ts';

/** The Sessions view. An engine is started when somebody looks at it in a trusted window with a repository. */
export const sessionsView: Contribution = {
  name: 'Sessions view',
  register(app) {
    const owner = new Disposables();
    const tree = owner.add(new SessionsTree(app));
    const clicks = owner.add(new RowClicks<Row>(app.commands, 'coppice.sessions.openRow'));
    const treeDataProvider = clicks.around(tree);
    const view = owner.add(
      vscode.window.createTreeView('coppice.sessions', { treeDataProvider, showCollapseAll: true }),
    );
    clicks.follow(view);
    owner.add(whenLookedAt(app, view));
    owner.add(showState(app, view));
    owner.add(viewProgress(app));
    owner.add(followSettings(app));
    owner.add(app.archive.onChange((shown) => (tree.showArchived = shown)));
    return owner;
  },
};

function whenLookedAt(app: App, view: vscode.TreeView<unknown>): Disposable {
  const owner = new Disposables();
  const look = async (): Promise<void> => {
    if (!view.visible) return;
    await app.places.refresh();
    if (app.places.mayAct) app.link.need();
  };
  const see = (): void => {
    look().catch((error: unknown) => app.log.error('The Sessions view could not be filled.', error));
  };
  owner.add(view.onDidChangeVisibility(see));
  owner.add(view.onDidChangeVisibility(({ visible }) => app.attention.see('sessions', visible)));
  app.attention.see('sessions', view.visible);
  owner.add(vscode.workspace.onDidChangeWorkspaceFolders(see));
  owner.add(vscode.workspace.onDidGrantWorkspaceTrust(see));
  see();
  return owner;
}

/** One quiet line above the rows when the engine is away, or takes nothing. */
function showState(app: App, view: vscode.TreeView<unknown>): Disposable {
  const owner = new Disposables();
  const draw = (): void => {
    const { state } = app.link;
    const known = app.sessions.entries.size > 0;
    if (state.status === 'away' && known) view.message = plain(awayText(state.problem.message));
    else view.message = state.status === 'connected' ? plain(oneLine(state.engine.readOnly ?? '', 300)) : '';
  };
  owner.add(app.link.onState(draw));
  owner.add(app.sessions.onChange(draw));
  draw();
  return owner;
}

function awayText(problem: string): string {
  return l10n.t('The engine is away; what is shown is as it was. {0}', oneLine(problem, 200));
}

function followSettings({ sessions }: App): Disposable {
  const apply = (): void => sessions.setEverywhere(setting('sessions.show') === 'all');
  apply();
  return vscode.workspace.onDidChangeConfiguration((change) => {
    if (change.affectsConfiguration('coppice.sessions.show')) apply();
  });
}
