import type { JournalRecord, NewEvent } from '../../core/domain.ts';
import { bugNext, CoppiceError, isCoppiceError } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import type { Intent } from '../../core/intent/state.ts';
import { line } from '../../core/landing/commands.ts';
import { nextLandingStep } from '../../core/landing/next.ts';
import { isOpen } from '../../core/landing/reducer.ts';
import type { Landing } from '../../core/landing/state.ts';
import type { Repository } from '../../git/repository.ts';
import { engineActor } from '../sessions/context.ts';
import { build, refused } from './build.ts';
import { repositoryOf, type LandingContext } from './context.ts';
import { askGates } from './gate.ts';
import { concludeGate, gateRecord } from './gate-record.ts';
import { concludeMove, move } from './move.ts';
import { seal } from './seal.ts';

/** How often what waits for a person's checkout is tried again. */
const againMs = 2000;

/**
 * Carries out what `core` decides for landings: per repository one at a time, in the order of the line; one that has to
 * wait lets the next one go first. The journal is enough to go on from wherever an earlier engine stopped.
 */
export class Lander {
  readonly #context: LandingContext;
  readonly #running = new Map<string, Promise<void>>();
  readonly #again = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #unsubscribe: () => void = () => undefined;

  constructor(context: LandingContext) {
    this.#context = context;
  }

