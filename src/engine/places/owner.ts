import { basename } from 'node:path';
import type { ProcessEntry, ProcessTable } from '../../executors/process-table.ts';
import { systemProcessTable } from '../../executors/process-table-system.ts';
import { hashOf } from '../../git/names.ts';
import type { Liveness, Owner, ProcessMark } from '../../git/owner.ts';
import { thisHost } from '../process/host.ts';

/** This engine as leases name it. `home` stands for the data directory: one engine at a time runs with it. */
export async function engineOwner(home: string, table: ProcessTable = systemProcessTable()): Promise<Owner> {
  const host = await thisHost(table);
  return {
    mark: {
      id: hashOf(home, 16),
      host: host.self.host,
      bootId: host.self.boot,
      pid: host.self.pid,
      startTime: host.self.started,
    },
    probe: async ({ pid, startTime }: ProcessMark): Promise<Liveness> => {
      const life = await host.lifeOf(pid, startTime);
      return life === 'ended' ? 'dead' : life;
    },
    gits: () => gitsOf(table, host.self.pid),
    orphans: async () => {
      const others = await gitsOf(table, host.self.pid);
      const pids = others.map(({ pid }) => pid);
      const marked = pids.length === 0 ? new Set() : await table.carrying(pids, `${gitMark}=${hashOf(home, 16)}`);
      return others.filter(({ pid }) => marked.has(pid));
    },
  };
}

/** What every git of an engine carries in its environment: the mark of the data directory, so that a later engine knows it. */
export function gitVariables(home: string): Readonly<Record<string, string>> {
  return { [gitMark]: hashOf(home, 16) };
}

const gitMark = 'COPPICE_GIT_OF';

/** The git processes that this one did not start. */
async function gitsOf(table: ProcessTable, self: number): Promise<readonly ProcessEntry[]> {
  const all = await table.list();
  const own = familyOf(all, self);
  return all.filter(({ pid, name, zombie }) => !zombie && !own.has(pid) && /^git(?:-|$)/.test(basename(name)));
}

/** A process and all below it. */
function familyOf(all: readonly ProcessEntry[], root: number): ReadonlySet<number> {
  const family = new Set([root]);
  for (let size = 0; size < family.size;) {
    size = family.size;
    for (const { pid, ppid } of all) if (family.has(ppid)) family.add(pid);
  }
  return family;
}
