import assert from 'node:assert/strict';
import type { ReportView } from '../../../src/protocol/supervision-views.ts';
import { FakeEngine } from './fake-engine.ts';
import { coppice } from './fake-shell.ts';

const none = { hits: 0, count: 0, low: 0, high: 1 };
const report: ReportView = {
  ...{ cases: 0, few: true, falseAccepts: none, falseBreakpoints: none, bins: [] },
  goals: { falseBreakpoints: { below: 0.05, says: 'too-few' }, correlation: { above: 0.8, says: 'too-few' } },
  times: [
    { what: 'review', count: 50, p95Ms: 4123, goalMs: 10_000, says: 'met' },
    { what: 'agent', count: 50, p95Ms: 31_000, goalMs: 30_000, says: 'missed' },
    { what: 'loop', count: 3, p95Ms: 41_000, goalMs: 60_000, says: 'too-few' },
    { what: 'own', count: 0 },
  ],
};

describe('verdicts', () => {
  it('tell how long things took, beside what they are meant to take', async () => {
    const engine = new FakeEngine({ 'supervision/report': () => report });
    const { exit, stdout } = await coppice(engine, ['verdicts']);
    assert.equal(exit, 0);
    const shown = stdout.split('\n').map((line) => line.trim());
    assert.deepEqual(shown.slice(5, 9), [
      'an answer of the model: 95 % within 4.1 s, of 50; the goal, under 10 s, is reached',
      'a turn of the agent: 95 % within 31.0 s, of 50; the goal, under 30 s, is missed',
      'a turn until it is decided on: 95 % within 41.0 s, of 3; the goal, under 60 s, cannot be told from so few',
      'the same without the agent: no cases yet',
    ]);
  });
});
