import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { App } from '../app.ts';
import type { Contribution } from '../contribution.ts';
import { Coalesced } from '../lifecycle/coalesce.ts';
import { Disposables } from '../lifecycle/disposables.ts';
import { appendWords } from '../messages/words.ts';
import { progressLines, type Line } from './progress.ts';
import { countsOf, statusText, summary, type Shown } from './text.ts';

const delayMs = 100;
const minuteMs = 60_000;

/** The one item in the status bar: how many are at work, how many decisions wait; resting on it tells what and where. */
export const statusBar: Contribution = {
  name: 'Status bar',
  register(app) {
    const owner = new Disposables();
    const item = owner.add(vscode.window.createStatusBarItem('coppice.status', vscode.StatusBarAlignment.Left, 50));
    item.name = 'Coppice';
    item.command = 'coppice.showNeedsYou';
    let drawn: string | undefined;
    const draw = (): void => {
      const { shown, lines } = look(app);
      // An item that is drawn again takes its tooltip from whoever reads it.
      const all = JSON.stringify([shown, lines]);
      if (all === drawn) return;
      drawn = all;
      drawItem(item, shown, lines);
    };
    const soon = owner.add(new Coalesced(draw, delayMs));
    owner.add(app.sessions.onChange(() => soon.ask()));
    owner.add(app.line.onChange(() => soon.ask()));
    owner.add(app.link.onState(() => soon.ask()));
    const clock = setInterval(draw, minuteMs);
    owner.add({ dispose: () => clearInterval(clock) });
    draw();
    return owner;
  },
};

function look(app: App): { readonly shown: Shown | undefined; readonly lines: readonly Line[] } {
  const { entries, needs, roots } = app.sessions;
  const counts = countsOf(
    [...entries.values()].map(({ session }) => session),
    needs.length,
  );
  const shown = statusText(counts, app.link.state.status);
  if (shown === undefined) return { shown, lines: [] };
  const landings = app.line.landings.filter(({ repository }) => roots.includes(repository));
  const away = l10n.t('The engine is not connected; it is tried again by itself.');
  return {
    shown,
    lines: [
      ...(app.link.state.status === 'away' ? [{ icon: 'debug-disconnect', text: away }] : []),
      { icon: 'layers', text: summary(counts) },
      ...progressLines({ entries, needs, landings, now: Date.now() }),
    ],
  };
}

function drawItem(item: vscode.StatusBarItem, shown: Shown | undefined, lines: readonly Line[]): void {
  if (shown === undefined) {
    item.hide();
    return;
  }
  item.text = shown.text;
  item.accessibilityInformation = { label: shown.spoken };
  item.backgroundColor = shown.warns ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
  // Text of agents is appended as text, never as Markdown.
  const tooltip = new vscode.MarkdownString('**Coppice**', true);
  for (const { icon, text } of lines) appendWords(tooltip.appendMarkdown(`\n\n$(${icon}) `), text);
  item.tooltip = tooltip;
  item.show();
}
