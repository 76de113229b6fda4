import assert from 'node:assert/strict';
import { ClaudeCodeReader } from '../../../../src/agents/claude-code/reader.ts';
import { samples } from './samples.ts';

/**
 * Reading may take this many times what parsing the same lines as JSON takes. It is 1.6 on an idle machine; counting coverage
 * on a busy one makes 4 of it, because that slows our code and not `JSON.parse`. Work that grows with the stream would exceed it.
 */
const limit = 8;

describe('Claude Code: speed of the reader', () => {
  it(`takes at most ${limit} times as long as JSON.parse of the same lines`, () => {
    const lines = samples.filter(({ version }) => version === '2.1.329').flatMap((sample) => sample.lines);
    const parse = (): void => {
      for (const line of lines) JSON.parse(line);
    };
    const read = (): void => {
      const reader = new ClaudeCodeReader();
      let events = 0;
      for (const line of lines) events += reader.line(line, { offset: 0 }).length;
      assert.ok(events > lines.length / 2);
    };
    for (let round = 0; round < 10; round += 1) [parse, read].forEach((each) => each());
    // Both in turn, so that whatever else the machine does hits both; the best round of each.
    const best = [Infinity, Infinity];
    for (let round = 0; round < 30; round += 1) {
      for (const [index, each] of [parse, read].entries()) {
        const begun = performance.now();
        each();
        best[index] = Math.min(best[index] ?? Infinity, performance.now() - begun);
      }
    }
    const [floor = 0, ours = Infinity] = best;
    assert.ok(
      ours <= limit * floor,
      `${(ours / floor).toFixed(2)} times (${ours.toFixed(2)} ms for ${lines.length} lines)`,
    );
  });
});
