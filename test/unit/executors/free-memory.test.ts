import assert from 'node:assert/strict';
import { platform } from 'node:os';
import { freeMemory } from '../../../src/executors/free-memory.ts';

describe('free memory', () => {
  it('is what Linux says programs can get, and unknown where nothing says so', async () => {
    assert.equal(await freeMemory('/no/such/file'), undefined);
    const here = await freeMemory();
    assert.equal(here !== undefined && here > 2 ** 20, platform() === 'linux');
  });
});
