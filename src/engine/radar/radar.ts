import type { JournalRecord } from '../../core/domain.ts';
import { recorded } from '../../core/events.ts';
import { radarEvents } from '../../core/radar/compare.ts';
import { concerns, type Overlap } from '../../core/radar/state.ts';
import type { Session } from '../../core/session/state.ts';
import type { TouchedPaths } from '../../core/watch/touched.ts';
import { TrialMerges } from '../../git/radar.ts';
import type { OverlapView } from '../../protocol/watch.ts';
import { Allowance } from '../../watch/limits.ts';
import type { Repositories } from '../places/repositories.ts';
import type { Log } from '../process/log.ts';
import { engineActor } from '../sessions/context.ts';
import type { Store } from '../sessions/store.ts';
import { overlapView } from '../watch/views.ts';
import { Scan, type Base, type Finding } from './scan.ts';
import { isCandidate, Sides, wholeProcesses, type Side } from './sides.ts';

/** What the radar works with. */
export interface RadarOptions {
  readonly store: Store;
  readonly repositories: Repositories;
  readonly log: Log;
  readonly touched: TouchedPaths;
}

interface Scope {
  readonly trials: TrialMerges;
  readonly sides: Sides;
  readonly scan: Scan;
}

/** A change is rarely the only one. */
const settleMs = 60;
/** git processes of the radar, all repositories together: so many one after the other when it was quiet, so many a second in the long run. */
const spawnBurst = 64;
const spawnsPerSecond = 2;
/** What a pass after changes takes. */
const mergeSpawns = 1;
/** What reading a worktree as a whole has to leave, so that changes elsewhere never wait for it. */
const leftForChanges = 8;
/** How often it is looked whether a branch that sessions came from was moved by somebody else. */
const baseLookMs = 5_000;

/** Events after which the sides of a repository are others than before. */
const moves = new Set([
  'session.settled',
  'session.archived',
  'worktree.removed',
  'landing.landed',
  'session.returned',
]);

/**
 * Finds out in the background which worktrees of a repository cannot be merged with each other, or with the branch that
 * they came from, as their files are. One pass at a time; what changes meanwhile is for the next one.
 */
export class Radar {
  readonly #options: RadarOptions;
  readonly #spawns = new Allowance(spawnBurst, spawnsPerSecond);
  readonly #scopes = new Map<string, Promise<Scope>>();
  /** Sessions that changed, by repository. */
  readonly #dirty = new Map<string, Set<string>>();
  /** Repositories with worktrees that have to be read as a whole, one in each pass. */
  readonly #unread = new Set<string>();
  #findings = new Map<string, Finding>();
  #timer: NodeJS.Timeout | undefined;
  /** When it is due, milliseconds of this process. */
  #timerAt = 0;
  #baseTimer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #pass: Promise<void> | undefined;
  #stopped = false;
  #unsubscribe: () => void = () => undefined;

  constructor(options: RadarOptions) {
    this.#options = options;
  }

  /** Looks at every repository in which there is something to compare. */
  start(): void {
    const { store } = this.#options;
    this.#unsubscribe = store.state.onRecords((records) => this.#observe(records));
    for (const session of store.all('session')) if (isCandidate(session)) this.changed(session.id);
    this.#lookAtBasesLater();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#unsubscribe();
    clearTimeout(this.#timer);
    clearTimeout(this.#baseTimer);
    await this.#looking;
    await this.#pass;
    for (const scope of this.#scopes.values()) await (await scope.catch(() => undefined))?.trials.close();
  }

  /** The files of a session may have changed. */
  changed(session: string): void {
    const known = this.#options.store.get('session', session);
    if (known === undefined || this.#stopped) return;
    this.#mark(known.repository.id, session);
  }

  /** An overlap as front ends see it, with its lines if they are known. */
  view(overlap: Overlap): OverlapView {
    const view = overlapView(overlap);
    const finding = this.#findings.get(overlap.id);
    if (finding === undefined) return view;
    for (const [index, file] of view.files.entries()) {
      const lines = finding.found.files[index]?.path === file.path ? finding.lines[index] : undefined;
      for (const [place, hunk] of file.hunks.entries()) {
        const text = lines?.[place];
        if (text === undefined) continue;
        hunk.ours.text = [...text.ours];
        hunk.theirs.text = [...text.theirs];
      }
    }
    return view;
  }

  #observe(records: readonly JournalRecord[]): void {
    for (const record of records) {
      const known = recorded(record);
      if (known === undefined || !moves.has(known.type)) continue;
      if ('session' in known.data) this.changed(known.data.session);
      else for (const repository of this.#scopes.keys()) this.#mark(repository);
    }
  }

  #mark(repository: string, session?: string): void {
    const sessions = this.#dirty.get(repository) ?? new Set();
    if (session !== undefined) sessions.add(session);
    this.#dirty.set(repository, sessions);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#stopped || this.#pass !== undefined || (this.#dirty.size === 0 && this.#unread.size === 0)) return;
    const wait =
      this.#dirty.size > 0
        ? Math.max(settleMs, this.#spawns.waitMs(mergeSpawns))
        : this.#spawns.waitMs(wholeProcesses + leftForChanges);
    const at = performance.now() + wait;
    if (this.#timer !== undefined && this.#timerAt <= at) return;
    clearTimeout(this.#timer);
    this.#timerAt = at;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#pass = this.#passes().finally(() => {
        this.#pass = undefined;
        this.#schedule();
      });
    }, wait);
  }

  #lookAtBasesLater(): void {
    if (this.#stopped) return;
    this.#baseTimer = setTimeout(() => {
      this.#looking = this.#lookAtBases().finally(() => this.#lookAtBasesLater());
    }, baseLookMs);
    this.#baseTimer.unref();
  }

