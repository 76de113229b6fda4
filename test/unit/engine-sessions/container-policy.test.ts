import assert from 'node:assert/strict';
import { placesIn } from '../../../src/core/queue/places.ts';
import type { Mode, Session } from '../../../src/core/session/state.ts';
import { readFlags } from '../../../src/core/settings/read.ts';
import { resolveSettings } from '../../../src/core/settings/settings.ts';
import { containerPolicy } from '../../../src/engine/sessions/start.ts';
import { newSession, World } from '../core/world.ts';

function session(mode: Mode): Session {
  const { ledger } = new World();
  newSession(ledger, 'a', { mode });
  return ledger.get('a');
}

/** Megabytes and processors of a container in this mode. */
function given(mode: Mode, flags: Readonly<Record<string, unknown>> = {}): readonly [number, number] {
  const { settings } = resolveSettings([readFlags(flags)], { home: '/data', userHome: '/home/ann', agents: [] });
  const { memoryMegabytes, cpus } = containerPolicy(session(mode), [], settings);
  return [memoryMegabytes, cpus];
}

describe('what a container of a session may use', () => {
  it('is by its mode: half for a plan, and never more than for everything else (Q-17)', () => {
    for (const mode of ['autonomous', 'dispatch', 'interactive', 'orchestration'] as const)
      assert.deepEqual(given(mode), [4096, 2], mode);
    assert.deepEqual(given('planning'), [2048, 1]);
    assert.deepEqual(given('planning', { 'executors.docker.memoryMegabytes': 512 }), [512, 1]);
    const more = { 'executors.docker.planningMemoryMegabytes': 3000, 'executors.docker.planningCpus': 9 };
    assert.deepEqual(given('planning', more), [3000, 2]);
  });

  it('leaves their part to as many as may be at work there', () => {
    const at = (mode: Mode, executor: string, admission: Session['admission'] = 'admitted'): Session => ({
      ...session(mode),
      ...{ executor, admission },
    });
    assert.equal(placesIn('docker', [], 3), 3);
    assert.equal(placesIn('docker', [at('autonomous', 'docker'), at('planning', 'docker', 'waiting')], 3), 3);
    assert.equal(placesIn('docker', [at('autonomous', 'docker'), at('planning', 'local')], 3), 2);
    assert.equal(placesIn('docker', [at('interactive', 'docker'), at('dispatch', 'local')], 3), 4);
    const four = Array.from({ length: 4 }, () => at('autonomous', 'docker'));
    assert.equal(placesIn('docker', [...four, at('autonomous', 'docker', 'idle')], 2), 4, 'a limit that was lowered');
  });
});
