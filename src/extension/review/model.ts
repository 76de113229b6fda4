/** The one session whose changes this window reviews, with all that a review shows. */
import type { CheckpointView, DiffSummary } from '../../protocol/diff-schemas.ts';
import type { Records } from '../../protocol/client/reconnecting.ts';
import type { LandingView } from '../../protocol/landing.ts';
import type { ReviewView } from '../../protocol/review.ts';
import type { SessionDetail } from '../../protocol/schemas.ts';
import type { EngineLink } from '../engine/link.ts';
import { Coalesced } from '../lifecycle/coalesce.ts';
import { Disposables, type Disposable } from '../lifecycle/disposables.ts';
import { Emitter, type Event } from '../lifecycle/emitter.ts';
import type { Log } from '../log/logger.ts';
import type { SessionsModel } from '../sessions/model.ts';

/** A session under review, as of the last look. */
export interface Subject {
  readonly detail: SessionDetail;
  /** Where its files are; undefined while it has no worktree, or has none any more. */
  readonly worktree: string | undefined;
  readonly changes: DiffSummary | undefined;
  /** Newest first. */
  readonly checkpoints: readonly CheckpointView[];
  readonly review: ReviewView;
  /** Newest first. */
  readonly landings: readonly LandingView[];
  /** Why something of it could not be read. */
  readonly problem: Error | undefined;
}

/** What the views of a review read. */
export interface ReviewModel {
  /** The id of the session under review. */
  readonly session: string | undefined;
  readonly subject: Subject | undefined;
  readonly onChange: Event<Subject | undefined>;
  /** Begins the review of a session, or ends it. Resolves when the first look is there. */
  show(session: string | undefined): Promise<void>;
  /** Files of the worktree were touched: looks again soon. */
  touched(): void;
  /** Looks again, now. */
  refresh(): Promise<void>;
}

/** Files change in storms; the comparison of a large worktree takes a second. */
const filesMs = 1_000;
const recordsMs = 100;

type Asked = Pick<EngineLink, 'request' | 'onRecords' | 'onState' | 'state'>;

/** Makes the model. It asks for nothing until a session is shown. */
export function reviewModel(link: Asked, all: Pick<SessionsModel, 'look'>, log: Log): ReviewModel & Disposable {
  return new Model(link, all, log);
}

class Model implements ReviewModel, Disposable {
  readonly #link: Asked;
  readonly #all: Pick<SessionsModel, 'look'>;
  readonly #log: Log;
  readonly #owner = new Disposables();
  readonly #changes: Emitter<Subject | undefined>;
  readonly #soon: Coalesced;
  readonly #later: Coalesced;
  #session: string | undefined;
  #subject: Subject | undefined;
  #looking: Promise<void> | undefined;
  #again = false;
  /** Was due while a look was under way: its pause begins after that, so that a storm is not looked at without end. */
  #missed: Coalesced | undefined;

  constructor(link: Asked, all: Pick<SessionsModel, 'look'>, log: Log) {
    this.#link = link;
    this.#all = all;
    this.#log = log;
    this.#changes = this.#owner.add(new Emitter((error) => log.error('A listener of the review failed.', error)));
    this.#soon = this.#owner.add(new Coalesced(() => this.#start(this.#soon), recordsMs));
    this.#later = this.#owner.add(new Coalesced(() => this.#start(this.#later), filesMs));
    this.#owner.add(link.onRecords((records) => this.#take(records)));
    this.#owner.add(
      link.onState(({ status }) => {
        if (status === 'connected' && this.#session !== undefined) this.#soon.ask();
      }),
    );
  }

  get session(): string | undefined {
    return this.#session;
  }

  get subject(): Subject | undefined {
    return this.#subject;
  }

  get onChange(): Event<Subject | undefined> {
    return this.#changes.event;
  }

  async show(session: string | undefined): Promise<void> {
    if (session !== this.#session) {
      this.#session = session;
      this.#become(undefined);
    }
    await this.refresh();
  }

  async refresh(): Promise<void> {
    if (this.#looking !== undefined) {
      this.#again = true;
      return this.#looking;
    }
    this.#looking = this.#look().finally(() => {
      this.#looking = undefined;
      this.#missed?.ask();
      this.#missed = undefined;
    });
    return this.#looking;
  }

  touched(): void {
    if (this.#session !== undefined) this.#later.ask();
  }

  dispose(): void {
    this.#owner.dispose();
  }

  #take(records: Records): void {
    for (const { type, data } of records) {
      if (this.#session === undefined) return;
      // The radar finds them when files were changed.
      if (type.startsWith('overlap.')) this.#later.ask();
      if (data['session'] !== this.#session && !type.startsWith('landing.')) continue;
      if (type === 'files.changed' || type === 'watch.changed') this.#later.ask();
      else this.#soon.ask();
    }
  }

  #start(due: Coalesced): void {
    if (this.#looking !== undefined) {
      if (this.#missed !== this.#soon) this.#missed = due;
      return;
    }
    this.refresh().catch((error: unknown) => this.#log.debug('The review could not be read.', error));
  }

  async #look(): Promise<void> {
    do {
      this.#again = false;
      const session = this.#session;
      const subject = session === undefined ? undefined : await this.#read(session);
      // Another session may have been chosen meanwhile.
      if (session !== this.#session) this.#again = true;
      else if (!this.#owner.disposed) this.#become(subject);
    } while (this.#again && !this.#owner.disposed);
  }

  async #read(session: string): Promise<Subject> {
    const detail = await this.#all.look(session);
    const worktree = detail.worktree ?? undefined;
    const [changes, checkpoints, review, landings] = await Promise.allSettled([
      worktree === undefined ? undefined : this.#link.request('diff/summary', { session }),
      this.#link.request('checkpoint/list', { session }),
      this.#link.request('review/show', { session }),
      this.#link.request('landing/queue', { session, all: true }),
    ]);
    const failed = [changes, checkpoints, review, landings].find((each) => each.status === 'rejected');
    const problem = failed && (failed.reason instanceof Error ? failed.reason : new Error(String(failed.reason)));
    if (problem !== undefined && problem.message !== this.#subject?.problem?.message)
      this.#log.warn('A part of the review could not be read.', problem);
    return {
      detail,
      worktree,
      changes: changes.status === 'fulfilled' ? changes.value : undefined,
      checkpoints: checkpoints.status === 'fulfilled' ? checkpoints.value.checkpoints.toReversed() : [],
      review: review.status === 'fulfilled' ? review.value : { session, comments: [], ticks: [] },
      landings: landings.status === 'fulfilled' ? landings.value.landings : [],
      problem,
    };
  }

  #become(subject: Subject | undefined): void {
    if (subject === undefined && this.#subject === undefined) return;
    this.#subject = subject;
    this.#changes.fire(subject);
  }
}
