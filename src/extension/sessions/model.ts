/** The window's one mirror of the sessions that the engine knows. Views read it; nothing but the engine's answers changes it. */
import { isCoppiceError } from '../../core/errors.ts';
import type { Records } from '../../protocol/client/reconnecting.ts';
import type { SessionDetail } from '../../protocol/schemas.ts';
import type { EngineLink, LinkState } from '../engine/link.ts';
import { Coalesced, frameMs } from '../lifecycle/coalesce.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import { Emitter, type Event } from '../lifecycle/emitter.ts';
import type { Log } from '../log/logger.ts';
import { needsOf, type Changes, type Entry, type Need } from './entry.ts';

/** How much is known: nothing yet, all as it is, or as it was when the engine went away. */
export type Knowledge = 'nothing' | 'current' | 'stale';

/** What the views read. */
export interface SessionsModel {
  readonly knowledge: Knowledge;
  readonly entries: ReadonlyMap<string, Entry>;
  /** What people have to decide, the oldest first. */
  readonly needs: readonly Need[];
  /** Fires at most once a frame. */
  readonly onChange: Event<Changes>;
  readonly onKnowledge: Event<Knowledge>;
  /** All of a session, as of now; but for what its files are like it is then part of the mirror, too. */
  look(session: string): Promise<SessionDetail>;
  /** Lists everything again. */
  reload(): void;
}

/** More changed sessions than that are listed at once instead of one by one. */
const few = 40;
/** Pause before sessions that could not be read are asked for again, milliseconds. */
const againMs = 2_000;
/** Of these nothing is in the mirror, and there are many. */
const aboutFiles = /^(files|watch)\./u;
/** Places in the line change with these, whichever session they are about. */
const movesQueue = /^session\.(queued|admitted|cancelling|settled|archived|restored)$/u;

type Asked = Pick<EngineLink, 'request' | 'state' | 'onState' | 'onRecords'>;

/** Makes the mirror; it fills itself as soon as there is an engine. */
export function mirrorSessions(link: Asked, log: Log, delayMs: number = frameMs): SessionsModel & Disposable {
  return new Mirror(link, log, delayMs);
}

class Mirror implements SessionsModel, Disposable {
  readonly #link: Asked;
  readonly #log: Log;
  readonly #owner = new Disposables();
  readonly #entries = new Map<string, Entry>();
  readonly #changes: Emitter<Changes>;
  readonly #learns: Emitter<Knowledge>;
  readonly #refresh: Coalesced;
  readonly #again: Coalesced;
  readonly #dirty = new Set<string>();
  #everything = false;
  #working = false;
  #knowledge: Knowledge = 'nothing';
  #needs: readonly Need[] | undefined;

  constructor(link: Asked, log: Log, delayMs: number) {
    this.#link = link;
    this.#log = log;
    const failed = (error: unknown): void => log.error('A listener of the sessions failed.', error);
    this.#changes = this.#owner.add(new Emitter(failed));
    this.#learns = this.#owner.add(new Emitter(failed));
    this.#refresh = this.#owner.add(new Coalesced(() => this.#start(), delayMs));
    this.#again = this.#owner.add(new Coalesced(() => this.#start(), againMs));
    this.#owner.add(link.onRecords((records) => this.#take(records)));
    this.#owner.add(link.onState((state) => this.#follow(state)));
    this.#follow(link.state);
  }

  get knowledge(): Knowledge {
    return this.#knowledge;
  }

  get entries(): ReadonlyMap<string, Entry> {
    return this.#entries;
  }

  get needs(): readonly Need[] {
    this.#needs ??= needsOf(this.#entries.values());
    return this.#needs;
  }

  get onChange(): Event<Changes> {
    return this.#changes.event;
  }

  get onKnowledge(): Event<Knowledge> {
    return this.#learns.event;
  }

  async look(session: string): Promise<SessionDetail> {
    const detail = await this.#link.request('session/show', { session });
    this.#apply(new Map([[detail.id, entryOf(detail)]]));
    return detail;
  }

  reload(): void {
    this.#everything = true;
    this.#refresh.ask();
  }

  dispose(): void {
    this.#owner.dispose();
  }

