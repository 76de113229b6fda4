import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { RowClicks } from '../commands/row-clicks.ts';
import type { Contribution } from '../contribution.ts';
import { Disposables } from '../lifecycle/disposables.ts';
import { NeedsTree, type NeedRow } from './tree.ts';

/** The Needs you view. Its badge is the number of decisions that wait in this window. */
export const needsYouView: Contribution = {
  name: 'Needs you view',
  register(app) {
    const owner = new Disposables();
    const tree = owner.add(new NeedsTree(app));
    const clicks = owner.add(new RowClicks<NeedRow>(app.commands, 'coppice.needsYou.openRow'));
    const treeDataProvider = clicks.around(tree);
    const view = owner.add(vscode.window.createTreeView('coppice.needsYou', { treeDataProvider }));
    clicks.follow(view);
    const count = (): void => {
      const { length } = app.sessions.needs;
      view.badge = length === 0 ? undefined : { value: length, tooltip: badgeText(length) };
    };
    owner.add(app.sessions.onChange(count));
    owner.add(view.onDidChangeVisibility(({ visible }) => app.attention.see('needs', visible)));
    app.attention.see('needs', view.visible);
    count();
    return owner;
  },
};

function badgeText(count: number): string {
  return count === 1 ? l10n.t('1 decision needs you') : l10n.t('{0} decisions need you', count);
}
