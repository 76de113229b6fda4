import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { CoppiceError } from '../../core/errors.ts';
import type { ChangeSummary, Place, Session } from '../../core/session/state.ts';
import type { Settings } from '../../core/settings/settings.ts';
import { ownNames } from '../../core/worktree/own-names.ts';
import { isAbsent } from '../../git/admin.ts';
import { allOf } from '../../git/all-of.ts';
import { changesBetween, changesSince } from '../../git/changes.ts';
import { commitWorktree } from '../../git/commit.ts';
import { createWorktree } from '../../git/create.ts';
import { branchFacts, refuseProtected } from '../../git/facts.ts';
import { changedSubmodules, unsharedSubmodules } from '../../git/inside-remarks.ts';
import { acquireLease, noteWriter, readLease } from '../../git/lease.ts';
import { branchOf, freeSlug, worktreePath, worktreesFolder } from '../../git/names.ts';
import { movedBranches, movedRemarks } from '../../git/moved-branches.ts';
import { branchNames, readRefs } from '../../git/refs.ts';
import type { Repository } from '../../git/repository.ts';
import { resolveWorktree } from '../../git/resolver.ts';
import { treeOfCommit } from '../../git/save.ts';
import { runScript } from '../../git/script.ts';
import { keepStash, stashMark, stashNews, stashRemarks } from '../../git/stash.ts';
import { againNext, withoutGit } from '../../git/inspect.ts';
import { adoptWorktree, listWorktrees, probeWorktree } from '../../git/worktrees.ts';
import type { Log } from '../process/log.ts';
import type { Store } from '../sessions/store.ts';
import type { Choice, Workplace } from '../sessions/workplace.ts';
import { inUse } from './in-use.ts';
import { giveBack, leaseFor } from './lease-for.ts';
import { conventionalName, slugOf, type Repositories } from './repositories.ts';

/** What places are made with. `settings` are those in force for the repository at `root`. */
export interface WorkplaceOptions {
  readonly store: Store;
  readonly repositories: Repositories;
  readonly log: Log;
  readonly stopping: AbortSignal;
  settings(root: string): Promise<Settings>;
  /** Folder for the output of a session's scripts. */
  sessionFolder(session: string): string;
}

/** Places to work in, made of git worktrees. */
export class GitWorkplace implements Workplace {
  readonly #options: WorkplaceOptions;
  /** How the stash was when it was last kept, by session. */
  readonly #stashes = new Map<string, string | undefined>();

  constructor(options: WorkplaceOptions) {
    this.#options = options;
  }

