/** One open supervisor panel: how a session's turns were judged, and how far that can be trusted. */
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { defined } from '../../core/defined.ts';
import { isCoppiceError } from '../../core/errors.ts';
import type { SessionDetail } from '../../protocol/schemas.ts';
import type { SupervisionView } from '../../protocol/supervision-views.ts';
import type { DataOf, PanelHandlers, ResultOf } from '../../protocol/webview/kinds.ts';
import type { Standing } from '../../protocol/webview/session-panel.ts';
import { SupervisorPanelApi, type SupervisedSession } from '../../protocol/webview/supervisor-panel.ts';
import { supervisorPanelSchemas } from '../../protocol/webview/supervisor-panel-schemas.ts';
import { Coalesced } from '../lifecycle/coalesce.ts';
import { Disposables } from '../lifecycle/disposables.ts';
import { wirePanel, type PanelWire } from '../panel/dispatch.ts';
import { dress } from '../panel/dress.ts';
import type { Panel } from '../panel/one-each.ts';
import type { PanelServices } from '../panel/services.ts';
import { gone, standingOf } from '../panel/standing.ts';
import { sessionLabel, sessionTitle } from '../sessions/labels.ts';

/** Pause before the record is read again after it changed, milliseconds. */
const readMs = 250;

type Services = PanelServices & { readonly openSession: (session: string) => Promise<void> };

/** Shows the supervisor's record of one session in one webview until that is closed. */
export class SupervisorPanel implements Panel {
  readonly view: vscode.WebviewPanel;
  readonly #session: string;
  readonly #services: Services;
  readonly #wire: PanelWire<SupervisorPanelApi>;
  readonly #owner = new Disposables();
  readonly #again: Coalesced;
  #detail: SessionDetail | undefined;
  #gone = false;

  constructor(services: Services, session: string, view: vscode.WebviewPanel) {
    this.#services = services;
    this.#session = session;
    this.view = view;
    const { link, log } = services;
    const { webview } = view;
    this.#wire = wirePanel(SupervisorPanelApi, supervisorPanelSchemas, this.#handlers(), {
      post: (message) => webview.postMessage(message),
      warn: (text) => log.warn(text),
    });
    this.#again = this.#owner.add(new Coalesced(() => this.#tellRecord(), readMs));
    this.#owner.add(webview.onDidReceiveMessage((message: unknown) => this.#wire.receive(message)));
    this.#owner.add(view.onDidChangeViewState(() => this.#again.ask()));
    this.#owner.add(link.onState(() => this.#tell('standing', this.#standing())));
    this.#owner.add(
      link.onRecords((records) => {
        if (records.some(({ data }) => data['session'] === session)) this.#again.ask();
      }),
    );
    dress(view, services.context.extensionUri, { bundle: 'supervisor', title: l10n.t('Verdicts') });
  }

  /** Ends everything but the webview itself. */
  dispose(): void {
    this.#owner.dispose();
  }

  #handlers(): PanelHandlers<SupervisorPanelApi> {
    const { link, log, openSession } = this.#services;
    const session = this.#session;
    return {
      ready: () => this.#begin(),
      report: async () => {
        this.#detail ??= await this.#services.all.look(session);
        return link.request('supervision/report', { path: this.#detail.repository });
      },
      read: async (wanted) => link.request('supervision/text', { session, ...wanted }),
      comment: async ({ turn, good, unnecessary }) => {
        await link.request('supervision/comment', { session, turn, ...defined({ good, unnecessary }) });
        return {};
      },
      show: async ({ what }) => {
        if (what === 'session') await openSession(session);
        else await vscode.commands.executeCommand('coppice.sessions.focus');
      },
      broke: ({ what }) => log.error(`The supervisor panel broke: ${what}`),
    };
  }

  /** The page is there, for the first time or again. */
  async #begin(): Promise<ResultOf<SupervisorPanelApi['ready']>> {
    const supervision = await this.#read();
    const { session } = this.#known();
    return { standing: this.#standing(), ...defined({ session, supervision }) };
  }

  async #read(): Promise<SupervisionView | undefined> {
    const { all, link, log } = this.#services;
    try {
      this.#detail = await all.look(this.#session);
      this.view.title = l10n.t('Verdicts of {0}', sessionLabel(this.#detail));
      return await link.request('supervision/show', { session: this.#session });
    } catch (error) {
      if (!isCoppiceError(error)) throw error;
      if (isCoppiceError(error, 'not-found')) this.#gone = true;
      else log.debug('The supervisor’s record could not be read.', error);
      return undefined;
    }
  }

  #known(): { readonly session?: SupervisedSession } {
    if (this.#detail === undefined) return {};
    const { id, prompt } = this.#detail;
    return { session: { id, title: sessionTitle(this.#detail), goal: prompt } };
  }

  #tellRecord(): void {
    if (!this.view.visible || this.#gone) return;
    this.#read().then(
      (supervision) => {
        const { session } = this.#known();
        if (session !== undefined) this.#tell('session', session);
        if (supervision !== undefined) this.#tell('supervision', supervision);
        this.#tell('standing', this.#standing());
      },
      (error: unknown) => this.#services.log.error('The supervisor’s record could not be read.', error),
    );
  }

  #standing(): Standing {
    return this.#gone ? gone() : standingOf(this.#services.link.state.status, this.#detail !== undefined);
  }

  #tell<K extends 'session' | 'supervision' | 'standing'>(name: K, data: DataOf<SupervisorPanelApi[K]>): void {
    this.#wire
      .notify(name, data)
      .catch((error: unknown) => this.#services.log.debug('A panel could not be told.', error));
  }
}
