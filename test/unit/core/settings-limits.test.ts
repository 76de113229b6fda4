import assert from 'node:assert/strict';
import { placeText } from '../../../src/core/settings/place.ts';
import { readFlags, readTree, type Layer } from '../../../src/core/settings/read.ts';
import { resolveSettings, type Resolved } from '../../../src/core/settings/settings.ts';

function user(tree: unknown): Layer {
  return readTree(tree, 'user', (path) => ({ source: 'user', name: path.join('/') }));
}

function said(layer: Layer): readonly string[] {
  return layer.problems.map(({ place, message }) => `${placeText(place)}: ${message}`);
}

function resolved(...layers: readonly Layer[]): Resolved {
  return resolveSettings(layers, { home: '/data', userHome: '/home/ann', agents: ['demo'] });
}

describe('settings: limits', () => {
  it('wants a number for each label, and a name that can be shown', () => {
    assert.deepEqual(said(user({ limits: { labels: { 'area:ui': 1, 'team: web': 20 } } })), []);
    assert.deepEqual(said(user({ limits: { labels: { 'area:ui': 0, 'a\u001B[31mb': 1, ' x': 1 } } })), [
      'limits/labels/area:ui: "limits.labels.area:ui" must be a whole number from 1 to 1000, not 0',
      'limits/labels/a\u001B[31mb: "limits.labels.a\uFFFD[31mb" must be a label of 1 to 100 characters, on one line, that neither begins nor ends with a space',
      'limits/labels/ x: "limits.labels. x" must be a label of 1 to 100 characters, on one line, that neither begins nor ends with a space',
    ]);
    assert.deepEqual(said(user({ limits: { labels: ['area:ui'] } })), [
      'limits/labels: "limits.labels" must be a map of labels, each with a whole number from 1 to 1000, not a list',
    ]);
  });

  it('refuses to reserve every place, whichever source left none to the others', () => {
    const kept = user({ limits: { reserved: 2 } });
    assert.deepEqual(resolved(kept).problems, []);
    for (const [layers, running] of [
      [[user({ limits: { reserved: 3 } })], 3],
      [[kept, readFlags({ 'limits.running': 2 })], 2],
    ] as const) {
      const [problem, ...others] = resolved(...layers).problems;
      assert.deepEqual(others, []);
      assert.equal(problem?.place.name, 'limits/reserved');
      assert.equal(
        problem.message,
        `"limits.reserved" must be less than "limits.running", which is ${running}: what is not critical would wait for ever`,
      );
    }
  });
});
