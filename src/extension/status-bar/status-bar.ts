import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { App } from '../app.ts';
import type { Contribution } from '../contribution.ts';
import { Coalesced } from '../lifecycle/coalesce.ts';
import { Disposables } from '../lifecycle/disposables.ts';
import { needLabel } from '../needs-you/evidence.ts';
import { sessionDescription, sessionLabel } from '../sessions/labels.ts';
import { isAtWork, lookOf } from '../sessions/status-look.ts';
import type { SessionView } from '../../protocol/schemas.ts';
import { countsOf, statusText, type Counts } from './text.ts';

const linesMost = 8;
const delayMs = 100;

/** The one item in the status bar: how many are at work, how many decisions wait. */
export const statusBar: Contribution = {
  name: 'Status bar',
  register(app) {
    const owner = new Disposables();
    const item = owner.add(vscode.window.createStatusBarItem('coppice.status', vscode.StatusBarAlignment.Left, 50));
    item.name = 'Coppice';
    item.command = 'coppice.showNeedsYou';
    const draw = (): void => drawItem(app, item);
    const soon = owner.add(new Coalesced(draw, delayMs));
    owner.add(app.sessions.onChange(() => soon.ask()));
    owner.add(app.link.onState(() => soon.ask()));
    draw();
    return owner;
  },
};

function drawItem(app: App, item: vscode.StatusBarItem): void {
  const sessions = [...app.sessions.entries.values()].map(({ session }) => session);
  const counts = countsOf(sessions, app.sessions.needs.length);
  const shown = statusText(counts, app.link.state.status);
  if (shown === undefined) {
    item.hide();
    return;
  }
  item.text = shown.text;
  item.accessibilityInformation = { label: shown.spoken };
  item.backgroundColor = shown.warns ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
  item.tooltip = tooltip(app, sessions, counts);
  item.show();
}

/** Text of agents is appended as text, never as Markdown. */
function tooltip(
  app: App,
  sessions: readonly SessionView[],
  { running, waiting, queued, ended }: Counts,
): vscode.MarkdownString {
  const text = new vscode.MarkdownString('', true);
  const line = (icon: string, what: string): void => {
    text.appendMarkdown(`\n\n$(${icon}) `).appendText(what);
  };
  text.appendMarkdown('**Coppice**');
  if (app.link.state.status === 'away')
    line('debug-disconnect', l10n.t('The engine is not connected; it is tried again by itself.'));
  line(
    'layers',
    l10n.t('{0} running, {1} waiting for you, {2} in the queue, {3} ended', running, waiting, queued, ended),
  );
  for (const { session, breakpoint } of app.sessions.needs.slice(0, linesMost)) {
    line('bell-dot', `${sessionLabel(session)}: ${needLabel(breakpoint)}`);
  }
  const now = Date.now();
  const working = sessions.filter(
    (session) => isAtWork(session) && session.status !== 'needs-you' && !session.archived,
  );
  for (const session of working.slice(0, linesMost)) {
    const icon = lookOf(session.status).icon.replace('loading~spin', 'circle-filled');
    line(icon, `${sessionLabel(session)} · ${sessionDescription(session, now)}`);
  }
  if (working.length > linesMost) line('ellipsis', l10n.t('and {0} more', working.length - linesMost));
  return text;
}
