/** The sessions that this window shows: those of its repositories, or all of the engine's. */
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import { Emitter, type Event } from '../lifecycle/emitter.ts';
import type { Log } from '../log/logger.ts';
import type { Places } from '../places/places.ts';
import { needsOf, type Changes, type Entry, type Need } from './entry.ts';
import type { SessionsModel } from './model.ts';

/** A part of the mirror. */
export interface WindowSessions extends Pick<SessionsModel, 'entries' | 'needs' | 'onChange'> {
  /** Main checkouts whose sessions are shown, in the order of the window's folders. */
  readonly roots: readonly string[];
  /** Shows the sessions of all repositories, or only of those that are open in this window. */
  setEverywhere(everywhere: boolean): void;
}

/** Makes the part; it follows the mirror and the window's folders. */
export function windowSessions(
  all: Pick<SessionsModel, 'entries' | 'onChange'>,
  places: Pick<Places, 'list' | 'onChange'>,
  log: Log,
): WindowSessions & Disposable {
  return new Part(all, places, log);
}

class Part implements WindowSessions, Disposable {
  readonly #all: Pick<SessionsModel, 'entries' | 'onChange'>;
  readonly #places: Pick<Places, 'list' | 'onChange'>;
  readonly #owner = new Disposables();
  readonly #changes: Emitter<Changes>;
  #entries: Map<string, Entry>;
  #needs: readonly Need[] | undefined;
  #everywhere = false;

  constructor(all: Pick<SessionsModel, 'entries' | 'onChange'>, places: Pick<Places, 'list' | 'onChange'>, log: Log) {
    this.#all = all;
    this.#places = places;
    this.#entries = this.#select();
    this.#changes = this.#owner.add(
      new Emitter((error) => log.error('A listener of the window’s sessions failed.', error)),
    );
    this.#owner.add(all.onChange((changes) => this.#take(changes)));
    this.#owner.add(places.onChange(() => this.#again()));
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

  get roots(): readonly string[] {
    const open = this.#places.list.map(({ root }) => root);
    const others = this.#everywhere ? [...this.#entries.values()].map(({ session }) => session.repository) : [];
    return [...new Set([...open, ...others])];
  }

  setEverywhere(everywhere: boolean): void {
    this.#everywhere = everywhere;
    this.#again();
  }

  dispose(): void {
    this.#owner.dispose();
  }

  #shows(entry: Entry | undefined): boolean {
    if (entry === undefined) return false;
    return this.#everywhere || this.#places.list.some(({ root }) => root === entry.session.repository);
  }

  #select(): Map<string, Entry> {
    return new Map([...this.#all.entries].filter(([, entry]) => this.#shows(entry)));
  }

  #take(changes: Changes): void {
    this.#tell(
      new Map(
        [...changes].map(([id, { before, after }]) => [
          id,
          {
            before: this.#shows(before) ? before : undefined,
            after: this.#shows(after) ? after : undefined,
          },
        ]),
      ),
    );
  }

  /** The window's folders have changed: some sessions come, some go. */
  #again(): void {
    const selected = this.#select();
    const ids = new Set([...selected.keys(), ...this.#entries.keys()]);
    const changes = [...ids]
      .map((id) => [id, { before: this.#entries.get(id), after: selected.get(id) }] as const)
      .filter(([, { before, after }]) => before !== after);
    this.#tell(new Map(changes));
  }

  #tell(changes: Changes): void {
    const seen = [...changes].filter(([, { before, after }]) => before !== undefined || after !== undefined);
    if (seen.length === 0) return;
    for (const [id, { after }] of seen) {
      if (after === undefined) this.#entries.delete(id);
      else this.#entries.set(id, after);
    }
    this.#needs = undefined;
    this.#changes.fire(new Map(seen));
  }
}
