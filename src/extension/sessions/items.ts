/** How a row of the Sessions view is drawn. */
import { basename, dirname } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { oneLine } from '../../core/printable.ts';
import type { SessionView, TurnNoteView } from '../../protocol/schemas.ts';
import { isSettled } from '../../protocol/session-status.ts';
import type { Below } from './below.ts';
import { decorationUri } from './decorations.ts';
import { joined } from './joined.ts';
import { rowLabel, sessionDescription, spokenSession, turnTime } from './labels.ts';
import { rowId, type Row } from './outline.ts';
import { colourId, lookOf } from './status-look.ts';
import { turnLook } from './turn-look.ts';

const { Collapsed, Expanded, None } = vscode.TreeItemCollapsibleState;

/** A repository; whether it is trusted decides which actions it offers. */
export function repositoryItem(row: Row & { kind: 'repository' }, trusted: boolean | undefined): vscode.TreeItem {
  const item = new vscode.TreeItem(oneLine(basename(row.root), 120), Expanded);
  item.id = rowId(row);
  item.description = trusted === false ? l10n.t('not trusted') : oneLine(dirname(row.root), 200);
  item.tooltip = oneLine(row.root, 400);
  item.iconPath = new vscode.ThemeIcon('repo');
  item.contextValue = trusted === false ? 'repository untrusted' : 'repository';
  return item;
}

/** The archived sessions of a repository. */
export function archiveItem(row: Row & { kind: 'archive' }): vscode.TreeItem {
  const item = new vscode.TreeItem(l10n.t('Archived'), Collapsed);
  item.id = rowId(row);
  item.iconPath = new vscode.ThemeIcon('archive');
  item.contextValue = 'archive';
  return item;
}

/**
 * A session. `below`: how the sessions under it stand (then it is open), if there are any. `asPlan`: it was listed as one that has
 * some; only with what is above it may that change.
 */
export function sessionItem(
  row: Row & { kind: 'session' },
  session: SessionView,
  { below, asPlan, now }: { readonly below: Below | undefined; readonly asPlan: boolean; readonly now: number },
): vscode.TreeItem {
  const item = new vscode.TreeItem(
    rowLabel(session),
    below !== undefined ? Expanded : session.turns > 0 ? Collapsed : None,
  );
  const look = lookOf(session.status);
  // VS Code keeps a row as it was first shown: one that becomes a plan opens as another row.
  item.id = asPlan ? `${rowId(row)}+` : rowId(row);
  item.description = sessionDescription(session, now, below);
  item.resourceUri = decorationUri(session);
  item.iconPath = themed(look.icon, look.colour);
  item.contextValue = [
    'session',
    session.status,
    isSettled(session) ? 'settled' : 'live',
    ...(session.worktree === null ? [] : ['worktree']),
    ...(session.archived ? ['archived'] : []),
  ].join(' ');
  item.accessibilityInformation = { label: spokenSession(session, now, below), role: 'treeitem' };
  item.command = { command: 'coppice.openSession', title: l10n.t('Open Session'), arguments: [session.id] };
  return item;
}

/** A turn of a session. */
export function turnItem(row: Row & { kind: 'turn' }, note: TurnNoteView, now: number): vscode.TreeItem {
  const about = oneLine(note.about ?? '', 120);
  // A turn begins with the words of its session: its number tells one from the other.
  const label = about === '' ? l10n.t('Turn {0}', note.n) : l10n.t('Turn {0}: {1}', note.n, about);
  const item = new vscode.TreeItem(label, None);
  const look = turnLook(note);
  const took = turnTime(note, now);
  item.id = rowId(row);
  item.description = joined(look.label, took);
  item.iconPath = themed(look.icon, look.colour);
  item.contextValue = 'turn';
  item.accessibilityInformation = {
    label: [l10n.t('Turn {0}', note.n), about, look.label, took].filter((part) => part !== '').join(', '),
    role: 'treeitem',
  };
  item.command = { command: 'coppice.openSession', title: l10n.t('Open Session'), arguments: [row.session] };
  return item;
}

function themed(icon: string, colour: ReturnType<typeof lookOf>['colour']): vscode.ThemeIcon {
  return new vscode.ThemeIcon(icon, colour === undefined ? undefined : new vscode.ThemeColor(colourId(colour)));
}
