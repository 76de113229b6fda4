/** The breakpoints and permissions of the window's repositories, as the engine has them. */
import { basename } from 'node:path';
import type { GrantView, StopView } from '../../protocol/breakpoints.ts';
import type { EngineLink } from '../engine/link.ts';
import { Coalesced } from '../lifecycle/coalesce.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import { Emitter, type Event } from '../lifecycle/emitter.ts';
import type { Log } from '../log/logger.ts';
import type { Places } from '../places/places.ts';

const recordsMs = 100;

/** Something of a repository, which is named where the window has several. */
export type Placed<T> = T & { readonly place?: string | undefined };

/** Read anew when a record is about one of them; nothing is read while no engine is connected. */
export class BreakpointsModel implements Disposable {
  readonly #link: Pick<EngineLink, 'state' | 'request'>;
  readonly #places: Pick<Places, 'list'>;
  readonly #log: Log;
  readonly #owner = new Disposables();
  readonly #changes: Emitter<void>;
  readonly #soon: Coalesced;
  #breakpoints: readonly Placed<StopView>[] = [];
  #permissions: readonly Placed<GrantView>[] = [];
  #round = 0;

  constructor(link: EngineLink, places: Places, log: Log) {
    this.#link = link;
    this.#places = places;
    this.#log = log;
    this.#changes = this.#owner.add(new Emitter((error) => log.error('A listener of the breakpoints failed.', error)));
    this.#soon = this.#owner.add(new Coalesced(() => this.#start(), recordsMs));
    this.#owner.add(
      link.onRecords((records) => {
        if (records.some(({ type }) => type.startsWith('stop.') || type.startsWith('grant.'))) this.#soon.ask();
      }),
    );
    this.#owner.add(link.onState(() => this.#soon.ask()));
    this.#owner.add(places.onChange(() => this.#soon.ask()));
    this.#soon.ask();
  }

  get breakpoints(): readonly Placed<StopView>[] {
    return this.#breakpoints;
  }

  get permissions(): readonly Placed<GrantView>[] {
    return this.#permissions;
  }

  get onChange(): Event<void> {
    return this.#changes.event;
  }

  dispose(): void {
    this.#owner.dispose();
  }

  #start(): void {
    this.#read().catch((error: unknown) => this.#log.debug('The breakpoints could not be read.', error));
  }

  async #read(): Promise<void> {
    if (this.#link.state.status !== 'connected') return;
    this.#round += 1;
    const round = this.#round;
    const roots = [...new Set(this.#places.list.map(({ root }) => root))];
    const lists = await Promise.all(
      roots.map(async (path) => {
        const place = roots.length > 1 ? basename(path) : undefined;
        const { breakpoints, permissions } = await this.#link.request('breakpoint/list', { path });
        const placed = <T>(all: readonly T[]): Placed<T>[] => all.map((each) => ({ ...each, place }));
        return { breakpoints: placed(breakpoints), permissions: placed(permissions) };
      }),
    );
    if (round !== this.#round) return;
    this.#breakpoints = lists.flatMap(({ breakpoints }) => breakpoints);
    this.#permissions = lists.flatMap(({ permissions }) => permissions);
    this.#changes.fire();
  }
}
