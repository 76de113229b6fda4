import { hashOf } from '../../git/names.ts';
import type { Liveness, Owner, ProcessMark } from '../../git/owner.ts';
import { thisHost } from '../process/host.ts';

/** This engine as leases name it. `home` stands for the data directory: one engine at a time runs with it. */
export async function engineOwner(home: string): Promise<Owner> {
  const host = await thisHost();
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
  };
}
