import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { oneLine } from '../../core/printable.ts';
import { joined } from '../sessions/joined.ts';
import type { SessionsModel } from '../sessions/model.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import { amount } from './choice.ts';
import { documents, sinceBase } from './diffs.ts';
import { itemId, looksOf, redrawn, type Looks } from './drawn.ts';
import { filesText } from './landing-plan.ts';
import * as labels from './labels.ts';
import type { ReviewModel } from './model.ts';
import type { Rollbacks } from './rollback.ts';
import { rowsBelow, type ReviewRow, type SectionName } from './rows.ts';

const { Checked, Unchecked } = vscode.TreeItemCheckboxState;
const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;

/** Rows of the Review view. */
export class ReviewTree implements vscode.TreeDataProvider<ReviewRow>, Disposable {
  readonly #model: ReviewModel;
  readonly #rollbacks: Rollbacks;
  readonly #all: Pick<SessionsModel, 'entries'>;
  readonly #owner = new Disposables();
  readonly #changes = this.#owner.add(new vscode.EventEmitter<ReviewRow[] | undefined>());
  /** Rows by the ids of their items: while a row stays it is the same object, which is how VS Code knows it again. */
  readonly #rows = new Map<string, ReviewRow>();
  #looks: Looks = new Map();

  constructor(model: ReviewModel, rollbacks: Rollbacks, all: Pick<SessionsModel, 'entries'>) {
    this.#model = model;
    this.#rollbacks = rollbacks;
    this.#all = all;
    this.#owner.add(model.onChange(() => this.#follow()));
    this.#owner.add(rollbacks.onChange(() => this.redraw()));
    this.#looks = this.#look();
  }

  get onDidChangeTreeData(): vscode.Event<ReviewRow[] | undefined> {
    return this.#changes.event;
  }

  /** Draws everything again, also what should look the same: a click on a checkbox shows at once, whatever comes of it. */
  redraw(): void {
    this.#looks = this.#look();
    this.#rows.clear();
    this.#changes.fire(undefined);
  }

