/** A click on a row is carried out although what is above the row is being drawn anew. */
import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { Commands } from '../../src/extension/commands/door.ts';
import { RowClicks } from '../../src/extension/commands/row-clicks.ts';
import { soon } from './support/waiting.ts';

interface Row {
  readonly name: string;
}

describe('a click on a row', () => {
  const [above, row]: readonly [Row, Row] = [{ name: 'above' }, { name: 'row' }];
  const changes = new vscode.EventEmitter<Row | undefined>();
  const followed: vscode.Command[] = [];
  /** What the children of `above` wait for. */
  let drawn: Promise<void> = Promise.resolve();
  let asked = 0;
  let click: () => unknown = () => undefined;
  let clicks: RowClicks<Row>;
  let view: vscode.TreeView<Row>;

  before(async () => {
    const commands: Commands = {
      register: (_, handler) => {
        click = handler;
        return { dispose: () => undefined };
      },
      run: async () => undefined,
      follow: async (target) => void followed.push(target),
    };
    clicks = new RowClicks<Row>(commands, 'coppice.sessions.openRow');
    const treeDataProvider = clicks.around({
      onDidChangeTreeData: changes.event,
      getParent: (each) => (each === row ? above : undefined),
      getChildren: async (each) => {
        if (each === undefined) return [above];
        if (each !== above) return [];
        asked += 1;
        await drawn;
        return [row];
      },
      getTreeItem: ({ name }) => {
        const state = vscode.TreeItemCollapsibleState[name === 'above' ? 'Expanded' : 'None'];
        const item = new vscode.TreeItem(name, state);
        item.id = name;
        item.command = { command: 'open', title: 'Open', arguments: [name] };
        return item;
      },
    });
    view = vscode.window.createTreeView('hostTests.rows', { treeDataProvider });
    clicks.follow(view);
    await vscode.commands.executeCommand('hostTests.rows.focus');
    await view.reveal(row, { select: true });
    await soon(() => view.selection[0] === row, 'a selected row');
  });
  after(() => {
    for (const each of [clicks, view, changes]) each.dispose();
  });

  it('runs what the row stands for', async () => {
    await click();
    assert.deepEqual(followed.splice(0), [{ command: 'open', title: 'Open', arguments: ['row'] }]);
  });

  it('waits while VS Code knows no row for the selection', async () => {
    let draw: () => void = () => undefined;
    drawn = new Promise((resolve) => (draw = resolve));
    const before = asked;
    changes.fire(above);
    await soon(() => asked > before, 'the row above being drawn anew');
    assert.deepEqual([...view.selection], [], 'the row is not known meanwhile');
    const running = click();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(followed, []);
    draw();
    await running;
    assert.deepEqual(
      followed.splice(0).map(({ arguments: given }) => given),
      [['row']],
    );
  });
});
