import assert from 'node:assert/strict';
import { usesText } from '../../../src/cli/session-lines.ts';

describe('what a session uses', () => {
  it('is said in one line, as far as it is known', () => {
    const uses = { memoryBytes: 212_300_000, processes: 4, diskBytes: 3_540_000_000, ports: [3000, 3001] };
    assert.equal(usesText(uses), '212 MB of memory in 4 processes, 3.5 GB on the disk, listens on 3000, 3001');
    assert.equal(usesText({ memoryBytes: 900, processes: 1, ports: [] }), '1 kB of memory in 1 process');
    assert.equal(usesText({ diskBytes: 5_000_000, diskIsMore: true }), 'more than 5 MB on the disk');
    assert.equal(usesText({}), '');
    assert.equal(usesText(undefined), '');
  });
});
