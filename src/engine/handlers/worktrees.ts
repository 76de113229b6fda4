import { defined } from '../../core/defined.ts';
import { allowed } from '../../core/environment.ts';
import type { RepositoryLocation } from '../../git/locate.ts';
import { listSlots } from '../../git/pool.ts';
import type { Repository } from '../../git/repository.ts';
import { listWorktrees } from '../../git/worktrees.ts';
import type { Handlers, Requests } from '../../protocol/contract.ts';
import type { WorktreeView } from '../../protocol/schemas.ts';
import type { Cleanup } from '../places/cleanup.ts';
import type { ClientContext } from '../rpc/server.ts';
import type { Services } from '../services.ts';
import { requireTrustedAt } from './trusted.ts';

type WorktreeHandlers = Pick<
  Handlers<Requests, ClientContext>,
  'worktree/list' | 'worktree/create' | 'worktree/cleanup'
>;

/** Worktrees of a repository: those that git knows, with what Coppice knows of them. */
export function worktreeHandlers(services: Services, cleanup: Cleanup): WorktreeHandlers {
  async function trusted(path: string): Promise<{ location: RepositoryLocation; repository: Repository }> {
    const location = await services.repositories.locate(path);
    requireTrustedAt(services, location);
    return { location, repository: await services.repositories.open(location) };
  }
  return {
    'worktree/list': async ({ path }) => {
      const { repository } = await trusted(path);
      return { worktrees: await views(services, repository) };
    },
    'worktree/create': async ({ path, name, base, requester }, client) => {
      const { location, repository } = await trusted(path);
      const { env } = allowed(requester, { allow: [], secrets: [] });
      const made = await cleanup.create(location, repository, { name, env, actor: client.actor, ...defined({ base }) });
      const found = (await views(services, repository)).find((each) => each.path === made.path);
      return found ?? { path: made.path, branch: made.branch, head: made.baseCommit, kind: 'ours', slug: made.slug };
    },
    'worktree/cleanup': async ({ path, dryRun }, client) => {
      const { location, repository } = await trusted(path);
      return cleanup.run(location, repository, dryRun, client.actor);
    },
  };
}

function kindOf(path: string, slots: ReadonlySet<string>): 'pool' | 'other' {
  return slots.has(path) ? 'pool' : 'other';
}

async function views(services: Services, repository: Repository): Promise<WorktreeView[]> {
  const listed = await listWorktrees(repository);
  const slots = new Set((await listSlots(repository)).map(({ path }) => path));
  return listed
    .filter((each) => !each.bare)
    .map((each) => {
      const known = services.store.get('worktree', each.path);
      return {
        path: each.path,
        branch: each.branch ?? null,
        head: each.commit ?? null,
        kind: each.main ? ('main' as const) : known !== undefined ? ('ours' as const) : kindOf(each.path, slots),
        ...defined({ slug: known?.slug, session: known?.session ?? undefined, holder: known?.holder ?? undefined }),
      };
    });
}
