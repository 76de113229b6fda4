import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { App } from '../app.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import type { Need } from '../sessions/entry.ts';
import { ageText, sessionLabel, waitText } from '../sessions/labels.ts';
import { colourId } from '../sessions/status-look.ts';
import { evidenceRows, kindLook, needLabel, type EvidenceRow } from './evidence.ts';
import { inOrder } from './order.ts';

/** A decision, or a line of its evidence. */
export type NeedRow =
  | { readonly kind: 'need'; readonly session: string; readonly breakpoint: string }
  | { readonly kind: 'evidence'; readonly need: NeedRow & { kind: 'need' }; readonly index: number };

const minuteMs = 60_000;

/** Rows of the Needs you view: what was answered, here or elsewhere, is gone with the next frame. */
export class NeedsTree implements vscode.TreeDataProvider<NeedRow>, Disposable {
  readonly #app: App;
  readonly #owner = new Disposables();
  readonly #changes = this.#owner.add(new vscode.EventEmitter<NeedRow | undefined>());
  readonly #rows = new Map<string, NeedRow & { kind: 'need' }>();
  #needs: readonly Need[];

  constructor(app: App) {
    this.#app = app;
    this.#needs = this.#ordered();
    this.#owner.add(app.sessions.onChange(() => this.#compare()));
    const clock = setInterval(() => this.#needs.forEach((need) => this.#changes.fire(this.#row(need))), minuteMs);
    this.#owner.add({ dispose: () => clearInterval(clock) });
  }

  get onDidChangeTreeData(): vscode.Event<NeedRow | undefined> {
    return this.#changes.event;
  }

  /** The rows of the decisions, in the order of the view. */
  get rows(): readonly NeedRow[] {
    return this.#needs.map((need) => this.#row(need));
  }

  getChildren(row?: NeedRow): NeedRow[] {
    if (row === undefined) return [...this.rows];
    if (row.kind === 'evidence') return [];
    const need = this.#need(row);
    if (need === undefined) return [];
    return evidenceRows(need.breakpoint).map((_, index) => ({ kind: 'evidence', need: row, index }));
  }

  getParent(row: NeedRow): NeedRow | undefined {
    return row.kind === 'evidence' ? row.need : undefined;
  }

  getTreeItem(row: NeedRow): vscode.TreeItem {
    const need = this.#need(row.kind === 'need' ? row : row.need);
    if (need === undefined) return new vscode.TreeItem('');
    if (row.kind === 'need') return needItem(need, row);
    const evidence = evidenceRows(need.breakpoint)[row.index];
    return evidence === undefined ? new vscode.TreeItem('') : evidenceItem(evidence, row);
  }

  dispose(): void {
    this.#owner.dispose();
  }

  #ordered(): readonly Need[] {
    const { needs, entries } = this.#app.sessions;
    return inOrder(needs, entries);
  }

  #row({ session, breakpoint }: Need): NeedRow & { kind: 'need' } {
    const key = `${session.id}/${breakpoint.id}`;
    const row = this.#rows.get(key) ?? { kind: 'need', session: session.id, breakpoint: breakpoint.id };
    this.#rows.set(key, row);
    return row;
  }

  #need({ session, breakpoint }: NeedRow & { kind: 'need' }): Need | undefined {
    return this.#needs.find((need) => need.session.id === session && need.breakpoint.id === breakpoint);
  }

  #compare(): void {
    const before = this.#needs;
    const after = this.#ordered();
    const same = before.length === after.length && after.every((need, i) => sameNeed(need, before[i]));
    this.#needs = after;
    if (same) return;
    const known = new Set(after.map((need) => this.#row(need)));
    for (const [key, row] of this.#rows) if (!known.has(row)) this.#rows.delete(key);
    this.#changes.fire(undefined);
  }
}

function sameNeed(a: Need, b: Need | undefined): boolean {
  return a.session.id === b?.session.id && a.session.title === b.session.title && a.breakpoint.id === b.breakpoint.id;
}

function needItem({ session, breakpoint }: Need, row: NeedRow & { kind: 'need' }): vscode.TreeItem {
  const { icon, label: kind } = kindLook(breakpoint.kind);
  const label = needLabel(breakpoint);
  const waits = Date.now() - Date.parse(breakpoint.raisedAt);
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Expanded);
  item.id = `need:${session.id}/${breakpoint.id}`;
  item.description = `${sessionLabel(session)} · ${ageText(waits)}`;
  item.iconPath = new vscode.ThemeIcon(icon, new vscode.ThemeColor(colourId('needsYou')));
  item.contextValue = `need ${breakpoint.kind}`;
  item.tooltip = `${kind}: ${label}\n${item.description}`;
  item.accessibilityInformation = {
    label: [kind, label, sessionLabel(session), waitText(waits)].join(', '),
    role: 'treeitem',
  };
  item.command = { command: 'coppice.answerSession', title: l10n.t('Answer'), arguments: [row] };
  return item;
}

function evidenceItem({ label, description, icon }: EvidenceRow, row: NeedRow & { kind: 'evidence' }): vscode.TreeItem {
  const item = new vscode.TreeItem(label);
  item.id = `evidence:${row.need.session}/${row.need.breakpoint}/${row.index}`;
  if (description !== undefined) item.description = description;
  item.iconPath = new vscode.ThemeIcon(
    icon,
    icon === 'warning' ? new vscode.ThemeColor(colourId('failed')) : undefined,
  );
  item.contextValue = 'evidence';
  item.tooltip = description === undefined ? label : `${label}\n${description}`;
  item.command = { command: 'coppice.showEvidence', title: l10n.t('Show Evidence'), arguments: [row.need] };
  return item;
}
