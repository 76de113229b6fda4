import * as l10n from '@vscode/l10n';
import type { App } from '../app.ts';
import { Coalesced } from '../lifecycle/coalesce.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import type { Log } from '../log/logger.ts';
import type { Need } from '../sessions/entry.ts';
import type { ValueOf } from '../settings/settings.ts';
import type { SessionView } from '../../protocol/schemas.ts';
import { announcement, newsIn, type Announcement, type News } from './announce.ts';

/** Time for a person (or another front end) to see to it before it is announced, milliseconds. */
const patienceMs = 1_500;

/** Of what a person may be told. */
export type Kind = 'needsYou' | 'ended';

/** The ways to a person. */
export interface Ways {
  /** When they want to be told. */
  wish(kind: Kind): ValueOf<'notifications.needsYou'>;
  /** They want to be told no more. */
  silence(kind: Kind): Promise<void>;
  /** Shows a message in the window; gives the button that was pressed. */
  show(said: Announcement, ...buttons: readonly string[]): Promise<string | undefined>;
  /** Tells the desktop, for a person in another window; undefined where the desktop of this machine is not theirs. */
  readonly desktop: ((text: string) => Promise<void>) | undefined;
  /** Leads to what was announced. */
  follow(said: Announcement): Promise<void>;
}

type Shared = Pick<App, 'attention'> & {
  readonly log: Log;
  readonly all: Pick<App['all'], 'knowledge'>;
  readonly sessions: Pick<App['sessions'], 'needs' | 'onChange'>;
};

/** Announces what is new and was not looked at; what gathers while one announcement is shown is the next one. */
export class Announcer implements Disposable {
  readonly #app: Shared;
  readonly #ways: Ways;
  readonly #owner = new Disposables();
  readonly #soon: Coalesced;
  #needs = new Map<string, Need>();
  #ended = new Map<string, SessionView>();
  #showing = false;

  constructor(app: Shared, ways: Ways, delayMs: number = patienceMs) {
    this.#app = app;
    this.#ways = ways;
    this.#soon = this.#owner.add(new Coalesced(() => this.#announce(), delayMs));
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
    const { attention, log } = this.#app;
    this.#showing = true;
    // A person in another window of the desktop does not see what is shown in this one.
    if (!attention.focused) {
      this.#ways.desktop?.(said.text).catch((error: unknown) => log.error('The desktop could not be told.', error));
    }
    this.#show(said)
      .catch((error: unknown) => log.error('A notification failed.', error))
      .finally(() => {
        this.#showing = false;
        if (this.#needs.size + this.#ended.size > 0) this.#soon.ask();
      });
  }

  #isOpen({ breakpoint }: Need): boolean {
    return this.#app.sessions.needs.some((each) => each.breakpoint.id === breakpoint.id);
  }

  #wanted(kind: Kind, places: readonly string[]): boolean {
    switch (this.#ways.wish(kind)) {
      case 'never':
        return false;
      case 'always':
        return true;
      case 'unseen':
        return !places.some((place) => this.#app.attention.sees(place));
    }
  }

  async #show(said: Announcement): Promise<void> {
    const { need, session } = said;
    const act = need === undefined ? l10n.t('Show') : l10n.t('Answer…');
    const never = l10n.t('Don’t Show Again');
    const chosen = await this.#ways.show(said, act, never);
    if (chosen === never) await this.#ways.silence(need !== undefined || session === undefined ? 'needsYou' : 'ended');
    if (chosen === act) await this.#ways.follow(said);
  }
}
