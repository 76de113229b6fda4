/**
 * Brings a conversation to a panel: what is there in pages, then what comes as it comes. The panel says what it has shown, and
 * is never sent more than a little ahead of that; meanwhile nothing is kept here but a place in the stream.
 */
import { isCoppiceError, toErrorRecord } from '../../core/errors.ts';
import { oneLine } from '../../core/printable.ts';
import type { StreamEventView } from '../../protocol/schemas.ts';
import type { Refusal } from '../../protocol/webview/kinds.ts';
import type { PanelEvent } from '../../protocol/webview/session-panel.ts';
import type { EngineLink } from '../engine/link.ts';
import { Coalesced } from '../lifecycle/coalesce.ts';
import type { Disposable } from '../lifecycle/disposables.ts';
import type { Log } from '../log/logger.ts';
import { Trimmer } from './trim.ts';

/** One message to a panel: the next events of its conversation. */
export interface Batch {
  readonly batch: number;
  readonly events: readonly PanelEvent[];
  readonly caughtUp: boolean;
}

/** What a feed needs of the world. */
export interface FeedOptions {
  readonly link: Pick<EngineLink, 'request'>;
  readonly session: string;
  /** Follows the stream from a byte on until disposed, or until that `failed` (see `followSession`). */
  readonly follow: (
    from: number,
    events: (events: readonly StreamEventView[]) => void,
    failed: () => void,
  ) => Disposable;
  /** Resolves to false when the panel cannot have got it. */
  readonly send: (batch: Batch) => Promise<boolean>;
  /** Told why nothing comes, when reading has failed and did not mend itself at once; with nothing, when it is read again. */
  readonly unread: (problem: Refusal | undefined) => void;
  readonly log: Log;
}

/** Events in one page; batches that may be under way; events that may wait for the panel before the stream is left alone. */
const most = { page: 1000, ahead: 3, waiting: 2000 } as const;
/** Pause after the engine did not answer, milliseconds. */
const againMs = 1000;

/** The conversation of one session on its way to one panel, from its beginning until disposed. */
export class Feed implements Disposable {
  readonly #options: FeedOptions;
  readonly #trimmer = new Trimmer(0);
  readonly #flush = new Coalesced(() => this.#pump());
  readonly #again: Coalesced;
  /** Byte of the stream up to which everything was handed over. */
  #offset = 0;
  #sent = 0;
  #shown = 0;
  #waiting: StreamEventView[] = [];
  #following: Disposable | undefined;
  #reading = false;
  /** Times that reading has failed since it was last possible. */
  #failures = 0;
  #over = false;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#again = new Coalesced(() => this.#pump(), againMs);
    this.#pump();
  }

  /** The panel has drawn batch `batch` and all before it. */
  taken(batch: number): void {
    this.#shown = Math.max(this.#shown, Math.min(batch + 1, this.#sent));
    this.#pump();
  }

  /** Reads at once what could not be read. */
  readAgain(): void {
    this.#pump();
  }

  dispose(): void {
    this.#over = true;
    this.#flush.dispose();
    this.#again.dispose();
    this.#leave();
  }

  get #hasRoom(): boolean {
    return this.#sent - this.#shown < most.ahead;
  }

  /** Does what can be done next, if anything. */
  #pump(): void {
    if (this.#over || !this.#hasRoom || this.#reading) return;
    if (this.#following !== undefined) {
      if (this.#waiting.length > 0) this.#hand(this.#waiting.splice(0, most.page), true);
      return;
    }
    this.#reading = true;
    this.#read().then(
      () => {
        this.#reading = false;
        if (this.#failures > 0) this.#options.unread(undefined);
        this.#failures = 0;
        this.#flush.ask();
      },
      (error: unknown) => {
        this.#reading = false;
        if (isCoppiceError(error, 'not-found')) return; // the panel is told by the session's own mirror
        this.#options.log.debug(`The conversation of session ${this.#options.session} could not be read.`, error);
        this.#again.ask();
        this.#failures += 1;
        if (this.#failures === 1 || this.#over) return; // an engine that has just gone away, perhaps
        const { message, next } = toErrorRecord(error);
        this.#options.unread({ message: oneLine(message, 800), next: oneLine(next, 400) });
      },
    );
  }

  async #read(): Promise<void> {
    const { link, session } = this.#options;
    const { events, next } = await link.request('session/logs', { session, from: this.#offset, limit: most.page });
    if (this.#over) return;
    const end = next === this.#offset;
    this.#offset = next;
    if (events.length > 0) this.#hand(events, false);
    if (!end) return;
    this.#hand([], true);
    this.#following = this.#options.follow(
      this.#offset,
      (fresh) => this.#take(fresh),
      () => {
        this.#leave();
        this.#again.ask();
      },
    );
  }

  #take(events: readonly StreamEventView[]): void {
    if (this.#over) return;
    this.#waiting.push(...events);
    this.#flush.ask();
    if (this.#waiting.length <= most.waiting) return;
    this.#leave(); // the panel does not keep up
  }

  /** Lets the stream alone: what was not handed over is read in pages. */
  #leave(): void {
    this.#following?.dispose();
    this.#following = undefined;
    this.#waiting = [];
  }

  #hand(events: readonly StreamEventView[], caughtUp: boolean): void {
    this.#offset = Math.max(this.#offset, events.at(-1)?.offset ?? 0);
    const batch = { batch: this.#sent, events: events.map((each) => this.#trimmer.take(each)), caughtUp };
    this.#sent += 1;
    this.#options.send(batch).then(
      (got) => {
        if (!got) this.dispose();
      },
      (error: unknown) => this.#options.log.debug('A panel could not be reached.', error),
    );
  }
}
