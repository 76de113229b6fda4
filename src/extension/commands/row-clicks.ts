import type * as vscode from 'vscode';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import type { Commands } from './door.ts';
import { selectedRow } from './selected-row.ts';
import type { RowCommandId } from './table.ts';

/**
 * Clicks on the rows of a view, none of which is lost. A row's command with arguments has a name of its own in VS Code for as
 * long as the row is drawn: when it is drawn anew, that name is forgotten before the next one is on the screen, and a click in
 * between ends in an error. A command without arguments has no such name; which row is meant, the selection tells, which VS Code
 * reports before it runs the command.
 */
export class RowClicks<Row extends object> implements Disposable {
  readonly #id: RowCommandId;
  readonly #commands: Commands;
  readonly #owner = new Disposables();
  readonly #targets = new WeakMap<Row, vscode.Command>();
  #isOver = false;

  constructor(commands: Commands, id: RowCommandId) {
    this.#commands = commands;
    this.#id = id;
  }

  /** The same rows, whose commands go through here. */
  around(tree: vscode.TreeDataProvider<Row>): vscode.TreeDataProvider<Row> {
    return {
      ...(tree.onDidChangeTreeData === undefined ? {} : { onDidChangeTreeData: tree.onDidChangeTreeData }),
      getChildren: (row) => tree.getChildren(row),
      getTreeItem: async (row) => this.#take(row, await tree.getTreeItem(row)),
      ...(tree.getParent === undefined ? {} : { getParent: (row) => tree.getParent?.(row) }),
      ...(tree.resolveTreeItem === undefined
        ? {}
        : { resolveTreeItem: (item, row, cancel) => tree.resolveTreeItem?.(item, row, cancel) }),
    };
  }

  /** Runs the command of the row that is selected in `view`, whenever one is clicked there. */
  follow(view: Pick<vscode.TreeView<Row>, 'selection'>): void {
    const run = async (): Promise<void> => {
      const row = await selectedRow(view, () => this.#isOver);
      const target = row === undefined ? undefined : this.#targets.get(row);
      if (target !== undefined) await this.#commands.follow(target);
    };
    this.#owner.add(this.#commands.register(this.#id, run));
  }

  dispose(): void {
    this.#isOver = true;
    this.#owner.dispose();
  }

  #take(row: Row, item: vscode.TreeItem): vscode.TreeItem {
    const target = item.command;
    if (target === undefined) this.#targets.delete(row);
    else {
      this.#targets.set(row, target);
      item.command = { command: this.#id, title: target.title };
    }
    return item;
  }
}
