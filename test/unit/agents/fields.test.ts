import assert from 'node:assert/strict';
import { addUsage, noUsage, type Usage } from '../../../src/core/agent/usage.ts';
import { amountOf, countOf } from '../../../src/agents/fields.ts';
import { LineProtocolReader } from '../../../src/agents/line-protocol/reader.ts';

describe('amounts that an agent tells', () => {
  it('are never below 0, never endless, and nothing where they are no number', () => {
    for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY, '7', null, undefined, {}, []]) {
      assert.deepEqual([amountOf(wrong), countOf(wrong)], [0, 0], typeof wrong);
    }
    assert.deepEqual([amountOf(0.5), countOf(2.9), amountOf(Number.MAX_VALUE)], [0.5, 2, 1e12]);
  });

  it('add up to a number that can be kept, however large they are', () => {
    const most = Number.MAX_VALUE;
    const usage = {
      inputTokens: most,
      outputTokens: most,
      cacheReadTokens: most,
      cacheWriteTokens: most,
      costUsd: most,
    };
    const line = JSON.stringify({ type: 'result', outcome: 'success', usage });
    let sum: Usage = noUsage;
    for (let turn = 0; turn < 1000; turn += 1) {
      const [ended] = new LineProtocolReader({ once: false }).line(line, { offset: 0 });
      assert.equal(ended?.kind, 'turn-ended');
      sum = addUsage(sum, ended.usage);
    }
    assert.deepEqual(JSON.parse(JSON.stringify(sum)), sum);
  });
});