  #follow(state: LinkState): void {
    if (state.status === 'connected') this.reload();
    else if (this.#knowledge === 'current') this.#learn('stale');
  }

  #take(records: Records): void {
    let queue = false;
    for (const { type, data } of records) {
      if (aboutFiles.test(type)) continue;
      const session = data['session'];
      if (typeof session === 'string') this.#dirty.add(session);
      queue ||= movesQueue.test(type);
    }
    if (queue) {
      for (const { session } of this.#entries.values()) if (session.status === 'queued') this.#dirty.add(session.id);
    }
    if (this.#dirty.size > 0) this.#refresh.ask();
  }

  #start(): void {
    if (this.#working || this.#owner.disposed || this.#link.state.status !== 'connected') return;
    this.#working = true;
    this.#work()
      .catch((error: unknown) => {
        this.#log.debug('The sessions could not be read.', error);
        this.#everything = true;
        this.#learn('stale');
        this.#again.ask();
      })
      .finally(() => {
        this.#working = false;
        if (this.#dirty.size > 0) this.#refresh.ask();
      });
  }

  async #work(): Promise<void> {
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    if (this.#everything || dirty.length > few) {
      this.#everything = false;
      await this.#list(dirty);
    } else await this.#show(dirty);
  }

  async #list(dirty: readonly string[]): Promise<void> {
    const { sessions } = await this.#link.request('session/list', { which: 'all', archived: true });
    const found = new Map<string, Entry | undefined>([...this.#entries.keys()].map((id) => [id, undefined]));
    for (const session of sessions) {
      const known = dirty.includes(session.id) ? undefined : this.#entries.get(session.id);
      // What was looked at before holds as long as the row says the same.
      const same = known?.detail !== undefined && sameRow(known.session, session);
      found.set(session.id, same ? known : { session, detail: undefined });
    }
    const waiting = sessions.filter(({ id, status }) => status === 'needs-you' && found.get(id)?.detail === undefined);
    const details = await Promise.all(waiting.map(async ({ id }) => this.#detail(id)));
    for (const detail of details) if (detail !== undefined) found.set(detail.id, entryOf(detail));
    this.#apply(found);
    this.#learn('current');
  }

  async #show(ids: readonly string[]): Promise<void> {
    const shown = await Promise.all(ids.map(async (id) => [id, await this.#detail(id)] as const));
    this.#apply(new Map(shown.map(([id, detail]) => [id, detail && entryOf(detail)])));
  }

  async #detail(id: string): Promise<SessionDetail | undefined> {
    try {
      return await this.#link.request('session/show', { session: id });
    } catch (error) {
      if (isCoppiceError(error, 'not-found')) return undefined;
      throw error;
    }
  }

  #apply(found: ReadonlyMap<string, Entry | undefined>): void {
    const changes = new Map<string, { before: Entry | undefined; after: Entry | undefined }>();
    for (const [id, after] of found) {
      const before = this.#entries.get(id);
      if (before === after || (before !== undefined && after !== undefined && sameEntry(before, after))) continue;
      if (after === undefined) this.#entries.delete(id);
      else this.#entries.set(id, after);
      changes.set(id, { before, after });
    }
    if (changes.size === 0) return;
    this.#needs = undefined;
    this.#changes.fire(changes);
  }

  #learn(knowledge: Knowledge): void {
    if (this.#knowledge === knowledge) return;
    this.#knowledge = knowledge;
    this.#learns.fire(knowledge);
  }
}

/** What changed in the files, and where they overlap, is different all the time and large, and no row shows it: who reviews asks for it. */
function entryOf(whole: SessionDetail): Entry {
  const detail = { ...whole };
  delete detail.watch;
  delete detail.overlaps;
  return { session: detail, detail };
}

function sameEntry(a: Entry, b: Entry): boolean {
  return JSON.stringify(a.detail ?? a.session) === JSON.stringify(b.detail ?? b.session);
}

function sameRow(a: object, b: object): boolean {
  const row: Record<string, unknown> = { ...a };
  return Object.entries(b).every(([key, value]) => JSON.stringify(row[key]) === JSON.stringify(value));
}
