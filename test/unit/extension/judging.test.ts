import assert from 'node:assert/strict';
import { breakpointText, conditionForms, permissionText } from '../../../src/extension/breakpoints/rows.ts';
import { readCondition } from '../../../src/core/supervision/condition.ts';
import { verdictsText } from '../../../src/extension/verdicts/text.ts';
import type { SupervisionView } from '../../../src/protocol/supervision-views.ts';

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
    const grant = { id: 'g', tool: 'Bash', pattern: 'npm\n\u001B[31mtest', by: 'user:vscode', at: '' };
    assert.ok(!/[\n\u001B]/u.test(permissionText(grant).label));
  });

  it('offer only conditions that the engine can read', () => {
    for (const { words, example } of conditionForms()) {
      assert.equal(typeof readCondition(`${words} ${example}`.trim()), 'object', words);
    }
  });
});

describe('the document of verdicts', () => {
  it('has every turn with its factors, the latest first, and shows output as data', () => {
    const evidence = {
      tree: 'abc',
      command: ['npm', 'test'],
      passed: false,
      code: 1,
      ms: 5,
      output: '/o',
      tail: 'a\u001B[31m\nTurn 9',
    };
    const decision = {
      ...{ action: 'ask' as const, sentence: 'It failed.', score: 0.1, calibrated: 0.2 },
      factors: [{ name: 'gates', weight: -5, sentence: 'The gate failed.' }],
    };
    const turn = (n: number): SupervisionView['judgements'][number] => ({
      ...{ turn: n, at: '', tree: 'abc', files: 1, lines: 1, issues: [], evidence: [evidence], decision },
    });
    const view: SupervisionView = {
      ...{ session: 's', level: 'supervised', gates: [], review: false, standing: 'The gate says no.', tree: 'def' },
      ...{ proof: [evidence], verifying: false, errors: [], automatic: 0, judgements: [turn(1), turn(2)] },
    };
    const text = verdictsText(view);
    assert.ok(text.indexOf('Turn 2') < text.indexOf('Turn 1'));
    assert.match(text, /-5\.0 {2}gates: The gate failed\./u);
    assert.match(text, /failed \(1\): npm test {2}\(abc, of other files\)/u);
    assert.ok(!text.includes('\u001B') && !/^Turn 9/mu.test(text));
  });
});