  /** Takes up what an earlier engine left, then follows the journal. */
  start(): void {
    const { store } = this.#context;
    this.#unsubscribe = store.state.onRecords((records) => this.#observe(records));
    for (const { repository } of line(store.all('landing'))) this.wake(repository);
    for (const { landing } of this.#forsaken()) this.wake(landing.repository);
  }

  /** Ends what goes on. Call it after `stopping` was aborted. */
  async stop(): Promise<void> {
    this.#unsubscribe();
    clearTimeout(this.#timer);
    await Promise.all(this.#running.values());
  }

  /** Nothing is being built, shown to gates or moved. What waits for a person does not keep an engine. */
  get idle(): boolean {
    return this.#running.size === 0;
  }

  /** Something may have changed in a repository. Never waits, never throws. */
  wake(repository: string): void {
    if (this.#context.stopping.aborted) return;
    if (this.#running.has(repository)) {
      this.#again.add(repository);
      return;
    }
    const running = this.#work(repository).finally(() => {
      this.#running.delete(repository);
      if (this.#again.delete(repository)) this.wake(repository);
    });
    this.#running.set(repository, running);
  }

  #observe(records: readonly JournalRecord[]): void {
    const { store } = this.#context;
    for (const { type, data } of records) {
      if (type === 'landing.requested') this.wake(String(data['repository']));
      else if (type === 'session.settled' || type === 'repository.trusted' || type === 'repository.moved') {
        for (const { repository } of line(store.all('landing'))) this.wake(repository);
      }
    }
  }

  async #work(repository: string): Promise<void> {
    const { store, stopping } = this.#context;
    const passed = new Set<string>();
    await this.#endForsaken(repository);
    for (;;) {
      const open = line(store.all('landing')).filter((each) => each.repository === repository && !passed.has(each.id));
      const [landing] = open;
      if (landing === undefined || stopping.aborted || store.state.readOnlyReason !== undefined) break;
      passed.add(landing.id);
      await this.#carry(landing.id);
    }
    if (line(store.all('landing')).some((each) => each.repository === repository)) this.#tryLater();
  }

  #tryLater(): void {
    const { store, stopping } = this.#context;
    if (stopping.aborted) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      for (const { repository } of line(store.all('landing'))) this.wake(repository);
    }, againMs);
    this.#timer.unref();
  }

  /** Gates on record of landings that have ended: one was taken out of the line while its gate ran, and then the engine was killed. */
  #forsaken(): readonly { readonly landing: Landing; readonly intent: Intent }[] {
    const { store } = this.#context;
    return store.all('intent').flatMap((intent) => {
      const landing = intent.effect.kind === 'gate' ? store.get('landing', intent.session) : undefined;
      return landing === undefined || isOpen(landing) ? [] : [{ landing, intent }];
    });
  }

  /** Nothing of the repository is being carried: what is on record here was asked by an earlier engine. */
  async #endForsaken(repository: string): Promise<void> {
    const { store, log, stopping } = this.#context;
    for (const { landing, intent } of this.#forsaken()) {
      if (landing.repository !== repository) continue;
      if (stopping.aborted || store.state.readOnlyReason !== undefined) return;
      await concludeGate(this.#context, landing, intent).catch((error: unknown) => {
        log.warn('a gate that nobody waits for cannot be ended', { landing: landing.id, error: String(error) });
      });
    }
  }

  /** One landing as far as it gets. What goes wrong ends it, unless the engine is ending. */
  async #carry(id: string): Promise<void> {
    const { store, log, stopping } = this.#context;
    try {
      while (!stopping.aborted) {
        const landing = store.get('landing', id);
        if (landing === undefined || !isOpen(landing) || !(await this.#step(landing))) return;
      }
    } catch (error) {
      if (stopping.aborted || store.state.readOnlyReason !== undefined) return;
      log.warn('a landing came to nothing', { landing: id, error: String(error) });
      await this.#end(id, error).catch((again: unknown) => {
        log.error('a landing cannot be ended', { landing: id, error: String(again) });
      });
    }
  }

  async #end(id: string, error: unknown): Promise<void> {
    const { store } = this.#context;
    const known = isCoppiceError(error)
      ? error
      : new CoppiceError('internal', String(error), bugNext, { way: 'export-diagnostics' });
    await store.commit(engineActor, () => {
      const landing = store.get('landing', id);
      // What cannot be told yet is asked again.
      if (landing === undefined || !isOpen(landing) || store.intentsOf(id).length > 0) return [];
      return [refused(landing, known)];
    });
  }

  /** False when it has to wait. */
  async #step(landing: Landing): Promise<boolean> {
    const { store } = this.#context;
    if (store.get('repository', landing.repository)?.trusted !== true) {
      return this.#hold(landing, 'Its repository is not trusted any more: nothing runs in it.');
    }
    const repository = await repositoryOf(this.#context, landing);
    for (const intent of store.intentsOf(landing.id)) {
      await concludeMove(this.#context, repository, landing, intent);
      await concludeGate(this.#context, landing, intent);
    }
    if (store.intentsOf(landing.id).length > 0) return false;
    const present = store.get('landing', landing.id);
    if (present === undefined || !isOpen(present)) return true;
    return this.#next(repository, present);
  }

  async #next(repository: Repository, landing: Landing): Promise<boolean> {
    const { store } = this.#context;
    const { root } = store.session(landing.session).repository;
    const gates = (await this.#context.settings(root))['landing.gates'];
    const step = nextLandingStep(landing, gates);
    switch (step.do) {
      case 'nothing':
        return false;
      case 'seal':
        return this.#hold(landing, await seal(this.#context, repository, landing));
      case 'build': {
        const events = await build(this.#context, repository, landing, step.tip);
        await this.#commit(landing, events);
        return true;
      }
      case 'test': {
        const left = gates.slice(gates.indexOf(step.gate));
        const record = gateRecord(this.#context, landing, step.build.tree);
        await askGates(this.#context, repository, landing, step.build, left, record);
        return true;
      }
      case 'give-up': {
        const next = 'The target was not touched. See what this gate does, then ask for the landing again.';
        await this.#commit(landing, [refused(landing, new CoppiceError('script-failed', step.why, next))]);
        return true;
      }
      case 'move':
        return this.#hold(landing, await move(this.#context, repository, landing, step.build));
    }
  }

  /** On record only while it is open: a person may have taken it out of the line meanwhile. */
  async #commit({ id }: Landing, events: readonly NewEvent[]): Promise<void> {
    const { store } = this.#context;
    await store.commit(engineActor, () => {
      const present = store.get('landing', id);
      return present !== undefined && isOpen(present) ? events : [];
    });
  }

  /** Puts the reason on record, once; undefined means that nothing holds it. */
  async #hold({ id }: Landing, why: string | undefined): Promise<boolean> {
    if (why === undefined) return true;
    const { store } = this.#context;
    await store.commit(engineActor, () => {
      const present = store.get('landing', id);
      return present !== undefined && isOpen(present) && present.held !== why
        ? [event('landing.held', { landing: id, why })]
        : [];
    });
    return false;
  }
}
