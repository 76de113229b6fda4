import assert from 'node:assert/strict';
import type { Judgement } from '../../../src/core/supervision/judgement.ts';
import { reduceJudgement } from '../../../src/core/supervision/judgement-reducer.ts';
import type { Recorded } from '../../../src/core/events.ts';
import { timesOf } from '../../../src/core/supervision/times.ts';

const second = 1000;

/** Turns of which the n-th had its agent at work for n seconds, and was judged for half a second after that. */
function turns(count: number, reviewMs?: number): Judgement[] {
  return Array.from({ length: count }, (_, n) => {
    const [session, turn] = ['s1', n + 1];
    const common = { seq: 1, actor: 'engine', v: 1 };
    const endedAt = 1_000_000;
    const took = { agentMs: (n + 1) * second, endedAt };
    const found = { session, turn, repository: 'r', tree: 't', issues: [], files: 1, lines: 1 };
    const decided = { action: 'finish', sentence: 'Done.', factors: [], score: 1, calibrated: 1, weights: [] };
    const events = [
      { ...common, type: 'turn.validated', at: endedAt + 100, data: { ...found, took } },
      { ...common, type: 'turn.reviewed', at: endedAt + 300, data: { session, turn, tree: 't', ms: reviewMs } },
      { ...common, type: 'turn.decided', at: endedAt + 500, data: { session, turn, decided } },
    ] as unknown as readonly Recorded[];
    const judged = events.reduce<Judgement | undefined>((before, each) => reduceJudgement(before, each), undefined);
    assert.ok(judged !== undefined);
    return judged;
  });
}

describe('the times of judged turns', () => {
  it('are 95th percentiles beside their goals, with the agent and without', () => {
    assert.deepEqual(timesOf(turns(20, 9000)), [
      { what: 'review', count: 20, p95Ms: 9000, goalMs: 10_000, says: 'met' },
      { what: 'agent', count: 20, p95Ms: 19 * second, goalMs: 30_000, says: 'met' },
      { what: 'loop', count: 20, p95Ms: 19 * second + 500, goalMs: 60_000, says: 'met' },
      { what: 'own', count: 20, p95Ms: 500 },
    ]);
    assert.deepEqual(
      timesOf(turns(100, 10_000)).map(({ says }) => says),
      ['missed', 'missed', 'missed', undefined],
    );
  });

  it('end with the first decision: what follows a limit that a person raised waited for that person', () => {
    const [judged] = turns(1);
    const at = 90_000_000;
    const data = { session: 's1', turn: 1, decided: judged?.decided };
    const again = { seq: 9, actor: 'supervisor', v: 1, type: 'turn.decided', at, data } as unknown as Recorded;
    assert.equal(reduceJudgement(judged, again)?.took?.judgedMs, 500);
  });

  it('say nothing of a goal with few cases, and are none where nothing is on record', () => {
    assert.deepEqual(
      timesOf(turns(19, 1)).map(({ says }) => says),
      ['too-few', 'too-few', 'too-few', undefined],
    );
    const earlier = turns(30).map(({ took: _, ...judgement }) => judgement);
    assert.deepEqual(
      timesOf(earlier).map(({ count, p95Ms }) => [count, p95Ms]),
      Array.from({ length: 4 }, () => [0, undefined]),
    );
  });
});