  async #lookAtBases(): Promise<void> {
    for (const [repository, opened] of this.#scopes) {
      try {
        if (this.#pass === undefined && (await (await opened).sides.basesMoved())) this.#mark(repository);
      } catch (error) {
        this.#options.log.warn('the radar could not look at branches', { repository, error: String(error) });
      }
    }
  }

  async #passes(): Promise<void> {
    const [repository] = [...this.#dirty.keys(), ...this.#unread];
    if (repository === undefined) return;
    const dirty = this.#dirty.get(repository) ?? new Set();
    this.#dirty.delete(repository);
    this.#unread.delete(repository);
    try {
      await this.#look(repository, dirty);
    } catch (error) {
      this.#options.log.warn('the radar could not look', { repository, error: String(error) });
      // What was taken from the watchers is lost, so everything is read anew by the next pass.
      (await this.#scopes.get(repository)?.catch(() => undefined))?.sides.forget();
    }
  }

  async #look(repository: string, dirty: ReadonlySet<string>): Promise<void> {
    const { store } = this.#options;
    const sessions = store.all('session').filter((each) => each.repository.id === repository);
    const candidates = sessions.filter(isCandidate).filter(({ worktree }) => store.get('worktree', worktree.path));
    const [first] = candidates;
    const known = store.all('overlap').filter((each) => each.repository === repository);
    if (first === undefined || store.get('repository', repository)?.trusted !== true) {
      await this.#journal(known, []);
      return;
    }
    const { sides, scan } = await this.#scope(first);
    const present = await sides.refresh(
      candidates.map((session) => ({ session, place: session.worktree })),
      dirty,
      this.#spawns.waitMs(wholeProcesses + leftForChanges) === 0,
    );
    this.#spawns.spend(present.spawned);
    if (present.unread.size > 0) this.#unread.add(repository);
    if (present.problem !== undefined)
      this.#options.log.warn('the radar could not read a worktree', { repository, error: present.problem });
    const { findings, spawned } = await scan.run(present.sides, await basesOf(sides, present.sides));
    this.#spawns.spend(spawned);
    const others = [...this.#findings].filter(([, { found }]) => found.repository !== repository);
    this.#findings = new Map([...others, ...findings.map((each) => [each.found.id, each] as const)]);
    // Of a worktree that was not read yet nobody can say that it is out of the way.
    const told = known.filter((overlap) => ![...present.unknown].some((session) => concerns(overlap, session)));
    await this.#journal(told, findings);
  }

  async #journal(known: readonly Overlap[], findings: readonly Finding[]): Promise<void> {
    const { store } = this.#options;
    const events = radarEvents(
      known,
      findings.map(({ found }) => found),
    );
    if (events.length > 0 && store.state.readOnlyReason === undefined) await store.commit(engineActor, () => events);
  }

  #scope(session: Session): Promise<Scope> {
    const { id, root } = session.repository;
    const open = async (): Promise<Scope> => {
      const { repositories, touched } = this.#options;
      const repository = await repositories.open(await repositories.locate(root));
      const trials = await TrialMerges.open(repository);
      return { trials, sides: new Sides(repository, trials, touched), scan: new Scan(trials, id) };
    };
    const scope = this.#scopes.get(id) ?? open();
    this.#scopes.set(id, scope);
    // What could not be opened is tried again by the next pass.
    scope.catch(() => this.#scopes.delete(id));
    return scope;
  }
}

/** The branches that sides came from, where they have moved on since. */
async function basesOf(sides: Sides, present: readonly Side[]): Promise<Base[]> {
  const bases: Base[] = [];
  for (const side of present) {
    const tip = await sides.baseTip(side);
    if (tip !== undefined && tip !== side.baseCommit) bases.push({ side, tip });
  }
  return bases;
}
