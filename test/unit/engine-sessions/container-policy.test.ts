import assert from 'node:assert/strict';
import { event } from '../../../src/core/events.ts';
import { placesIn } from '../../../src/core/queue/places.ts';
import type { Mode, Place, Session } from '../../../src/core/session/state.ts';
import { readFlags } from '../../../src/core/settings/read.ts';
import { resolveSettings } from '../../../src/core/settings/settings.ts';
import { engineActor } from '../../../src/engine/sessions/context.ts';
import { containerPolicy, startRun } from '../../../src/engine/sessions/start.ts';
import type { RunSpec } from '../../../src/executors/executor.ts';
import { newSession, World } from '../core/world.ts';
import { id, stageOf } from './stage.ts';

function session(mode: Mode): Session {
  const { ledger } = new World();
  newSession(ledger, 'a', { mode });
  return ledger.get('a');
}

/** Megabytes and processors of a container in this mode. */
function given(mode: Mode, flags: Readonly<Record<string, unknown>> = {}): readonly [number, number] {
  const { settings } = resolveSettings([readFlags(flags)], { home: '/data', userHome: '/home/ann', agents: [] });
  const { memoryMegabytes, cpus } = containerPolicy(session(mode), settings, 1);
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

  it('goes by the limit of the engine, and not by that of the shell which asked for the session', async () => {
    const seen: RunSpec[] = [];
    const worktree = { path: '/w', slug: 'w', branch: 'feature/w', base: 'main', baseCommit: 'c' } as Place;
    const stage = await stageOf(
      { worktree, holding: true, prompts: [{ n: 1, text: 'alpha', steer: false, state: 'waiting' }] },
      {
        agent: { command: () => ({ command: 'fake', args: [], env: {}, files: [], firstInputs: [], duplex: true }) },
        executor: {
          view: () => Promise.resolve({ cwd: '/w', directory: '/tmp' }),
          start: (spec) => {
            seen.push(spec);
            return Promise.reject(new Error('not here'));
          },
        },
        context: {
          limits: () => ({ running: 3, reserved: 0, waiting: 1, labels: {} }),
          away: { send: () => Promise.resolve() } as never,
        },
        settings: { 'limits.running': 1 },
      },
    );
    const trusted = { repository: 'r', root: '/repository', host: false, by: 'user:cli' };
    await stage.store.commit(engineActor, () => [event('repository.trusted', trusted)]);
    await assert.rejects(startRun(stage.context, stage.store.session(id), 1), /not here/u);
    stage.stop();
    // One for this session, which takes no place, beside the three.
    assert.equal(seen[0]?.container?.places, 4);
  });
});