  async choose(session: Session, announce: (choice: Choice) => Promise<void>): Promise<void> {
    const repository = await this.#repository(session);
    // One at a time: a name that was chosen is announced before the next one is looked for.
    await repository.exclusive('choose', async () => announce(await this.#choice(repository, session)));
  }

  async claim(session: Session, choice: Choice, signal: AbortSignal): Promise<Place> {
    const repository = await this.#repository(session);
    const place =
      choice.kind === 'take'
        ? await this.#take(repository, session, choice)
        : await this.#make(repository, session, choice, signal);
    await allOf([
      leaseFor(place, session.id, repository.owner, signal),
      this.#keepStash(session, Promise.resolve(repository)),
    ]);
    return place;
  }

  async setUp(session: Session, place: Place, signal: AbortSignal): Promise<void> {
    const settings = await this.#options.settings(session.repository.root);
    const known = this.#options.store.all('worktree').map(({ path }) => path);
    for (const command of settings['worktrees.setup']) {
      await runScript({
        command,
        cwd: place.path,
        env: {
          ...ownNames(place, known),
          ...session.requester.env,
          COPPICE_WORKTREE: place.path,
          COPPICE_SESSION_ID: session.id,
        },
        timeoutMs: settings['worktrees.scriptTimeoutSeconds'] * 1000,
        outputFile: join(this.#options.sessionFolder(session.id), 'setup.log'),
        signal,
      });
    }
  }

  async reclaim(session: Session, place: Place): Promise<Place> {
    const repository = await this.#repository(session);
    refuseProtected(await branchFacts(repository), place.branch);
    if ((await probeWorktree(repository, place)).state !== 'ready') {
      throw new CoppiceError(
        'worktree-unsafe',
        `The worktree ${place.path} of session ${session.id} is gone.`,
        place.origin === 'adopted'
          ? `Bring it back, or start another session on its branch ${place.branch}.`
          : 'Have it made again as it was last kept.',
        { context: { session: session.id }, way: place.origin === 'adopted' ? undefined : 'restore' },
      );
    }
    // In a folder without it, git takes a repository around it for its own.
    if (await isAbsent(join(place.path, '.git')))
      throw new CoppiceError('worktree-unsafe', withoutGit(place.path), againNext);
    await leaseFor(place, session.id, repository.owner);
    await this.keepStash(session);
    return place;
  }

  async occupy(
    session: Session,
    place: Place,
    writer: { readonly pid: number; readonly startTime: string },
  ): Promise<void> {
    const repository = await this.#repository(session);
    const lease = await acquireLease(place, session.id, repository.owner);
    await noteWriter(lease, { pid: writer.pid, startTime: writer.startTime });
  }

  async commit(session: Session, place: Place, options: { intent: string; message: string }): Promise<ChangeSummary> {
    const repository = await this.#repository(session);
    const made = await commitWorktree(repository, place, {
      message: options.message,
      trailers: { task: session.task.id, session: session.id, intent: options.intent },
      ...(session.checkpoint === undefined ? {} : { seen: session.checkpoint.tree }),
    });
    const commit = made.nothing ? made.parent : made.commit;
    // What a first commit changes was counted when it was made.
    const { files, insertions, deletions } =
      !made.nothing && made.parent === place.baseCommit
        ? made
        : await changesBetween(repository, place.baseCommit, commit, 0);
    const base = await treeOfCommit(repository, place.baseCommit);
    const unshared = await unsharedSubmodules(repository, place, base, made.tree);
    const changed = await changedSubmodules(repository, place, made.submodules);
    const remarks = [...made.nested.map(leftOut), ...made.warnings, ...unshared, ...changed];
    return { commit, tree: made.tree, files, insertions, deletions, ...(remarks.length === 0 ? {} : { remarks }) };
  }

  async changes(session: Session, place: Place): Promise<ChangeSummary> {
    const repository = await this.#repository(session);
    const { files, insertions, deletions, snapshot } = await changesSince(repository, place, place.baseCommit, {
      limit: 0,
    });
    return { tree: snapshot.tree, files, insertions, deletions };
  }

  keepStash(session: Session): Promise<void> {
    return this.#keepStash(session, this.#repository(session));
  }

  async #keepStash(session: Session, opened: Promise<Repository>): Promise<void> {
    try {
      const repository = await opened;
      const mark = await stashMark(repository);
      if (mark === this.#stashes.get(session.id)) return;
      await keepStash(repository, session.id);
      this.#stashes.set(session.id, mark);
    } catch (error) {
      this.#options.log.warn('the stash could not be kept', { session: session.id, error: String(error) });
    }
  }

  async stashRemarks(session: Session, place: Place): Promise<readonly string[]> {
    try {
      await this.keepStash(session);
      return stashRemarks(await stashNews(await this.#repository(session), session.id, place.branch));
    } catch (error) {
      this.#options.log.warn('the stash could not be looked at', { session: session.id, error: String(error) });
      return [];
    }
  }

  async movedRemarks(session: Session, place: Place): Promise<readonly string[]> {
    const { store, log } = this.#options;
    try {
      const landed = new Set(store.all('landing').map(({ build }) => build?.commit));
      const begun = (branch: string, commit: string): boolean =>
        store.all('session').some(({ worktree }) => worktree?.branch === branch && worktree.baseCommit === commit);
      const moved = await movedBranches(
        await this.#repository(session),
        place,
        session.createdAt,
        (branch, commit) => landed.has(commit) || begun(branch, commit),
      );
      for (const { branch, commit } of moved) log.warn('a branch was moved', { session: session.id, branch, commit });
      return movedRemarks(moved);
    } catch (error) {
      log.warn('branches could not be looked at', { session: session.id, error: String(error) });
      return [];
    }
  }

  async release(session: Session, place: Place): Promise<void> {
    this.#stashes.delete(session.id);
    const lease = await readLease(place).catch((error: unknown) => {
      this.#options.log.warn('a lease cannot be given back', { session: session.id, error: String(error) });
    });
    if (lease?.record.holder === session.id) await giveBack(lease, this.#options);
  }

  async #repository(session: Session): Promise<Repository> {
    const { repositories } = this.#options;
    return repositories.open(await repositories.locate(session.request.from ?? session.repository.root));
  }

  async #choice(repository: Repository, session: Session): Promise<Choice> {
    const { request, task } = session;
    const slug = slugOf(request, task.title);
    const name = conventionalName(request, task.title);
    if (name !== undefined) {
      const refs = await readRefs(repository);
      const [worktrees, facts] = await Promise.all([listWorktrees(repository, refs), branchFacts(repository, refs)]);
      const found = resolveWorktree(name, worktrees, facts, request.worktree);
      if (found.kind === 'create') return { kind: 'create', slug: found.slug, branch: found.branch, path: '' };
      const { path, branch = '' } = found.worktree;
      return { kind: 'take', slug, branch, path };
    }
    const { 'worktrees.root': root } = await this.#options.settings(session.repository.root);
    const free = freeSlug(slug, await this.#taken(repository, root));
    return { kind: 'create', slug: free, branch: branchOf(free), path: '' };
  }

  /** Slugs that branches, folders, worktrees or announced sessions have. */
  async #taken(repository: Repository, root: string): Promise<string[]> {
    const list = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
    const [names, folders, entries] = await Promise.all([
      branchNames(repository),
      list(worktreesFolder(root, repository)),
      list(join(repository.location.commonDir, 'worktrees')),
    ]);
    const prefix = branchOf('');
    const slugs = [...names].flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
    const announced = this.#options.store
      .all('intent')
      .flatMap(({ effect }) => (effect.kind === 'worktree' ? [effect.slug] : []));
    return [...slugs, ...announced, ...folders, ...entries];
  }

  async #take(repository: Repository, session: Session, choice: Choice): Promise<Place> {
    const { state, place: ours } = await probeWorktree(repository, { path: choice.path });
    const place = state === 'ready' && ours !== undefined ? ours : await adoptWorktree(repository, choice.path);
    const holder = this.#options.store.get('worktree', place.path)?.holder;
    if (holder !== undefined && holder !== null && holder !== session.id) throw inUse(place.path, holder);
    return { ...place, origin: place.origin === 'adopted' ? 'adopted' : 'reused' };
  }

  async #make(repository: Repository, session: Session, choice: Choice, signal: AbortSignal): Promise<Place> {
    const settings = await this.#options.settings(session.repository.root);
    const root = settings['worktrees.root'];
    // An engine that was killed after this worktree was made and before that was on record: it is the session's.
    const begun = await probeWorktree(repository, {
      path: worktreePath(await realRoot(root), repository, choice.slug),
    });
    if (begun.state === 'ready' && begun.place?.branch === choice.branch) return begun.place;
    const base = this.#base(session);
    const { place, warnings, included } = await createWorktree(repository, {
      root,
      slug: choice.slug,
      branch: choice.branch,
      ...(base === undefined ? {} : { base }),
      ...(settings['worktrees.copyIgnored'] ? {} : { include: false }),
      pool: settings['worktrees.pool'] > 0,
      sparse: settings['worktrees.sparse'],
      history: settings['history.commit'],
      signal,
    });
    for (const warning of warnings) this.#options.log.warn(warning, { session: session.id });
    if (included.copied.length > 0) {
      this.#options.log.info('ignored files copied', {
        session: session.id,
        files: included.copied.length,
        bytes: included.bytes,
      });
    }
    return place;
  }

  /** Work below another session begins where that one's branch is, and comes home to it. */
  #base({ request, parent, repository }: Session): string | undefined {
    if (request.base !== undefined || parent === undefined) return request.base;
    const above = this.#options.store.get('session', parent);
    return above?.repository.id === repository.id ? above.worktree?.branch : undefined;
  }
}

function leftOut(path: string): string {
  return `${path} is a repository of its own: it is in the worktree and not on the branch.`;
}

/** With the links above it resolved, as worktrees are recorded; the path itself while it does not exist. */
function realRoot(root: string): Promise<string> {
  return realpath(root).catch(() => root);
}
