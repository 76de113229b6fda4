import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lanes, slow } from '../../scripts/test/lanes.ts';
import { root } from './tree.ts';

const matching = (spec: string): readonly string[] => globSync(spec, { cwd: root });

describe('the lanes of npm test', () => {
  it('have every test file in exactly one of them, or in a slow one', () => {
    const specs = [...Object.values(lanes).flatMap((lane) => lane.specs), ...Object.values(slow)];
    const all = matching('test/**/*.test.ts');
    assert.ok(all.length > 100);
    assert.deepEqual(specs.flatMap(matching).sort(), [...all].sort());
  });

  it('that are slow are run by a script of their own', () => {
    const text = readFileSync(join(root, 'package.json'), 'utf8');
    const { scripts } = JSON.parse(text) as { scripts: Record<string, string> };
    for (const [script, spec] of Object.entries(slow)) {
      assert.ok(scripts[script]?.includes(`"${spec}"`), script);
      assert.ok(matching(spec).length > 0, spec);
    }
  });
});
