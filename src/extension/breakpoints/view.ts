import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { App } from '../app.ts';
import type { Contribution } from '../contribution.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import { BreakpointsModel } from './model.ts';
import { breakpointText, permissionText, type BreakpointRow } from './rows.ts';

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
    if (row?.kind === 'permissions') return permissions.map(({ id }) => ({ kind: 'permission', permission: id }));
    if (row !== undefined) return [];
    const stops = breakpoints.map(({ id }): BreakpointRow => ({ kind: 'breakpoint', breakpoint: id }));
    return permissions.length === 0 ? stops : [...stops, { kind: 'permissions' }];
  }

  getTreeItem(row: BreakpointRow): vscode.TreeItem {
    switch (row.kind) {
      case 'breakpoint':
        return this.#breakpoint(row.breakpoint);
      case 'permission':
        return this.#permission(row.permission);
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

  #breakpoint(id: string): vscode.TreeItem {
    const found = this.#model.breakpoints.find((each) => each.id === id);
    if (found === undefined) return new vscode.TreeItem('');
    const { label, description, tooltip } = breakpointText(found);
    const item = new vscode.TreeItem(label);
    item.id = `breakpoint:${id}`;
    item.description = description;
    item.tooltip = tooltip;
    item.contextValue = 'breakpoint';
    const { Checked, Unchecked } = vscode.TreeItemCheckboxState;
    item.checkboxState = found.spec.enabled ? Checked : Unchecked;
    item.accessibilityInformation = { label: `${label}, ${description}`, role: 'checkbox' };
    return item;
  }

  #permission(id: string): vscode.TreeItem {
    const found = this.#model.permissions.find((each) => each.id === id);
    if (found === undefined) return new vscode.TreeItem('');
    const { label, description, tooltip } = permissionText(found);
    const item = new vscode.TreeItem(label);
    item.id = `permission:${id}`;
    item.description = description;
    item.tooltip = tooltip;
    item.contextValue = 'permission';
    item.iconPath = new vscode.ThemeIcon('pass');
    return item;
  }
}
