import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import type { App } from '../app.ts';
import type { Contribution } from '../contribution.ts';
import { Coalesced } from '../lifecycle/coalesce.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import { showInformationMessage, showWarningMessage } from '../messages/messages.ts';
import type { Need } from '../sessions/entry.ts';
import { setting } from '../settings/settings.ts';
import type { SessionView } from '../../protocol/schemas.ts';
import { announcement, newsIn, type Announcement, type News } from './announce.ts';
import { desktopCommand, tellDesktop } from './desktop.ts';

/** Time for a person (or another front end) to see to it before it is announced, milliseconds. */
const patienceMs = 1_500;

/** A message when somebody has to act, or work has ended, and nobody looked. What gathers meanwhile is one message. */
export const notifications: Contribution = {
  name: 'Notifications',
  register(app) {
    const owner = new Disposables();
    owner.add(vscode.window.onDidChangeWindowState(({ focused }) => app.attention.focus(focused)));
    app.attention.focus(vscode.window.state.focused);
    owner.add(new Announcer(app));
    return owner;
  },
};

class Announcer implements Disposable {
  readonly #app: App;
  readonly #owner = new Disposables();
  readonly #soon = this.#owner.add(new Coalesced(() => this.#announce(), patienceMs));
  #needs = new Map<string, Need>();
  #ended = new Map<string, SessionView>();
  #showing = false;

  constructor(app: App) {
    this.#app = app;
    this.#owner.add(
      app.sessions.onChange((changes) => {
        // What was there when the window came to know the engine is shown by badge and status bar.
        if (app.all.knowledge === 'current') this.#gather(newsIn(changes));
      }),
    );
  }

  dispose(): void {
    this.#owner.dispose();
  }

  #gather({ needs, ended }: News): void {
    for (const need of needs) this.#needs.set(need.breakpoint.id, need);
    for (const session of ended) this.#ended.set(session.id, session);
    if (this.#needs.size + this.#ended.size > 0) this.#soon.ask();
  }

  #announce(): void {
    if (this.#showing) return; // one at a time: what gathers is said when this one is gone
    const [needs, ended] = [[...this.#needs.values()], [...this.#ended.values()]];
    this.#needs.clear();
    this.#ended.clear();
    const said = announcement({
      needs: needs.filter((need) => this.#isOpen(need) && this.#wanted('needsYou', ['needs', need.session.id])),
      ended: ended.filter(({ id }) => this.#wanted('ended', ['sessions', id])),
    });
    if (said === undefined) return;
    this.#showing = true;
    this.#tellDesktop(said.text);
    this.#show(said)
      .catch((error: unknown) => this.#app.log.error('A notification failed.', error))
      .finally(() => {
        this.#showing = false;
        if (this.#needs.size + this.#ended.size > 0) this.#soon.ask();
      });
  }

  /** A person in another window of the desktop does not see what is shown in this one. */
  #tellDesktop(text: string): void {
    const { attention, log } = this.#app;
    const isHere = vscode.env.uiKind === vscode.UIKind.Desktop && vscode.env.remoteName === undefined;
    const command = isHere && !attention.focused ? desktopCommand(text, process.platform) : undefined;
    if (command === undefined) return;
    tellDesktop(command, log).catch((error: unknown) => log.error('The desktop could not be told.', error));
  }

  #isOpen({ breakpoint }: Need): boolean {
    return this.#app.sessions.needs.some((each) => each.breakpoint.id === breakpoint.id);
  }

  #wanted(kind: 'needsYou' | 'ended', places: readonly string[]): boolean {
    switch (setting(`notifications.${kind}`)) {
      case 'never':
        return false;
      case 'always':
        return true;
      case 'unseen':
        return !places.some((place) => this.#app.attention.sees(place));
    }
  }

  async #show({ text, severity, need, session }: Announcement): Promise<void> {
    const act = need === undefined ? l10n.t('Show') : l10n.t('Answer…');
    const never = l10n.t('Don’t Show Again');
    const show = severity === 'warning' ? showWarningMessage : showInformationMessage;
    const chosen = await show(text, act, never);
    const { commands } = this.#app;
    if (chosen === never) await this.#silence(need !== undefined || session === undefined);
    if (chosen !== act) return;
    if (need !== undefined) {
      await commands.run('coppice.answerSession', { session: need.session.id, breakpoint: need.breakpoint.id });
    } else if (session !== undefined) await commands.run('coppice.openSession', session.id);
    else await commands.run('coppice.showNeedsYou');
  }

  async #silence(needs: boolean): Promise<void> {
    const name = needs ? 'notifications.needsYou' : 'notifications.ended';
    await vscode.workspace.getConfiguration('coppice').update(name, 'never', vscode.ConfigurationTarget.Global);
  }
}
