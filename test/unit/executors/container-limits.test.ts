import assert from 'node:assert/strict';
import { within } from '../../../src/executors/docker/container.ts';

const policy = { image: 'i', memoryMegabytes: 4096, cpus: 2, processes: 512, network: 'none' } as const;
const gibibyte = 2 ** 30;

describe('the limits of a container', () => {
  it('are those that are set where the machine of the daemon has more', () => {
    assert.deepEqual(within(policy, { NCPU: 2, MemTotal: 8 * gibibyte }), policy);
  });

  it('leave a quarter of a small machine to everything else, and ask for no processor that is not there', () => {
    const small = within(policy, { NCPU: 1, MemTotal: 4 * gibibyte });
    assert.deepEqual(small, { ...policy, cpus: 1, memoryMegabytes: 3072 });
  });

  it('are those that are set where the daemon does not say what it has', () => {
    assert.deepEqual(within(policy, {}), policy);
    assert.deepEqual(within(policy, { NCPU: 0, MemTotal: 0 }), policy);
  });
});
