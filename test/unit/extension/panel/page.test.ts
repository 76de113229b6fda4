import assert from 'node:assert/strict';
import { pageOf } from '../../../../src/extension/panel/page.ts';

const parts = {
  ...{ title: 'Session', language: 'en', source: 'https://x.vscode-cdn.net', nonce: 'abc' },
  ...{ script: 'https://x/session.js', style: 'https://x/session.css', texts: {} },
};

describe('the page of a panel', () => {
  it('allows its own script, styles and icons, and nothing else', () => {
    const policy =
      /Content-Security-Policy" content="([^"]*)"/.exec(pageOf(parts))?.[1]?.replaceAll('&#39;', "'") ?? '';
    const rules = new Map(policy.split('; ').map((rule) => [rule.split(' ')[0] ?? '', rule.split(' ').slice(1)]));
    assert.deepEqual(rules.get('default-src'), ["'none'"]);
    assert.deepEqual(rules.get('script-src'), ["'nonce-abc'"]);
    assert.deepEqual(rules.get('style-src'), ['https://x.vscode-cdn.net']);
    assert.deepEqual(rules.get('font-src'), ['https://x.vscode-cdn.net']);
    assert.doesNotMatch(policy, /unsafe|\*|data:|blob:|img-src|connect-src/);
    assert.deepEqual(rules.get('require-trusted-types-for'), ["'script'"]);
  });

  it('cannot be broken out of', () => {
    const bad = `"'><script>1</script>`;
    const page = pageOf({ ...parts, title: bad, language: bad, script: bad, style: bad, texts: { [bad]: bad } });
    assert.equal(page.match(/<script/g)?.length, 1);
    assert.match(page, /&lt;script&gt;/);
  });
});
