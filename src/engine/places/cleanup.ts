import { randomUUID } from 'node:crypto';
import type { Actor } from '../../core/domain.ts';
import { isCoppiceError } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import { isLive, isSettled } from '../../core/session/status.ts';
import type { Place, Session } from '../../core/session/state.ts';
import type { Settings } from '../../core/settings/settings.ts';
import type { Worktree } from '../../core/worktree/state.ts';
import { cleanupWorktrees, type CleanupReport, type KnownWorktree } from '../../git/cleanup.ts';
import { createWorktree } from '../../git/create.ts';
import { branchFacts } from '../../git/facts.ts';
import type { RepositoryLocation } from '../../git/locate.ts';
import type { Repository } from '../../git/repository.ts';
import { resolveWorktree } from '../../git/resolver.ts';
import { runScript } from '../../git/script.ts';
import { adoptWorktree, listWorktrees } from '../../git/worktrees.ts';
import type { Log } from '../process/log.ts';
import type { Store } from '../sessions/store.ts';
import type { Repositories } from './repositories.ts';
import type { Sweeper } from './sweeper.ts';

/**
 * What cleaning up works with; `clock` gives milliseconds since 1970, `stopping` ends what is under way with the
 * engine.
 */
export interface CleanupOptions {
  readonly store: Store;
  readonly repositories: Repositories;
  readonly sweeper: Sweeper;
  readonly log: Log;
  readonly clock: () => number;
  readonly stopping: AbortSignal;
  settings(root: string): Promise<Settings>;
}

/** A worktree that somebody wants; `env` is for its set-up commands. */
interface Wanted {
  readonly name: string;
  readonly base?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly actor: Actor;
}

interface CleanupResult {
  removed: { path: string; kept: string | null; reason: string }[];
  kept: { path: string; reason: string }[];
}

/** Makes worktrees without a session, and takes away those that nobody needs any more. */
export class Cleanup {
  readonly #options: CleanupOptions;

  constructor(options: CleanupOptions) {
    this.#options = options;
  }

  /** Finds the worktree of a task by convention, or makes it. One whose set-up has not been through is set up. */
  async create(location: RepositoryLocation, repository: Repository, wanted: Wanted): Promise<Place> {
    const place = await this.#findOrMake(location, repository, wanted);
    const known = this.#options.store.get('worktree', place.path);
    if (known?.setUpDue === true && known.holder === null) await this.#setUp(location, repository, place, wanted);
    return place;
  }

