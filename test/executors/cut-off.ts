/** An agent that something outside ends again and again: every answer that a person is offered then does what it says. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SessionDetail } from '../../src/protocol/schemas.ts';
import type { Place } from './place.ts';

/** Dies of a signal until it has been tried more than four times in its worktree; what it is told is in its stream. */
export const mortal = {
  command: ['sh', '-c', 'echo "told: $(cat)"; echo x >> tries; [ $(wc -l < tries) -le 4 ] || exit 0; kill -9 $$'],
};

/** `place` knows the agent `mortal`. `meanwhile` is what happens before an answer is given. */
export async function answersCount(place: Place, executor: string, meanwhile: () => Promise<void>): Promise<void> {
  const ask = async (prompt: string): Promise<SessionDetail> => {
    const id = await place.run(prompt, { executor, agent: 'mortal' });
    return asking(id, 4);
  };
  const asking = (id: string, turns: number): Promise<SessionDetail> =>
    place.when(id, (each) => each.turns === turns && each.needs.length > 0, `it asks after turn ${turns}`);
  const all = await Promise.all(['let go on', 'say more', 'take over', 'stop', 'roll back'].map(ask));
  for (const { needs, id } of all) {
    assert.deepEqual([needs.length, needs[0]?.kind], [1, 'decision'], id);
    assert.match(needs[0]?.title ?? '', /ended from outside again and again/u);
    assert.match(needs[0]?.detail ?? '', /was started again 3 times before/u);
  }
  await meanwhile();
  for (const { id } of all) await asking(id, 4);

  const [on, more, over, stop, back] = all.map(({ id }) => id);
  assert.ok(on !== undefined && more !== undefined && over !== undefined && stop !== undefined && back !== undefined);
  const answer = (
    session: string,
    choice: 'allow' | 'deny' | 'hand-over' | 'abort',
    reason?: string,
  ): Promise<unknown> =>
    place.engine.request('session/answer', {
      session,
      answer: { choice, ...(reason === undefined ? {} : { reason }) },
    });

  await answer(on, 'allow');
  const went = await place.when(on, ({ status, turns }) => turns === 5 && status === 'reported', 'it goes on');
  assert.match(readFileSync(went.stream, 'utf8'), /told: Go on with what you were doing\.\n$/u);
  assert.deepEqual(place.changes(went), { tries: 'x\n'.repeat(5) });

  await answer(more, 'deny', 'Use less memory.');
  const told = await place.when(more, ({ status, turns }) => turns === 5 && status === 'reported', 'it is told');
  assert.match(readFileSync(told.stream, 'utf8'), /told: Use less memory\.\n$/u);

  await answer(over, 'hand-over');
  assert.equal((await place.ended(over)).status, 'interrupted');
  await place.continue(over, 'by hand');
  await place.when(over, ({ status, turns }) => turns === 5 && status === 'reported', 'it goes on for a person');

  await answer(stop, 'abort');
  const stopped = await place.ended(stop);
  assert.deepEqual([stopped.status, stopped.needs], ['cancelled', []]);
  assert.ok(existsSync(join(stopped.worktree ?? '', 'tries')), 'its files are kept');

  const { checkpoints } = await place.engine.request('checkpoint/list', { session: back });
  const first = checkpoints.find(({ kind }) => kind === 'session-start') ?? assert.fail('no checkpoint');
  await place.engine.request('restore/apply', { session: back, to: first.n });
  const restored = await asking(back, 4);
  assert.equal(existsSync(join(restored.worktree ?? '', 'tries')), false, 'its files are as they were at the start');
  await answer(back, 'allow');
  await asking(back, 8);
  await answer(back, 'allow');
  await place.when(back, ({ status, turns }) => turns === 9 && status === 'reported', 'its end');
}
