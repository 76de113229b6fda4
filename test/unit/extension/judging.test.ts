import assert from 'node:assert/strict';
import { breakpointText, conditionForms, formOf, permissionText } from '../../../src/extension/breakpoints/rows.ts';
import { readCondition } from '../../../src/core/supervision/condition.ts';

describe('rows of the Breakpoints view', () => {
  it('say condition, hits, and what is out of the ordinary', () => {
    const spec = {
      id: 'a',
      predicate: { when: 'path', glob: 'src/**' },
      enabled: true,
      fromHit: 2,
      once: true,
    } as const;
    const row = breakpointText({ id: 'a', spec, text: 'path src/**', hits: 1, by: 'user:cli', at: '' });
    assert.equal(row.label, 'path src/**');
    assert.equal(row.description, '1 hit · holds from hit 2 · once');
    const ofOne = { session: '5e7ccea5-0000', title: 'Count the gulls' };
    const only = breakpointText({
      ...{ id: 'a', text: 'x', hits: 0, by: '', at: '' },
      ...ofOne,
      spec: { ...spec, ...ofOne },
    });
    assert.match(only.description, /only “Count the gulls”$/u);
    const placed = { ...{ id: 'a', spec, text: 'x', hits: 0, by: '', at: '' }, place: 'beacon' };
    assert.match(breakpointText(placed).description, / · beacon$/u);
    const grant = { id: 'g', tool: 'Bash', pattern: 'npm\n\u001B[31mtest', by: 'user:vscode', at: '' };
    assert.ok(!/[\n\u001B]/u.test(permissionText(grant).label));
    assert.equal(permissionText(grant).description, 'always');
    assert.equal(permissionText({ ...grant, place: 'beacon' }).description, 'always · beacon');
    assert.equal(permissionText({ ...grant, ...ofOne }).description, 'only “Count the gulls”');
    assert.equal(permissionText({ ...grant, session: ofOne.session }).description, 'only “5e7ccea5”');
  });

  it('offer only conditions that the engine can read', () => {
    for (const { words, example } of conditionForms()) {
      assert.equal(typeof readCondition(`${words} ${example}`.trim()), 'object', words);
    }
  });

  it('offer a box for all that a condition says, to change it', () => {
    const boxOf = (condition: string): string | undefined => {
      const known = conditionForms().find(({ words }) => condition === words || condition.startsWith(`${words} `));
      return formOf(condition, known)?.example;
    };
    assert.equal(boxOf('path docs/**'), 'src/**');
    assert.equal(boxOf('after turn'), undefined);
    assert.equal(boxOf('danger'), undefined);
    assert.equal(boxOf('danger force-push'), 'danger force-push');
    assert.equal(boxOf('after tool Edit*'), 'after tool Edit*');
    assert.equal(boxOf('danger and path src/**'), 'danger and path src/**');
  });
});