  getChildren(row?: ReviewRow): ReviewRow[] {
    const { subject } = this.#model;
    if (subject === undefined) return [];
    return rowsBelow(subject, this.#rollbacks.open, row).map((each) => this.#intern(each));
  }

  getTreeItem(row: ReviewRow): vscode.TreeItem {
    const item = this.#item(row);
    item.id = itemId(row, this.#model.subject);
    return item;
  }

  dispose(): void {
    this.#owner.dispose();
  }

  #look(): Looks {
    return looksOf(this.#model.subject, this.#rollbacks.open, (id) => this.#titleOf(id));
  }

  /** Rows that stay learn what they stand for; those that look different are drawn again. */
  #follow(): void {
    const before = this.#looks;
    this.#looks = this.#look();
    const changed = redrawn(before, this.#looks);
    if (changed === undefined) {
      this.redraw();
      return;
    }
    for (const [id, { row }] of this.#looks) if (this.#rows.has(id)) this.#intern(row);
    const known = changed.flatMap((id) => this.#rows.get(id) ?? []);
    if (known.length > 0) this.#changes.fire(known);
  }

  #intern(row: ReviewRow): ReviewRow {
    const id = itemId(row, this.#model.subject);
    const known = this.#rows.get(id);
    if (known !== undefined) return Object.assign(known, row);
    this.#rows.set(id, row);
    return row;
  }

  #titleOf(id: string): string {
    return this.#all.entries.get(id)?.session.title ?? id.slice(0, 8);
  }

  #item(row: ReviewRow): vscode.TreeItem {
    switch (row.kind) {
      case 'section':
        return this.#section(row.name, row.count);
      case 'file':
        return this.#file(row);
      case 'comment':
        return comment(row);
      case 'checkpoint':
        return checkpoint(row);
      case 'overlap':
        return this.#overlap(row);
      case 'overlap-file':
        return overlapFile(row);
      case 'landing':
        return landing(row);
      case 'rollback-file':
        return rollbackFile(row);
      case 'rollback-hunk':
        return rollbackHunk(row);
    }
  }

  #section(name: SectionName, count: number): vscode.TreeItem {
    const look = sectionLook(name);
    const item = new vscode.TreeItem(look.label, name === 'checkpoints' ? Collapsed : Expanded);
    const total = this.#model.subject?.changes?.total;
    item.description =
      name === 'changes' && total !== undefined ? `${count} · +${total.insertions} −${total.deletions}` : String(count);
    item.iconPath = new vscode.ThemeIcon(
      look.icon,
      look.colour === undefined ? undefined : new vscode.ThemeColor(look.colour),
    );
    item.contextValue = `review-section ${name}`;
    const remarks = name === 'rollback' ? (this.#rollbacks.open?.preview.remarks ?? []) : [];
    if (remarks.length > 0) item.tooltip = remarks.map((remark) => oneLine(remark, 300)).join('\n');
    return item;
  }

  #file(row: ReviewRow & { kind: 'file' }): vscode.TreeItem {
    const { file } = row;
    const { subject } = this.#model;
    const comments = subject?.review.comments.filter(({ path }) => path === file.path) ?? [];
    const item = new vscode.TreeItem(labels.fileName(file.path), comments.length > 0 ? Expanded : None);
    const ticked = subject !== undefined && labels.isTicked(file, subject.review);
    item.description = joined(labels.folderOf(file.path), labels.countsOf(file));
    item.tooltip = fileTooltip(file.path, file.oldPath, labels.statusWord(file));
    item.checkboxState = { state: ticked ? Checked : Unchecked, tooltip: l10n.t('Reviewed') };
    item.contextValue = `review-file ${file.status}`;
    item.command = { command: 'coppice.openReviewFile', title: l10n.t('Open Diff'), arguments: [row] };
    if (subject !== undefined) item.resourceUri = documents(sinceBase(subject), file).after;
    item.iconPath = vscode.ThemeIcon.File;
    const spoken = [labels.pathLabel(file.path), labels.statusWord(file), labels.countsOf(file)];
    item.accessibilityInformation = { label: [...spoken, ...(ticked ? [l10n.t('reviewed')] : [])].join(', ') };
    return item;
  }

  #overlap({ overlap, session }: ReviewRow & { kind: 'overlap' }): vscode.TreeItem {
    const label = labels.overlapLabel(overlap, session, (id) => this.#titleOf(id));
    const item = new vscode.TreeItem(label, Expanded);
    item.description = filesText(overlap.files.length + overlap.more);
    item.iconPath = new vscode.ThemeIcon('git-compare', new vscode.ThemeColor('list.warningForeground'));
    item.contextValue = 'review-overlap';
    return item;
  }
}

interface SectionLook {
  readonly label: string;
  readonly icon: string;
  readonly colour?: string;
}

function sectionLook(name: SectionName): SectionLook {
  switch (name) {
    case 'rollback':
      return { label: l10n.t('Roll back these changes'), icon: 'discard', colour: 'list.warningForeground' };
    case 'changes':
      return { label: l10n.t('Changes since the base'), icon: 'diff-multiple' };
    case 'overlaps':
      return { label: l10n.t('Overlaps'), icon: 'git-compare', colour: 'list.warningForeground' };
    case 'landing':
      return { label: l10n.t('Landing'), icon: 'git-merge' };
    case 'checkpoints':
      return { label: l10n.t('Checkpoints'), icon: 'history' };
  }
}

function fileTooltip(path: string, oldPath: string | undefined, word: string): string {
  const moved = oldPath === undefined ? '' : ` (${labels.pathLabel(oldPath)})`;
  return `${labels.pathLabel(path)}${moved}\n${word}`;
}

function comment(row: ReviewRow & { kind: 'comment' }): vscode.TreeItem {
  const { state, text, start } = row.comment;
  const item = new vscode.TreeItem(oneLine(text, 120), None);
  const words = {
    open: l10n.t('not sent'),
    sent: l10n.t('sent'),
    answered: l10n.t('answered'),
    resolved: l10n.t('resolved'),
  };
  item.description = l10n.t('line {0} · {1}', start, words[state]);
  item.iconPath = new vscode.ThemeIcon(
    state === 'resolved' ? 'pass' : state === 'answered' ? 'comment-unresolved' : 'comment',
  );
  item.contextValue = `review-comment ${state}`;
  item.command = { command: 'coppice.openReviewComment', title: l10n.t('Open Comment'), arguments: [row] };
  return item;
}

function checkpoint(row: ReviewRow & { kind: 'checkpoint' }): vscode.TreeItem {
  const { checkpoint: each } = row;
  const item = new vscode.TreeItem(labels.checkpointLabel(each), None);
  item.description = labels.checkpointDescription(each);
  item.tooltip = [new Date(each.at).toLocaleString(), ...each.remarks.map((remark) => oneLine(remark, 300))].join('\n');
  item.iconPath = new vscode.ThemeIcon(labels.checkpointIcon(each));
  item.contextValue = 'review-checkpoint';
  item.command = { command: 'coppice.compareCheckpoint', title: l10n.t('Show What Changed'), arguments: [row] };
  return item;
}

function overlapFile(row: ReviewRow & { kind: 'overlap-file' }): vscode.TreeItem {
  const file = row.overlap.files.find(({ path }) => path === row.path);
  const item = new vscode.TreeItem(labels.pathLabel(row.path), None);
  const [first] = file?.hunks ?? [];
  item.description = first === undefined ? oneLine(file?.kind ?? '', 60) : l10n.t('line {0}', first.ours.start);
  item.iconPath = vscode.ThemeIcon.File;
  item.command = { command: 'coppice.openOverlap', title: l10n.t('Show Both Sides'), arguments: [row] };
  return item;
}

function landing(row: ReviewRow & { kind: 'landing' }): vscode.TreeItem {
  const { landing: each } = row;
  const item = new vscode.TreeItem(labels.landingLabel(each), None);
  item.description = labels.landingDescription(each);
  const icons = { queued: 'sync', built: 'sync', landed: 'check', refused: 'error', withdrawn: 'circle-slash' };
  item.iconPath = new vscode.ThemeIcon(icons[each.state]);
  const takesBack = each.state === 'landed' && each.reverts === undefined && each.revertedBy === undefined;
  item.contextValue = ['review-landing', each.state, ...(takesBack ? ['revertible'] : [])].join(' ');
  item.tooltip = each.error === undefined ? undefined : `${each.error.message}\n${each.error.next}`;
  return item;
}

function rollbackFile(row: ReviewRow & { kind: 'rollback-file' }): vscode.TreeItem {
  const { choice } = row;
  const { file } = choice;
  const item = new vscode.TreeItem(labels.fileName(file.path), choice.hunks.length < 2 ? None : Expanded);
  const taken = amount(choice);
  item.description = joined(labels.folderOf(file.path), backWord(file.status), labels.countsOf(file));
  item.tooltip =
    choice.whole === undefined ? labels.pathLabel(file.path) : `${labels.pathLabel(file.path)}\n${choice.whole}`;
  item.checkboxState = { state: taken === 'none' ? Unchecked : Checked, tooltip: l10n.t('Roll this file back') };
  item.iconPath = vscode.ThemeIcon.File;
  item.contextValue = 'rollback-file';
  item.command = { command: 'coppice.openReviewFile', title: l10n.t('Open Diff'), arguments: [row] };
  return item;
}

/** What a rollback does to a file. */
function backWord(status: string): string {
  if (status === 'added') return l10n.t('comes back');
  return status === 'deleted' ? l10n.t('goes away') : '';
}

function rollbackHunk(row: ReviewRow & { kind: 'rollback-hunk' }): vscode.TreeItem {
  const { choice, index } = row;
  const hunk = choice.hunks[index];
  const item = new vscode.TreeItem(hunk === undefined ? String(index) : labels.hunkLabel(hunk), None);
  item.description = hunk === undefined ? '' : `−${hunk.oldLines} +${hunk.newLines}`;
  item.checkboxState = {
    state: choice.taken[index] === true ? Checked : Unchecked,
    tooltip: l10n.t('Roll this change back'),
  };
  item.contextValue = 'rollback-hunk';
  item.command = { command: 'coppice.openReviewFile', title: l10n.t('Open Diff'), arguments: [row] };
  return item;
}
