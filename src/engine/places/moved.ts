/** Repositories that are at another path than before: telling that, and binding their work to where they are. */
import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { CoppiceError } from '../../core/errors.ts';
import { moveRepository, type Bound, type RepositoryAt } from '../../core/repository/moved.ts';
import { isSettled } from '../../core/session/status.ts';
import type { Actor } from '../../core/domain.ts';
import { adminEntries } from '../../git/admin.ts';
import type { RepositoryLocation } from '../../git/locate.ts';
import { relocate, sessionsIn } from '../../git/relocate.ts';
import type { Services } from '../services.ts';

type Parts = Pick<Services, 'store' | 'repositories'>;

/** A repository whose sessions are known and that is not where it was. */
export interface Away {
  readonly id: string;
  readonly root: string;
  readonly sessions: number;
}

/** Repositories of sessions that are certainly not where they were: moved, deleted, or another one is in their place. */
export async function repositoriesAway({ store, repositories }: Parts): Promise<Away[]> {
  const counted = new Map<string, Away>();
  for (const { repository } of store.all('session')) {
    const known = counted.get(repository.id);
    counted.set(repository.id, { ...repository, sessions: (known?.sessions ?? 0) + 1 });
  }
  const all = [...counted.values()];
  const away = await Promise.all(all.map((each) => repositories.isAway(each)));
  return all.filter((_, index) => away[index]);
}

/** The repository that is away and that this one holds the work of; undefined when there is none. Runs no git. */
export async function movedTo(parts: Parts, location: RepositoryLocation): Promise<Away | undefined> {
  for (const away of await repositoriesAway(parts)) {
    if (away.id !== location.id && (await holdsWorkOf(parts, away, location.commonDir))) return away;
  }
  return undefined;
}

async function holdsWorkOf({ store }: Parts, { id }: Pick<Away, 'id'>, commonDir: string): Promise<boolean> {
  const [sessions, entries] = await Promise.all([sessionsIn(commonDir), adminEntries(commonDir)]);
  const paths = new Set(entries.map(({ path }) => path));
  return store
    .all('session')
    .some(
      (each) =>
        each.repository.id === id &&
        (sessions.has(each.id) || (each.worktree !== undefined && paths.has(each.worktree.path))),
    );
}

/** What a move has bound to the new place; `unsure` are worktrees whose `.git` is not as git had written it. */
export interface Moved {
  readonly sessions: number;
  readonly unsure: readonly string[];
}

/**
 * Binds the sessions of the repository that was at `from` to `location`, where it is, with its trust and its breakpoints.
 *
 * @throws CoppiceError `not-found`, `wrong-state`.
 */
export async function bindMoved(
  { store, repositories }: Parts,
  from: string,
  location: RepositoryLocation,
  by: Actor,
): Promise<Moved> {
  const parts = { store, repositories };
  const away = await awayAt(parts, from, location);
  const root = repositories.mainRoot(location);
  if (!(await holdsWorkOf(parts, away, location.commonDir))) {
    throw new CoppiceError(
      'not-found',
      `${root} holds nothing of the work of ${away.root}: it is another repository.`,
      'Name the folder to which that one was moved.',
      { context: { from: away.root, root } },
    );
  }
  const remote = store
    .all('session')
    .find((each) => each.repository.id === away.id && !isSettled(each) && !/^(?:local|tmux)$/u.test(each.executor));
  if (remote !== undefined) {
    throw new CoppiceError(
      'wrong-state',
      `Session ${remote.id} is at work in ${remote.executor}, which has the folder by its path.`,
      'Cancel it first (it can be continued afterwards).',
      { context: { session: remote.id }, way: 'cancel' },
    );
  }
  const old: RepositoryAt = { id: away.id, root: away.root, common: commonOf(parts, away) };
  const unsure = await relocate(old.common, location.commonDir);
  await store.commit(by, () =>
    moveRepository(
      old,
      { id: location.id, root, common: location.commonDir },
      boundTo(parts, away),
      { from: store.get('repository', away.id), to: store.get('repository', location.id) },
      by,
    ),
  );
  return { sessions: away.sessions, unsure };
}

async function awayAt(parts: Parts, from: string, location: RepositoryLocation): Promise<Away> {
  const known = await repositoriesAway(parts);
  const names = [from, await realOf(from)];
  const found = known.find(({ id, root }) => id !== location.id && names.includes(root));
  if (found !== undefined) return found;
  const there = parts.store.all('session').filter(({ repository }) => names.includes(repository.root));
  const [first] = there;
  if (first !== undefined) {
    const { repository } = first;
    const replaced = { ...repository, sessions: there.length };
    if (repository.id !== location.id && (await isReplaced(parts, replaced))) return replaced;
    throw new CoppiceError('wrong-state', `${from} is where Coppice knows it.`, 'Nothing has to be done.');
  }
  const roots = known.map(({ root }) => root);
  throw new CoppiceError(
    'not-found',
    `Coppice knows no repository that was at ${from}.`,
    roots.length === 0 ? 'All that it knows are where they were.' : `Not where they were: ${roots.join(', ')}.`,
  );
}

/** Whether what is at the path of a repository has nothing of the work of its sessions: a fresh clone, after it was moved away. */
async function isReplaced(parts: Parts, { id, root }: Away): Promise<boolean> {
  const { commonDir } = await parts.repositories.locate(root);
  return !(await holdsWorkOf(parts, { id }, commonDir));
}

/** With the links above it resolved, as repositories are known; the folder itself is not there any more. */
async function realOf(path: string): Promise<string> {
  const above = dirname(path);
  return above === path ? path : join(await realpath(above).catch(() => above), basename(path));
}

/** The git directory that it had. */
function commonOf({ store }: Parts, { id, root }: Away): string {
  const place = store.all('session').find((each) => each.repository.id === id && each.worktree !== undefined)?.worktree;
  return place?.common ?? join(root, '.git');
}

function boundTo({ store }: Parts, { id }: Away): Bound {
  const of = <T extends { readonly repository: string }>(all: readonly T[]): T[] =>
    all.filter(({ repository }) => repository === id);
  return {
    sessions: store.all('session').filter(({ repository }) => repository.id === id),
    worktrees: of(store.all('worktree')),
    landings: of(store.all('landing')),
    judgements: of(store.all('judgement')),
    stops: of(store.all('stop')),
    grants: of(store.all('grant')),
    overlaps: of(store.all('overlap')),
  };
}
