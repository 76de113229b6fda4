import * as vscode from 'vscode';
import type { App } from '../app.ts';
import type { Contribution } from '../contribution.ts';
import { Disposables } from '../lifecycle/disposables.ts';
import { showInformationMessage, showWarningMessage } from '../messages/messages.ts';
import { setting } from '../settings/settings.ts';
import { Announcer, type Ways } from './announcer.ts';
import { desktopCommand, tellDesktop } from './desktop.ts';

/** A message when somebody has to act, or work has ended, and nobody looked. What gathers meanwhile is one message. */
export const notifications: Contribution = {
  name: 'Notifications',
  register(app) {
    const owner = new Disposables();
    owner.add(vscode.window.onDidChangeWindowState(({ focused }) => app.attention.focus(focused)));
    app.attention.focus(vscode.window.state.focused);
    owner.add(new Announcer(app, waysOf(app)));
    return owner;
  },
};

function waysOf({ commands, log }: App): Ways {
  const isHere = vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
  return {
    wish: (kind) => setting(`notifications.${kind}`),
    silence: async (kind) => {
      const settings = vscode.workspace.getConfiguration('coppice');
      await settings.update(`notifications.${kind}`, 'never', vscode.ConfigurationTarget.Global);
    },
    show: async ({ text, severity }, ...buttons) =>
      severity === 'warning' ? showWarningMessage(text, ...buttons) : showInformationMessage(text, ...buttons),
    desktop: isHere
      ? async (text) => {
          const command = desktopCommand(text, process.platform);
          if (command !== undefined) await tellDesktop(command, log);
        }
      : undefined,
    follow: async ({ need, session }) => {
      if (need !== undefined) {
        await commands.run('coppice.answerSession', { session: need.session.id, breakpoint: need.breakpoint.id });
      } else if (session !== undefined) await commands.run('coppice.openSession', session.id);
      else await commands.run('coppice.showNeedsYou');
    },
  };
}
