import * as vscode from 'vscode';
import { within } from '../../protocol/client/deadline.ts';
import type { ResourcesView } from '../../protocol/schemas.ts';
import type { App } from '../app.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import { archiveItem, repositoryItem, sessionItem, turnItem } from './items.ts';
import { sessionDescription } from './labels.ts';
import { Outline, Rows, touched, type Row } from './outline.ts';
import { isAtWork } from './status-look.ts';
import { sessionTooltip } from './tooltip.ts';

const minuteMs = 60_000;
const usesMs = 1000;

/** Rows of the Sessions view. Only rows that changed are drawn again. */
export class SessionsTree implements vscode.TreeDataProvider<Row>, Disposable {
  readonly #app: App;
  readonly #owner = new Disposables();
  readonly #rows = new Rows();
  readonly #changes = this.#owner.add(new vscode.EventEmitter<Row | undefined>());
  /** Sessions as they were listed last, and whether as plans: VS Code loses its way when a row that stays gets another id. */
  readonly #listed = new Map<string, boolean>();
  /** The dim text of rows as it was drawn: it grows old by itself. */
  readonly #drawn = new Map<string, string>();
  #showArchived = false;
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

  set showArchived(show: boolean) {
    if (this.#showArchived === show) return;
    this.#showArchived = show;
    this.#all();
  }

  /** The row of a session, for the view to reveal. */
  row(session: string): Row | undefined {
    return this.#app.sessions.entries.has(session) ? this.#rows.session(session) : undefined;
  }

  async getChildren(row?: Row): Promise<Row[]> {
    if (row === undefined && this.#outline.isEmpty) return []; // the view then shows its welcome text
    if (row?.kind === 'session') await this.#look(row.id);
    const children = this.#outline.children(row);
    for (const each of children) {
      if (each.kind === 'session') this.#listed.set(each.id, this.#outline.below(each.id) !== undefined);
    }
    return [...children];
  }

  getParent(row: Row): Row | undefined {
    return this.#outline.parent(row);
  }

  getTreeItem(row: Row): vscode.TreeItem {
    switch (row.kind) {
      case 'repository': {
        const place = this.#app.places.list.find(({ root }) => root === row.root);
        return repositoryItem(row, place?.trust?.trusted);
      }
      case 'archive':
        return archiveItem(row);
      case 'session':
        return this.#session(row);
      case 'turn': {
        const notes = this.#app.sessions.entries.get(row.session)?.detail?.turnNotes;
        const note = notes?.find(({ n }) => n === row.n);
        return note === undefined ? new vscode.TreeItem('') : turnItem(row, note, Date.now());
      }
    }
  }

  async resolveTreeItem(item: vscode.TreeItem, row: Row): Promise<vscode.TreeItem> {
    if (row.kind !== 'session') return item;
    const [uses] = await Promise.all([this.#uses(row.id), this.#look(row.id)]);
    const entry = this.#app.sessions.entries.get(row.id);
    if (entry !== undefined)
      item.tooltip = sessionTooltip(entry.session, entry.detail, Date.now(), this.#outline.below(row.id), uses);
    return item;
  }

  dispose(): void {
    this.#owner.dispose();
  }

  #draw(): Outline {
    const { entries, roots } = this.#app.sessions;
    return new Outline(entries, roots, this.#rows, { showArchived: this.#showArchived });
  }

  #all(): void {
    this.#outline = this.#draw();
    this.#changes.fire(undefined);
  }

  /** Turns and last words of a session are asked for when somebody looks at it. Away from the engine, what is known is shown. */
  async #look(id: string): Promise<void> {
    const { all, sessions, link, log } = this.#app;
    if (sessions.entries.get(id)?.detail !== undefined || link.state.status !== 'connected') return;
    await all.look(id).catch((error: unknown) => log.debug(`Session ${id} could not be looked at.`, error));
  }

  /** What an agent at work uses; whoever waits for a tooltip does not wait long for that. */
  async #uses(id: string): Promise<ResourcesView | undefined> {
    const { sessions, link } = this.#app;
    const session = sessions.entries.get(id)?.session;
    if (session === undefined || !isAtWork(session) || link.state.status !== 'connected') return undefined;
    const asked = link.request('session/resources', { session: id, disk: false });
    return within(usesMs, asked, () => new Error('It took too long.')).catch(() => undefined);
  }

  #age(): void {
    const now = Date.now();
    for (const [id, text] of this.#drawn) {
      const session = this.#app.sessions.entries.get(id)?.session;
      if (session === undefined) this.#drawn.delete(id);
      else if (sessionDescription(session, now, this.#outline.below(id)) !== text)
        this.#changes.fire(this.#rows.session(id));
    }
  }

  #session(row: Row & { kind: 'session' }): vscode.TreeItem {
    const entry = this.#app.sessions.entries.get(row.id);
    if (entry === undefined) return new vscode.TreeItem('');
    const now = Date.now();
    const below = this.#outline.below(row.id);
    this.#drawn.set(row.id, sessionDescription(entry.session, now, below));
    return sessionItem(row, entry.session, { below, now, asPlan: this.#listed.get(row.id) ?? below !== undefined });
  }
}
