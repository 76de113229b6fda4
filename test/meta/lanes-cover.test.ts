import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { lanes } from '../../scripts/test/lanes.ts';
import { root } from './tree.ts';

describe('the lanes of npm test', () => {
  it('have every test file in exactly one of them', () => {
    const found = Object.values(lanes).flatMap(({ specs }) => specs.flatMap((spec) => globSync(spec, { cwd: root })));
    const all = globSync('test/**/*.test.ts', { cwd: root });
    assert.ok(all.length > 100);
    assert.deepEqual(found.sort(), all.sort());
  });
});
