/** One open session panel: the page, what it is told, and what it asks. */
import * as l10n from '@vscode/l10n';
import type * as vscode from 'vscode';
import { defined } from '../../core/defined.ts';
import { isCoppiceError } from '../../core/errors.ts';
import type { SessionDetail } from '../../protocol/schemas.ts';
import type { DataOf, ResultOf } from '../../protocol/webview/kinds.ts';
import { SessionPanelApi, type PanelPrompt, type Region, type Standing } from '../../protocol/webview/session-panel.ts';
import { sessionPanelSchemas } from '../../protocol/webview/session-panel-schemas.ts';
import { followSession } from '../engine/follow.ts';
import { Coalesced } from '../lifecycle/coalesce.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import { sessionLabel } from '../sessions/labels.ts';
import { panelFile } from './changes.ts';
import { wirePanel, type PanelWire } from './dispatch.ts';
import { dress } from './dress.ts';
import { Feed } from './feed.ts';
import { panelHandlers } from './handlers.ts';
import type { PanelServices } from './services.ts';
import { panelSession, promptsOf, turnsOf } from './session-view.ts';
import { gone, standingOf } from './standing.ts';

/** Pauses before the files are compared again and before the session is looked at again, milliseconds. */
const pauses = { filesMs: 1500, lookMs: 1000 } as const;

/** Shows one session in one webview until that is closed. */
export class SessionPanel implements Disposable {
  readonly session: string;
  readonly view: vscode.WebviewPanel;
  readonly #services: PanelServices;
  readonly #wire: PanelWire<SessionPanelApi>;
  readonly #owner = new Disposables();
  readonly #compare: Coalesced;
  readonly #look: Coalesced;
  #feed: Feed | undefined;
  #detail: SessionDetail | undefined;
  #gone = false;
  #comparing = false;
  /** What was told last, so that what did not change is not told again. */
  readonly #told = new Map<string, string>();
  /** Prompts that were given while the panel was open. */
  #given: readonly PanelPrompt[] = [];

