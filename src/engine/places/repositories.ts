import { basename, dirname, join } from 'node:path';
import { isCoppiceError } from '../../core/errors.ts';
import { isAbsent } from '../../git/admin.ts';
import { slugFrom, suffixOf } from '../../git/names.ts';
import { atOnce, locateRepository, type RepositoryLocation } from '../../git/locate.ts';
import { openRepository, type Repository, type RepositoryOptions } from '../../git/repository.ts';
import { branchFacts, resolveBase } from '../../git/facts.ts';
import { resolveWorktree } from '../../git/resolver.ts';
import { listWorktrees } from '../../git/worktrees.ts';

/** What a session asks of a place to work in. */
export interface PlaceRequest {
  readonly name?: string;
  readonly worktree?: string;
  readonly base?: string;
}

/**
 * The repositories that people work in. Finding one runs no git, so that it may be done before anybody trusts it; opening
 * one does, and is for trusted repositories only.
 */
export class Repositories {
  readonly #options: RepositoryOptions;
  readonly #open = new Map<string, Promise<Repository>>();
  /** Top folders of checkouts that were found. */
  readonly #roots = new Set<string>();

  constructor(options: RepositoryOptions) {
    this.#options = options;
  }

  /**
   * Looks each time: a repository may be moved or replaced. Work asks for its own many times a turn, so one that has answered once
   * is looked at without a way to a thread for each of a dozen files.
   *
   * @throws CoppiceError `not-a-repository`, `bare-repository`.
   */
  async locate(path: string): Promise<RepositoryLocation> {
    const found = await (this.#roots.has(path) ? locateRepository(path, atOnce) : locateRepository(path));
    this.#roots.add(found.root);
    return found;
  }

  /** Top folder of the main checkout, told from the layout alone. */
  mainRoot({ kind, commonDir, root }: RepositoryLocation): string {
    return kind === 'linked' && basename(commonDir) === '.git' ? dirname(commonDir) : root;
  }

  /**
   * Whether the git directory itself says that the checkout is its own: it lies in it, or has it as a linked worktree. Any other
   * folder can name any git directory in its file `.git`, and be a stranger's.
   */
  isOwn({ kind, root, gitDir, commonDir }: RepositoryLocation): boolean {
    return kind === 'linked' ? dirname(gitDir) === join(commonDir, 'worktrees') : gitDir === join(root, '.git');
  }

  /** Whether a repository is certainly not where it was: moved, deleted, or another one is in its place. */
  async isAway({ id, root }: { readonly id: string; readonly root: string }): Promise<boolean> {
    try {
      return (await this.locate(root)).id !== id;
    } catch (error) {
      if (!isCoppiceError(error, 'not-a-repository')) throw error;
      return isAbsent(join(root, '.git'));
    }
  }

  /** Opened once per checkout from which work starts: HEAD is that of the starting place. */
  open(location: RepositoryLocation): Promise<Repository> {
    const key = location.gitDir;
    let opened = this.#open.get(key);
    if (opened === undefined) {
      opened = openRepository(location, this.#options);
      this.#open.set(key, opened);
      // A failed opening (an older git, a full disk) is tried again by the next request.
      opened.catch(() => this.#open.delete(key));
    }
    return opened;
  }

  /**
   * Refuses what can never work before a session exists. Returns the path of the worktree that the request finds, if one is
   * there.
   */
  async check(location: RepositoryLocation, request: PlaceRequest, title = ''): Promise<string | undefined> {
    const repository = await this.open(location);
    await resolveBase(repository, request.base);
    const name = conventionalName(request, title);
    if (name === undefined) return undefined;
    const [worktrees, facts] = await Promise.all([listWorktrees(repository), branchFacts(repository)]);
    const found = resolveWorktree(name, worktrees, facts, request.worktree);
    return found.kind === 'use' ? found.worktree.path : undefined;
  }
}

/**
 * The name that finds its worktree by convention (C-02): one that somebody gave, or a title that carries a suffix. Any other
 * title of a prompt is no such name, and undefined: two sessions with the same words are two pieces of work.
 */
export function conventionalName(request: PlaceRequest, title: string): string | undefined {
  const name = request.name ?? title;
  const given = request.worktree !== undefined || request.name !== undefined || suffixOf(name) !== undefined;
  return given ? name : undefined;
}

/** The slug that a task of this name gets when it is made a worktree. */
export function slugOf(request: PlaceRequest, title: string): string {
  return slugFrom((request.worktree ?? request.name ?? title).replace(/^feature\//, ''));
}
