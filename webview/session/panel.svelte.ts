/** What the page knows: what the extension told, and what the person did here. */
import { getContext, setContext } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import type { BreakpointView } from '../../src/protocol/schemas.ts';
import type { NotificationHandlers, Refusal } from '../../src/protocol/webview/kinds.ts';
import type {
  Attachment,
  PanelEvent,
  PanelFile,
  PanelPrompt,
  PanelSession,
  PanelTurn,
  Region,
  SessionPanelApi,
  Standing,
} from '../../src/protocol/webview/session-panel.ts';
import { connectPanel, Refused, type Client, type VsCodeApi } from '../shared/client.ts';
import { t } from '../shared/l10n.ts';
import { Conversation } from './conversation/fold.ts';
import { readSaved, type Place, type Saved } from './saved.ts';

interface Batch {
  readonly batch: number;
  readonly events: readonly PanelEvent[];
  readonly caughtUp: boolean;
}

const saveMs = 250;

/** The state of one panel. */
export class Panel {
  readonly client: Client<SessionPanelApi>;
  readonly #api: VsCodeApi;
  session = $state.raw<PanelSession>();
  standing = $state.raw<Standing>({ state: 'live' });
  /** The extension has answered. */
  ready = $state(false);
  needs = $state.raw<readonly BreakpointView[]>([]);
  prompts = $state.raw<readonly PanelPrompt[]>([]);
  turns = $state.raw<readonly PanelTurn[]>([]);
  files = $state.raw<readonly PanelFile[]>([]);
  attachments = $state.raw<readonly Attachment[]>([]);
  draft = $state('');
  /** What went wrong last with something the person asked for. */
  trouble = $state.raw<{ readonly message: string; readonly next: string }>();
  /** Why nothing more comes of the conversation. */
  unread = $state.raw<Refusal>();
  /** Something to know about what the person asked for. */
  note = $state('');
  /** Counts up with every change of the conversation. */
  version = $state(0);
  caughtUp = $state(false);
  conversation = new Conversation();
  /** Whether rows are unfolded that the person folded or unfolded. */
  readonly folds = new SvelteMap<string, boolean>();
  /** Where the reader is in the conversation. */
  place: Place;
  /** The region that should have the focus; counted so that the same region can be asked for twice. */
  focus = $state.raw<{ readonly region: Region; readonly times: number }>({ region: 'prompt', times: 0 });
  #queue: Batch[] = [];
  #frame = 0;
  #saving = 0;

  constructor(api: VsCodeApi) {
    this.#api = api;
    const saved = readSaved(api.getState());
    this.draft = saved.draft;
    this.attachments = saved.attachments;
    this.place = saved.place;
    for (const [key, open] of saved.folds) this.folds.set(key, open);
    const late = { message: t('The extension did not answer.'), next: t('Try again; the log says more.') };
    this.client = connectPanel<SessionPanelApi>(api, this.#handlers(), late);
  }

  /** Asks for everything. */
  async begin(): Promise<void> {
    try {
      const { session, standing } = await this.client.request('ready', {});
      this.session = session ?? this.session;
      this.standing = standing;
      this.ready = true;
      this.save();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Shows why something that was asked for was not done. */
  fail(error: unknown): void {
    if (error instanceof Refused) this.trouble = { message: error.message, next: error.next };
    else this.trouble = { message: String(error), next: t('Close the panel and open it again.') };
  }

  /** Asks the extension for something that the person wants. Resolves to undefined when it was refused; that is shown. */
  async ask<T>(asked: Promise<T>): Promise<T | undefined> {
    this.trouble = undefined;
    this.note = '';
    try {
      return await asked;
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }

  /** Does something that takes a while; what goes wrong is shown. */
  run(work: () => Promise<unknown>): void {
    work().catch((error: unknown) => this.fail(error));
  }

  isOpen(key: string, usually: boolean): boolean {
    return this.folds.get(key) ?? usually;
  }

  fold(key: string, open: boolean): void {
    this.folds.set(key, open);
    this.save();
  }

  goTo(region: Region): void {
    this.focus = { region, times: this.focus.times + 1 };
  }

  /** Keeps what the person did here over a reload, soon. */
  save(): void {
    if (this.#saving !== 0) return;
    this.#saving = window.setTimeout(() => {
      this.#saving = 0;
      if (this.session === undefined) return;
      const saved: Saved & { session: string } = {
        session: this.session.id,
        draft: this.draft,
        attachments: this.attachments,
        place: this.place,
        folds: [...this.folds].slice(-500),
      };
      this.#api.setState(saved);
    }, saveMs);
  }

  #handlers(): NotificationHandlers<SessionPanelApi> {
    return {
      session: (session) => {
        this.session = session;
        this.ready = true; // the answer to `ready` may come too late, or be lost with the connection that it waits for
      },
      standing: (standing) => (this.standing = standing),
      needs: (needs) => (this.needs = needs),
      prompts: ({ prompts, turns }) => {
        this.prompts = prompts;
        this.turns = turns;
      },
      events: (batch) => this.#enqueue(batch),
      unread: ({ problem }) => (this.unread = problem),
      files: (files) => (this.files = files),
      attached: (attachments) => this.attach(attachments),
      focus: ({ region }) => this.goTo(region),
    };
  }

  attach(added: readonly Attachment[]): void {
    const key = (each: Attachment): string => JSON.stringify(each);
    const known = this.attachments.map(key);
    this.attachments = [...this.attachments, ...added.filter((each) => !known.includes(key(each)))];
    this.save();
  }

  detach(attachment: Attachment): void {
    this.attachments = this.attachments.filter((each) => each !== attachment);
    this.save();
  }

  /** What came between two frames is drawn together. */
  #enqueue(batch: Batch): void {
    this.#queue.push(batch);
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw(): void {
    this.#frame = 0;
    const batches = this.#queue;
    this.#queue = [];
    for (const { batch, events, caughtUp } of batches) {
      if (batch === 0) this.conversation = new Conversation();
      this.conversation.append(events);
      this.caughtUp = caughtUp;
    }
    this.version += 1;
    const last = batches.at(-1);
    if (last !== undefined) this.client.tell('taken', { batch: last.batch });
  }
}

const key = Symbol('panel');

export function providePanel(panel: Panel): void {
  setContext(key, panel);
}

/** The panel that a component belongs to. */
export function usePanel(): Panel {
  return getContext<Panel>(key);
}
