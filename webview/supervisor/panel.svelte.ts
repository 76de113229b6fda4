/** What the page knows: what the extension told, and what the person did here. */
import { getContext, setContext } from 'svelte';
import type { ReportView, SupervisionView } from '../../src/protocol/supervision-views.ts';
import type { Standing } from '../../src/protocol/webview/session-panel.ts';
import type {
  Comment,
  JudgedText,
  SupervisedSession,
  SupervisorPanelApi,
} from '../../src/protocol/webview/supervisor-panel.ts';
import { connectPanel, Refused, type Client, type VsCodeApi } from '../shared/client.ts';
import { t } from '../shared/l10n.ts';

export const pages = ['turns', 'calibration'] as const;
export type PageName = (typeof pages)[number];

/** The state of one panel. */
export class Panel {
  readonly client: Client<SupervisorPanelApi>;
  readonly #api: VsCodeApi;
  session = $state.raw<SupervisedSession>();
  supervision = $state.raw<SupervisionView>();
  standing = $state.raw<Standing>({ state: 'live' });
  report = $state.raw<ReportView>();
  page = $state<PageName>('turns');
  /** The extension has answered. */
  ready = $state(false);
  /** What went wrong last with something the person asked for. */
  trouble = $state.raw<{ readonly message: string; readonly next: string }>();

  constructor(api: VsCodeApi) {
    this.#api = api;
    this.page = savedPage(api.getState());
    const late = { message: t('The extension did not answer.'), next: t('Try again; the log says more.') };
    const handlers = {
      session: (session: SupervisedSession) => (this.session = session),
      supervision: (supervision: SupervisionView) => (this.supervision = supervision),
      standing: (standing: Standing) => (this.standing = standing),
    };
    this.client = connectPanel<SupervisorPanelApi>(api, handlers, late);
  }

  /** Asks for everything. */
  async begin(): Promise<void> {
    try {
      const { session, supervision, standing } = await this.client.request('ready', {});
      this.session = session ?? this.session;
      this.supervision = supervision ?? this.supervision;
      this.standing = standing;
      this.ready = true;
      this.#save();
      if (this.page === 'calibration') await this.readReport();
    } catch (error) {
      this.fail(error);
    }
  }

  goTo(page: PageName): void {
    this.page = page;
    this.#save();
    if (page === 'calibration') this.run(() => this.readReport());
  }

  async readReport(): Promise<void> {
    this.report = (await this.ask(this.client.request('report', {}))) ?? this.report;
  }

  /** A text of a turn, whole; undefined when it could not be read, which is shown. */
  async read(wanted: JudgedText): Promise<{ readonly text: string; readonly cut: boolean } | undefined> {
    return this.ask(this.client.request('read', wanted));
  }

  async comment(word: Comment): Promise<void> {
    await this.ask(this.client.request('comment', word));
  }

  /** Asks the extension for something that the person wants. Resolves to undefined when it was refused; that is shown. */
  async ask<T>(asked: Promise<T>): Promise<T | undefined> {
    this.trouble = undefined;
    try {
      return await asked;
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }

  /** Shows why something that was asked for was not done. */
  fail(error: unknown): void {
    if (error instanceof Refused) this.trouble = { message: error.message, next: error.next };
    else this.trouble = { message: String(error), next: t('Close the panel and open it again.') };
  }

  /** Does something that takes a while; what goes wrong is shown. */
  run(work: () => Promise<unknown>): void {
    work().catch((error: unknown) => this.fail(error));
  }

  /** Kept over a reload of the window. */
  #save(): void {
    if (this.session !== undefined) this.#api.setState({ session: this.session.id, page: this.page });
  }
}

function savedPage(state: unknown): PageName {
  const page = typeof state === 'object' && state !== null && 'page' in state ? state.page : undefined;
  return pages.find((each) => each === page) ?? 'turns';
}

const key = Symbol('panel');

export function providePanel(panel: Panel): void {
  setContext(key, panel);
}

/** The panel that a component belongs to. */
export function usePanel(): Panel {
  return getContext<Panel>(key);
}
