import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { App } from '../app.ts';
import type { Contribution } from '../contribution.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import { BreakpointsModel } from './model.ts';
import { breakpointText, permissionText, type BreakpointRow, type RowText } from './rows.ts';

/** The Breakpoints view: conditions with a box to turn each on and off, and what was allowed for good. */
export const breakpointsView: Contribution = {
  name: 'Breakpoints view',
  register(app) {
    const owner = new Disposables();
    const model = owner.add(new BreakpointsModel(app.link, app.places, app.log));
    const tree = owner.add(new BreakpointsTree(model));
    const view = owner.add(
      vscode.window.createTreeView('coppice.breakpoints', {
        treeDataProvider: tree,
        manageCheckboxStateManually: true,
      }),
    );
    owner.add(
      view.onDidChangeCheckboxState(({ items }) => {
        tick(app, items).catch((error: unknown) => {
          app.log.error('A breakpoint could not be turned on or off.', error);
          tree.refresh();
        });
      }),
    );
    return owner;
  },
};

async function tick(
  app: App,
  items: readonly (readonly [BreakpointRow, vscode.TreeItemCheckboxState])[],
): Promise<void> {
  for (const [row, state] of items) {
    if (row.kind !== 'breakpoint') continue;
    const enabled = state === vscode.TreeItemCheckboxState.Checked;
    await app.link.request('breakpoint/enable', { breakpoint: row.breakpoint, enabled });
  }
}

class BreakpointsTree implements vscode.TreeDataProvider<BreakpointRow>, Disposable {
  readonly #model: BreakpointsModel;
  readonly #owner = new Disposables();
  readonly #changes = this.#owner.add(new vscode.EventEmitter<BreakpointRow | undefined>());

  constructor(model: BreakpointsModel) {
    this.#model = model;
    this.#owner.add(model.onChange(() => this.refresh()));
  }

  get onDidChangeTreeData(): vscode.Event<BreakpointRow | undefined> {
    return this.#changes.event;
  }

  refresh(): void {
    this.#changes.fire(undefined);
  }

  getChildren(row?: BreakpointRow): BreakpointRow[] {
    const { breakpoints, permissions } = this.#model;
    if (row?.kind === 'permissions')
      return permissions.map((grant) => ({ kind: 'permission', permission: grant.id, grant }));
    if (row !== undefined) return [];
    const stops = breakpoints.map((stop): BreakpointRow => ({ kind: 'breakpoint', breakpoint: stop.id, stop }));
    return permissions.length === 0 ? stops : [...stops, { kind: 'permissions' }];
  }

  getTreeItem(row: BreakpointRow): vscode.TreeItem {
    switch (row.kind) {
      case 'breakpoint': {
        const item = itemOf(row.kind, row.breakpoint, breakpointText(row.stop));
        const { Checked, Unchecked } = vscode.TreeItemCheckboxState;
        item.checkboxState = row.stop.spec.enabled ? Checked : Unchecked;
        item.accessibilityInformation = { label: `${item.label}, ${item.description}`, role: 'checkbox' };
        return item;
      }
      case 'permission': {
        const item = itemOf(row.kind, row.permission, permissionText(row.grant));
        item.iconPath = new vscode.ThemeIcon('pass');
        return item;
      }
      case 'permissions': {
        const item = new vscode.TreeItem(
          l10n.t('Allowed without Asking Again'),
          vscode.TreeItemCollapsibleState.Collapsed,
        );
        item.id = 'permissions';
        item.iconPath = new vscode.ThemeIcon('unlock');
        return item;
      }
    }
  }

  dispose(): void {
    this.#owner.dispose();
  }
}

/** What rows of breakpoints and of permissions have in common. */
function itemOf(contextValue: string, id: string, { label, ...text }: RowText): vscode.TreeItem & RowText {
  const given = { ...text, label, contextValue, id: `${contextValue}:${id}` };
  return Object.assign(new vscode.TreeItem(label), given);
}
