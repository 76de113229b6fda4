import assert from 'node:assert/strict';
import { readTree } from '../../../src/core/settings/read.ts';
import { toolMoment, toolUse } from '../../../src/core/supervision/moments.ts';
import { isToolCondition, policyOf, rulingOn } from '../../../src/core/supervision/policy.ts';

const policy = policyOf({
  'approval.ask': ['path infra/**', 'before tool WebFetch', 'danger credential-read'],
  'approval.forbid': ['command npm publish*', 'path infra/production/**'],
});

function said(tool: string, input: Record<string, unknown>, at: 'before' | 'after' = 'before'): string | undefined {
  return rulingOn(policy, toolMoment('s', toolUse(tool, input, '/w'), at, []))?.say;
}

describe('the approval policy', () => {
  it('asks and forbids by tool, command and path, whether the agent waits or has done it', () => {
    for (const at of ['before', 'after'] as const) {
      assert.equal(said('Write', { file_path: '/w/infra/dns.tf' }, at), 'ask');
      assert.equal(said('Write', { file_path: 'infra/production/../production/dns.tf' }, at), 'forbid');
      assert.equal(said('WebFetch', { url: 'https://example.org' }, at), 'ask');
      assert.equal(said('Bash', { command: 'npm publish --access public' }, at), 'forbid');
      assert.equal(said('Write', { file_path: '/w/src/a.ts' }, at), undefined);
      assert.equal(said('Read', { file_path: '/w/infra/dns.tf' }, at), undefined, 'reading changes nothing');
    }
  });

  it('sees a command behind others', () => {
    for (const command of [
      'cd a && npm publish',
      'true; npm publish',
      '(npm publish)',
      'x=$(npm publish)',
      'a\nnpm publish',
    ])
      assert.equal(said('Bash', { command }), 'forbid', command);
    assert.equal(said('Bash', { command: 'echo "how to npm publish"' }), undefined);
  });

  it('takes conditions on tools only', () => {
    assert.ok(isToolCondition('command git push* and before tool Bash'));
    for (const text of ['after turn', 'confidence 0.5', 'after tool Bash', 'sometimes', '', 'danger nothing'])
      assert.ok(!isToolCondition(text), text);
  });

  it('is refused with the place of what is wrong in it', () => {
    const at = { source: 'repository', name: '.coppice.yaml', line: 3 } as const;
    const problems = (tree: unknown): string[] =>
      readTree(tree, 'repository', () => at).problems.map(({ message }) => message);
    assert.match(problems({ approval: { asks: [] } })[0] ?? '', /unknown setting "approval\.asks".*approval\.ask/u);
    assert.match(problems({ approval: { ask: ['after turn'] } })[0] ?? '', /"approval\.ask\[0\]" must be a condition/u);
    assert.match(problems({ approval: { costForbiddenCents: -1 } })[0] ?? '', /whole number from 0 .*not -1/u);
    assert.match(problems({ budget: { costCents: 5 } })[0] ?? '', /cannot be set by a repository/u);
  });
});
