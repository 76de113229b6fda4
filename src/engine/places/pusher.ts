import { toErrorRecord } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import type { Place, Session } from '../../core/session/state.ts';
import { pushDue } from '../../core/session/push.ts';
import type { Settings } from '../../core/settings/settings.ts';
import { pushBranch, remoteOf } from '../../git/push.ts';
import type { Log } from '../process/log.ts';
import { engineActor } from '../sessions/context.ts';
import type { Store } from '../sessions/store.ts';
import type { Repositories } from './repositories.ts';

/** Events after which there may be something to push. */
const moves = new Set(['session.settled', 'turn.committed']);

/** What pushing takes. */
export interface PusherOptions {
  readonly store: Store;
  readonly repositories: Repositories;
  readonly log: Log;
  readonly stopping: AbortSignal;
  /** Settings in force for the main checkout at `root`. */
  readonly settings: (root: string) => Promise<Settings>;
}

/**
 * Pushes what was committed to the session's branch, after the fact and one at a time: no session waits for a network, and
 * a push that fails is a notice. Pushing the same commit again changes nothing, so what a killed engine had begun is
 * simply done.
 */
export class Pusher {
  readonly #options: PusherOptions;
  #working: Promise<void> = Promise.resolve();
  #unsubscribe: () => void = () => undefined;
  /** How many looks at a session are waiting or under way. */
  readonly #waiting = new Map<string, number>();

  constructor(options: PusherOptions) {
    this.#options = options;
  }

  /** Takes up what an earlier engine left, then follows the journal. */
  start(): void {
    const { store } = this.#options;
    this.#unsubscribe = store.state.onRecords((records) => {
      for (const { type, data } of records) if (moves.has(type)) this.#later(String(data['session']));
    });
    for (const session of store.all('session')) if (pushDue(session) !== undefined) this.#later(session.id);
  }

  /** Ends what goes on. Call it after `stopping` was aborted. */
  async stop(): Promise<void> {
    this.#unsubscribe();
    await this.#working;
  }

  get idle(): boolean {
    return this.#waiting.size === 0;
  }

  /** A commit of the session may be on its way to its remote. */
  pushing(session: Session): boolean {
    return this.#waiting.has(session.id) && pushDue(session) !== undefined;
  }

  #later(session: string): void {
    this.#waiting.set(session, (this.#waiting.get(session) ?? 0) + 1);
    this.#working = this.#working
      .then(() => this.#push(session))
      .catch((error: unknown) => this.#options.log.warn('cannot push', { session, error: String(error) }))
      .finally(() => {
        const left = (this.#waiting.get(session) ?? 1) - 1;
        if (left > 0) this.#waiting.set(session, left);
        else this.#waiting.delete(session);
      });
  }

  async #push(id: string): Promise<void> {
    const { store, stopping } = this.#options;
    const session = store.get('session', id);
    const commit = session === undefined ? undefined : pushDue(session);
    const place = session?.worktree;
    if (session === undefined || commit === undefined || place === undefined || stopping.aborted) return;
    if (store.get('repository', session.repository.id)?.trusted !== true) return;
    const settings = await this.#options.settings(session.repository.root);
    if (!settings[`session.autoPush.${session.mode}`]) return;
    await this.#pushTo(session, place, commit);
  }

  async #pushTo(session: Session, { branch, baseCommit: base }: Place, commit: string): Promise<void> {
    const { store, repositories, log, stopping } = this.#options;
    const repository = await repositories.open(await repositories.locate(session.repository.root));
    const remote = await remoteOf(repository, branch);
    // Without a remote there is nothing to say.
    if (remote === undefined) return;
    const done = { session: session.id, remote: remote.name, branch, commit };
    try {
      await pushBranch(repository, remote, { branch, commit, base }, { env: session.requester.env, signal: stopping });
      await store.commit(engineActor, () => [event('session.pushed', done)]);
    } catch (error) {
      if (stopping.aborted) return;
      log.warn('a branch was not pushed', { session: session.id, branch, error: String(error) });
      await store.commit(engineActor, () => [event('session.pushed', { ...done, error: toErrorRecord(error) })]);
    }
  }
}
