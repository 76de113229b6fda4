import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import type { App } from '../app.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import { decorationUri } from './decorations.ts';
import { sessionDescription, sessionLabel, spokenSession } from './labels.ts';
import { Outline, rowId, Rows, touched, type Row } from './outline.ts';
import { colourId, isSettled, lookOf } from './status-look.ts';
import type { SessionView } from '../../protocol/schemas.ts';
import * as l10n from '@vscode/l10n';

const minuteMs = 60_000;

/** Rows of the Sessions view. Only rows that changed are drawn again. */
export class SessionsTree implements vscode.TreeDataProvider<Row>, Disposable {
  readonly #app: App;
  readonly #owner = new Disposables();
  readonly #rows = new Rows();
  readonly #changes = this.#owner.add(new vscode.EventEmitter<Row | undefined>());
  /** The dim text of rows as it was drawn: it grows old by itself. */
  readonly #drawn = new Map<string, string>();
  #outline: Outline;

  constructor(app: App) {
    this.#app = app;
    this.#outline = this.#draw();
    this.#owner.add(
      app.sessions.onChange((changes) => {
        const before = this.#outline;
        this.#outline = this.#draw();
        for (const row of touched(changes, before, this.#outline, this.#rows)) this.#changes.fire(row);
      }),
    );
    this.#owner.add(app.places.onChange(() => this.#all()));
    const clock = setInterval(() => this.#age(), minuteMs);
    this.#owner.add({ dispose: () => clearInterval(clock) });
  }

  get onDidChangeTreeData(): vscode.Event<Row | undefined> {
    return this.#changes.event;
  }

  getChildren(row?: Row): Row[] {
    if (row === undefined && this.#outline.isEmpty) return []; // the view then shows its welcome text
    return [...this.#outline.children(row)];
  }

  getParent(row: Row): Row | undefined {
    return this.#outline.parent(row);
  }

  getTreeItem(row: Row): vscode.TreeItem {
    switch (row.kind) {
      case 'repository':
        return this.#repository(row);
      case 'archive':
        return this.#archive(row);
      case 'session': {
        const entry = this.#app.sessions.entries.get(row.id);
        return entry === undefined ? new vscode.TreeItem(row.id.slice(0, 8)) : this.#session(row, entry.session);
      }
    }
  }

  dispose(): void {
    this.#owner.dispose();
  }

  #draw(): Outline {
    return new Outline(this.#app.sessions.entries, this.#app.sessions.roots, this.#rows, { showArchived: false });
  }

  #all(): void {
    this.#outline = this.#draw();
    this.#changes.fire(undefined);
  }

  #age(): void {
    const now = Date.now();
    for (const [id, text] of this.#drawn) {
      const session = this.#app.sessions.entries.get(id)?.session;
      if (session === undefined) this.#drawn.delete(id);
      else if (sessionDescription(session, now) !== text) this.#changes.fire(this.#rows.session(id));
    }
  }

  #repository(row: Row & { kind: 'repository' }): vscode.TreeItem {
    const item = new vscode.TreeItem(basename(row.root), vscode.TreeItemCollapsibleState.Expanded);
    item.id = rowId(row);
    item.description = dirname(row.root);
    item.tooltip = row.root;
    item.iconPath = new vscode.ThemeIcon('repo');
    item.contextValue = 'repository';
    return item;
  }

  #archive(row: Row & { kind: 'archive' }): vscode.TreeItem {
    const item = new vscode.TreeItem(l10n.t('Archived'), vscode.TreeItemCollapsibleState.Collapsed);
    item.id = rowId(row);
    item.iconPath = new vscode.ThemeIcon('archive');
    item.contextValue = 'archive';
    return item;
  }

  #session(row: Row & { kind: 'session' }, session: SessionView): vscode.TreeItem {
    const now = Date.now();
    const below = this.#outline.children(row).length > 0;
    const { Expanded, None } = vscode.TreeItemCollapsibleState;
    const item = new vscode.TreeItem(sessionLabel(session), below ? Expanded : None);
    const look = lookOf(session.status);
    const description = sessionDescription(session, now);
    this.#drawn.set(session.id, description);
    item.id = rowId(row);
    item.description = description;
    item.resourceUri = decorationUri(session);
    item.iconPath = new vscode.ThemeIcon(
      look.icon,
      look.colour === undefined ? undefined : new vscode.ThemeColor(colourId(look.colour)),
    );
    item.contextValue = ['session', session.status, isSettled(session) ? 'settled' : 'live'].join(' ');
    item.accessibilityInformation = { label: spokenSession(session, now), role: 'treeitem' };
    item.command = { command: 'coppice.openSession', title: l10n.t('Open Session'), arguments: [session.id] };
    return item;
  }
}
