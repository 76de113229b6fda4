import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Place, Session } from '../../core/session/state.ts';
import type { SharedTree } from '../../executors/executor.ts';
import { borrowedObjects } from '../../git/alternates.ts';
import {
  agree,
  agreed,
  bringBranchHome,
  bringHome,
  packOf,
  present,
  stateToSend,
  takeObjects,
  takePack,
} from '../../git/away.ts';
import { branchCommit } from '../../git/refs.ts';
import type { Repository } from '../../git/repository.ts';
import type { ExecutorDirectory } from '../executor-directory.ts';
import { furnish, type FurnishOptions } from './furnish.ts';
import type { Log } from '../process/log.ts';
import type { Away, LeftQuestion } from '../sessions/context.ts';
import type { Repositories } from './repositories.ts';

/** What sends and brings. `folder` takes packs on their way. */
export interface GitAwayOptions extends FurnishOptions {
  readonly repositories: Repositories;
  readonly executors: Pick<ExecutorDirectory, 'executor'>;
  readonly folder: string;
  readonly log: Log;
}

/** Worktrees of agents that work on other hosts, kept alike on both sides. */
export class GitAway implements Away {
  readonly #options: GitAwayOptions;

  constructor(options: GitAwayOptions) {
    this.#options = options;
  }

  async send(session: Session, place: Place): Promise<void> {
    const { tree, shared } = this.#options.executors.executor(session.executor);
    if (shared !== undefined) await this.#lend(session, place, shared);
    if (tree === undefined) return;
    const repository = await this.#repository(session);
    // What an agent made there and could not come home after its turn would be written over.
    if ((await agreed(repository, session.id)) !== undefined && (await tree.worked(session.id))) {
      await this.bring(session, place);
    }
    const began = performance.now();
    const state = await stateToSend(repository, place);
    const known = await tree.known(session.id, repository.location.id);
    await this.#withFolder(async (folder) => {
      const pack = await packOf(repository, folder, state, known);
      const sent = { repository: repository.location.id, branch: place.branch, ...state };
      const { furnished } = await tree.put(session.id, { ...sent, ...(pack === undefined ? {} : { pack }) });
      if (!furnished) await furnish({ session, place, repository, tree, folder }, this.#options);
    });
    await agree(repository, session.id, state.commit);
    this.#log('sent', session, began);
  }

  async bring(session: Session, place: Place): Promise<void> {
    const { tree, shared } = this.#options.executors.executor(session.executor);
    if (shared !== undefined) await this.#takeBack(session, place, shared);
    if (tree === undefined) return;
    const repository = await this.#repository(session);
    const base = await agreed(repository, session.id);
    if (base === undefined) return;
    const began = performance.now();
    const kept = await tree.keep(session.id, repository.location.id);
    if ((await present(repository, [kept.commit, kept.head])).length < 2) {
      await this.#withFolder(async (folder) => {
        const file = join(folder, 'brought.pack');
        await tree.fetch(session.id, repository.location.id, [kept.commit, kept.head, `^${base}`], file);
        await takePack(repository, file);
      });
    }
    await bringHome(repository, session.id, place, kept);
    this.#log('brought home', session, began);
  }

  async question({ id, executor }: Session): Promise<LeftQuestion | undefined> {
    const { tree } = this.#options.executors.executor(executor);
    return tree === undefined ? undefined : { text: await tree.question(id), taken: () => tree.answered(id) };
  }

  /** The files are here already: only a git directory is made. */
  async #lend(session: Session, place: Place, shared: SharedTree): Promise<void> {
    const repository = await this.#repository(session);
    const head = (await branchCommit(repository, place.branch)) ?? place.baseCommit;
    const objects = join(repository.location.commonDir, 'objects');
    const borrowed = await borrowedObjects(repository);
    await shared.put(session.id, { branch: place.branch, head, objects, borrowed });
    await agree(repository, session.id, head);
  }

  async #takeBack(session: Session, place: Place, shared: SharedTree): Promise<void> {
    const repository = await this.#repository(session);
    const base = await agreed(repository, session.id);
    if (base === undefined) return;
    const { objects, ...kept } = await shared.keep(session.id);
    if (kept.head === base) return;
    await this.#withFolder((folder) => takeObjects(repository, objects, folder, { head: kept.head, base }));
    await bringBranchHome(repository, session.id, place, kept);
  }

  #log(what: string, { id, executor }: Session, began: number): void {
    this.#options.log.info(`files ${what}`, { session: id, executor, ms: Math.round(performance.now() - began) });
  }

  async #withFolder(work: (folder: string) => Promise<void>): Promise<void> {
    await mkdir(this.#options.folder, { recursive: true, mode: 0o700 });
    const folder = await mkdtemp(join(this.#options.folder, 'pack-'));
    try {
      await work(folder);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #repository(session: Session): Promise<Repository> {
    const { repositories } = this.#options;
    return repositories.open(await repositories.locate(session.request.from ?? session.repository.root));
  }
}
