/** The window's mirror of the landings that are under way. */
import type { Records } from '../../protocol/client/reconnecting.ts';
import type { LandingView } from '../../protocol/landing.ts';
import type { EngineLink } from '../engine/link.ts';
import { Coalesced } from '../lifecycle/coalesce.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import { Emitter, type Event } from '../lifecycle/emitter.ts';
import type { Log } from '../log/logger.ts';

/** What waits for its turn to come home, or is on its way. */
export interface LandingLine {
  /** Of all repositories, each with its place in the line of its own; as it was when the engine went away. */
  readonly landings: readonly LandingView[];
  readonly onChange: Event<void>;
}

const recordsMs = 100;
/** Pause before a line that could not be read is asked for again, milliseconds. */
const againMs = 2_000;

type Asked = Pick<EngineLink, 'request' | 'state' | 'onState' | 'onRecords'>;

/** Makes the mirror; it fills itself as soon as there is an engine. */
export function mirrorLandings(link: Asked, log: Log, delayMs: number = recordsMs): LandingLine & Disposable {
  return new Mirror(link, log, delayMs);
}

class Mirror implements LandingLine, Disposable {
  readonly #link: Asked;
  readonly #log: Log;
  readonly #owner = new Disposables();
  readonly #changes: Emitter<void>;
  readonly #soon: Coalesced;
  readonly #again: Coalesced;
  #landings: readonly LandingView[] = [];
  #reading = false;
  #missed = false;

  constructor(link: Asked, log: Log, delayMs: number) {
    this.#link = link;
    this.#log = log;
    this.#changes = this.#owner.add(
      new Emitter<void>((error) => log.error('A listener of the line of landings failed.', error)),
    );
    this.#soon = this.#owner.add(new Coalesced(() => this.#start(), delayMs));
    this.#again = this.#owner.add(new Coalesced(() => this.#start(), againMs));
    this.#owner.add(link.onRecords((records) => this.#take(records)));
    this.#owner.add(link.onState(() => this.#soon.ask()));
    this.#soon.ask();
  }

  get landings(): readonly LandingView[] {
    return this.#landings;
  }

  get onChange(): Event<void> {
    return this.#changes.event;
  }

  dispose(): void {
    this.#owner.dispose();
  }

  #take(records: Records): void {
    // A landing is shown by its session's title.
    const concerns = ({ type }: Records[number]): boolean => type.startsWith('landing.') || type === 'session.renamed';
    if (records.some(concerns)) this.#soon.ask();
  }

  #start(): void {
    if (this.#link.state.status !== 'connected' || this.#owner.disposed) return;
    if (this.#reading) {
      this.#missed = true;
      return;
    }
    this.#reading = true;
    this.#read()
      .catch((error: unknown) => {
        this.#log.debug('The line of landings could not be read.', error);
        this.#again.ask();
      })
      .finally(() => {
        this.#reading = false;
        if (this.#missed) this.#soon.ask();
        this.#missed = false;
      });
  }

  async #read(): Promise<void> {
    const { landings } = await this.#link.request('landing/queue', {});
    if (this.#owner.disposed || JSON.stringify(landings) === JSON.stringify(this.#landings)) return;
    this.#landings = landings;
    this.#changes.fire();
  }
}