  constructor(services: PanelServices, session: string, view: vscode.WebviewPanel) {
    this.#services = services;
    this.session = session;
    this.view = view;
    const { webview } = view;
    this.#wire = wirePanel(SessionPanelApi, sessionPanelSchemas, panelHandlers(services, this.#asking()), {
      post: (message) => webview.postMessage(message),
      warn: (text) => services.log.warn(text),
    });
    this.#compare = this.#owner.add(new Coalesced(() => this.#listFiles(), pauses.filesMs));
    this.#look = this.#owner.add(new Coalesced(() => this.#lookAgain(), pauses.lookMs));
    this.#owner.add(webview.onDidReceiveMessage((message: unknown) => this.#wire.receive(message)));
    this.#owner.add(view.onDidChangeViewState(() => this.#seen()));
    this.#owner.add(services.link.onState(() => this.#stand()));
    this.#owner.add(services.all.onKnowledge(() => this.#stand()));
    this.#owner.add(
      services.all.onChange((changes) => {
        const change = changes.get(session);
        if (change !== undefined) this.#take(change.after?.detail, change.after !== undefined);
      }),
    );
    this.#owner.add(services.link.onRecords((records) => this.#hear(records)));
    dress(view, services.context.extensionUri, { bundle: 'session', title: l10n.t('Session') });
  }

  /** Moves the focus to a part of the panel. */
  async focus(region: Region): Promise<void> {
    this.view.reveal(undefined, false);
    await this.#wire.notify('focus', { region });
  }

  /** Ends everything but the webview itself. */
  dispose(): void {
    this.#feed?.dispose();
    this.#owner.dispose();
  }

  #asking(): Parameters<typeof panelHandlers>[1] {
    return {
      session: this.session,
      detail: () => this.#detail,
      begin: () => this.#begin(),
      taken: (batch) => this.#feed?.taken(batch),
      readAgain: () => {
        this.#told.delete('unread'); // the page has put it away
        this.#feed?.readAgain();
      },
    };
  }

  /** The page is there, for the first time or again: it is told everything from the beginning. */
  async #begin(): Promise<ResultOf<SessionPanelApi['ready']>> {
    this.#feed?.dispose();
    this.#told.clear();
    try {
      this.#take(await this.#services.all.look(this.session), true);
    } catch (error) {
      if (!isCoppiceError(error)) throw error;
      if (isCoppiceError(error, 'not-found')) this.#gone = true;
      else this.#services.log.debug('A session could not be looked at.', error);
    }
    if (!this.#gone) this.#follow();
    this.#listFiles();
    const session = this.#detail === undefined ? {} : { session: panelSession(this.#detail) };
    return { ...session, standing: this.#standing() };
  }

  #follow(): void {
    const { link, log } = this.#services;
    this.#feed = new Feed({
      ...{ link, log, session: this.session },
      follow: (from, take, failed) =>
        followSession(
          link,
          { session: this.session, from },
          {
            events: (events) => {
              take(events);
              this.#look.ask();
              if (events.some(({ event }) => event.kind === 'tool-ended')) this.#compare.ask();
            },
            ended: () => this.#look.ask(),
            failed,
          },
          log,
        ),
      send: (batch) => this.#wire.notify('events', batch),
      unread: (problem) => this.#tell('unread', defined({ problem })),
    });
  }

  /** A hidden page does not exist: it is not fed until it says again that it is there. */
  #seen(): void {
    if (this.view.visible) return;
    this.#feed?.dispose();
    this.#feed = undefined;
  }

  #take(detail: SessionDetail | undefined, isThere: boolean): void {
    this.#gone = !isThere;
    if (detail === undefined) {
      if (isThere) this.#look.ask();
      else this.#stand();
      return;
    }
    const before = this.#detail;
    this.#detail = detail;
    this.view.title = sessionLabel(detail);
    this.#tell('session', panelSession(detail));
    this.#tell('needs', detail.needs);
    this.#tellPrompts(detail);
    this.#stand();
    if (before !== undefined && before.status !== detail.status) this.#compare.ask();
  }

  #tellPrompts(detail: SessionDetail): void {
    const known = promptsOf(detail);
    const numbers = new Set(known.map(({ n }) => n));
    const prompts = [...known, ...this.#given.filter(({ n }) => !numbers.has(n))];
    this.#tell('prompts', { prompts, turns: turnsOf(detail) });
  }

  #hear(
    records: readonly { readonly type: string; readonly at: number; readonly data: Record<string, unknown> }[],
  ): void {
    for (const { type, at, data } of records) {
      if (type !== 'prompt.added' || data['session'] !== this.session) continue;
      const { prompt, text } = data;
      if (typeof prompt !== 'number' || typeof text !== 'string') continue;
      this.#given = [
        ...this.#given.filter(({ n }) => n !== prompt),
        { n: prompt, text, at: new Date(at).toISOString() },
      ];
      if (this.#detail !== undefined) this.#tellPrompts(this.#detail);
    }
  }

  #stand(): void {
    this.#tell('standing', this.#standing());
  }

  #standing(): Standing {
    return this.#gone ? gone() : standingOf(this.#services.link.state.status, this.#detail !== undefined);
  }

  #lookAgain(): void {
    if (!this.view.visible || this.#gone) return;
    this.#services.all.look(this.session).catch((error: unknown) => {
      if (isCoppiceError(error, 'not-found')) this.#take(undefined, false);
      else this.#services.log.debug('A session could not be looked at.', error);
    });
  }

  #listFiles(): void {
    const { link, log } = this.#services;
    if (!this.view.visible || this.#gone || this.#comparing || typeof this.#detail?.worktree !== 'string') return;
    this.#comparing = true;
    link
      .request('diff/summary', { session: this.session })
      .then(
        ({ files }) => this.#tell('files', files.map(panelFile)),
        (error: unknown) => log.debug(`The files of session ${this.session} could not be compared.`, error),
      )
      .finally(() => (this.#comparing = false));
  }

  #tell<K extends Told>(name: K, data: DataOf<SessionPanelApi[K]>): void {
    const text = JSON.stringify(data);
    if (this.#told.get(name) === text) return;
    this.#told.set(name, text);
    this.#wire
      .notify(name, data)
      .catch((error: unknown) => this.#services.log.debug('A panel could not be told.', error));
  }
}

type Told = 'session' | 'needs' | 'prompts' | 'files' | 'standing' | 'unread';