  async #findOrMake(
    location: RepositoryLocation,
    repository: Repository,
    { name, base, actor }: Wanted,
  ): Promise<Place> {
    const root = this.#options.repositories.mainRoot(location);
    const settings = await this.#options.settings(root);
    const found = resolveWorktree(name, await listWorktrees(repository), await branchFacts(repository));
    if (found.kind === 'use') return adoptWorktree(repository, found.worktree.path);
    const { place } = await createWorktree(repository, {
      root: settings['worktrees.root'],
      slug: found.slug,
      branch: found.branch,
      sparse: settings['worktrees.sparse'],
      history: settings['history.commit'],
      signal: this.#options.stopping,
      ...(base === undefined ? {} : { base }),
      ...(settings['worktrees.copyIgnored'] ? {} : { include: false }),
    });
    // Known before it is set up: one whose set-up fails is cleaned up like any other.
    await this.#options.store.commit(actor, () => [
      event('worktree.made', { worktree: place, repository: location.id, setUpDue: true }),
    ]);
    return place;
  }

  async #setUp(
    location: RepositoryLocation,
    repository: Repository,
    place: Place,
    { env, actor }: Wanted,
  ): Promise<void> {
    const settings = await this.#options.settings(this.#options.repositories.mainRoot(location));
    for (const command of settings['worktrees.setup']) {
      await runScript({
        command,
        cwd: place.path,
        env: { ...env, COPPICE_WORKTREE: place.path },
        timeoutMs: settings['worktrees.scriptTimeoutSeconds'] * 1000,
        outputFile: `${repository.privateDir}/setup-${randomUUID()}.log`,
        signal: this.#options.stopping,
      });
    }
    await this.#options.store.commit(actor, () => [
      event('worktree.made', { worktree: place, repository: location.id }),
    ]);
  }

  /** Removes by policy; what is removed stays reachable from a ref. */
  async run(
    location: RepositoryLocation,
    repository: Repository,
    dryRun: boolean,
    actor: Actor,
  ): Promise<CleanupResult> {
    const { store, clock, stopping } = this.#options;
    const settings = await this.#options.settings(this.#options.repositories.mainRoot(location));
    const root = settings['worktrees.root'];
    const known = store.all('worktree').filter((each) => each.repository === location.id);
    const clean = (worktrees: readonly Worktree[], decideOnly: boolean) =>
      cleanupWorktrees(repository, {
        root,
        known: worktrees.map((each) => this.#known(each)),
        now: clock(),
        signal: stopping,
        dryRun: decideOnly,
      });
    const torn =
      dryRun || settings['worktrees.teardown'].length === 0
        ? { failed: [] }
        : await this.#tearDown(settings, known, await clean(known, true));
    const failed = new Set(torn.failed.map(({ path }) => path));
    const done = await clean(
      known.filter(({ path }) => !failed.has(path)),
      dryRun,
    );
    const report = { ...done, kept: [...torn.failed, ...done.kept] };
    const removed = report.removed.map(({ path, reason, removal }) => ({
      path,
      reason,
      kept: removal?.saved.ref ?? null,
    }));
    if (dryRun) return { removed, kept: report.kept.map((each) => ({ ...each })) };
    const gone = removed.filter(({ path }) => store.get('worktree', path) !== undefined);
    await store.commit(actor, () =>
      gone.map(({ path, kept, reason }) => event('worktree.removed', { worktree: path, kept, reason })),
    );
    await this.#options.sweeper.later(repository);
    const orphans = report.orphans.map((path) => ({ path, reason: 'orphaned', kept: null }));
    return { removed: [...removed, ...orphans], kept: report.kept.map((each) => ({ ...each })) };
  }

  #known(worktree: Worktree): KnownWorktree {
    const { store } = this.#options;
    const session = worktree.session === null ? undefined : store.get('session', worktree.session);
    // Removed or brought back at the moment: that is told by whoever does it.
    const isMoving = ({ id }: Session): boolean => store.intentsOf(id).length > 0;
    const active = store
      .all('session')
      .some((each) => each.worktree?.path === worktree.path && (!isSettled(each) || isLive(each) || isMoving(each)));
    const outcome = session?.result?.outcome;
    return {
      place: worktree,
      session: worktree.session ?? `worktree-${worktree.slug}`,
      since: worktree.since,
      active,
      ended: outcome === undefined ? undefined : outcome === 'reported' ? 'done' : 'failed',
      endedAt: session?.endedAt,
    };
  }

  /**
   * Tear-down commands run in what is about to go, and nowhere else: a worktree that stays goes on needing what they undo.
   * One in which a command fails stays.
   */
  async #tearDown(
    settings: Settings,
    known: readonly Worktree[],
    { removed }: CleanupReport,
  ): Promise<{ failed: { path: string; reason: string }[] }> {
    const going = new Set(removed.map(({ path }) => path));
    const failed: { path: string; reason: string }[] = [];
    for (const worktree of known.filter(({ path }) => going.has(path))) {
      const { path } = worktree;
      try {
        for (const command of settings['worktrees.teardown']) await this.#runTearDown(settings, worktree, command);
      } catch (error) {
        if (!isCoppiceError(error)) throw error;
        failed.push({ path, reason: `a tear-down command failed: ${error.message}` });
      }
    }
    return { failed };
  }

  async #runTearDown(settings: Settings, worktree: Worktree, command: string | readonly string[]): Promise<void> {
    const session = worktree.session === null ? undefined : this.#options.store.get('session', worktree.session);
    await runScript({
      command,
      cwd: worktree.path,
      env: { ...(session?.requester.env ?? {}), COPPICE_WORKTREE: worktree.path },
      timeoutMs: settings['worktrees.scriptTimeoutSeconds'] * 1000,
      outputFile: `${worktree.common}/coppice/teardown-${worktree.slug}.log`,
      signal: this.#options.stopping,
    });
  }
}
