import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { FakeEngine } from './fake-engine.ts';
import { coppice } from './fake-shell.ts';

describe('completion', () => {
  /** What bash offers for the last of these words. */
  async function offered(...words: readonly string[]): Promise<string[]> {
    const engine = new FakeEngine();
    const { exit, stdout } = await coppice(engine, ['completion', 'bash']);
    assert.deepEqual([exit, engine.launches], [0, []]);
    const ask = `${stdout}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _coppice; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const said = execFileSync('bash', ['--norc', '-c', ask, 'bash', 'coppice', ...words], { encoding: 'utf8' });
    return said.split('\n').filter((line) => line !== '');
  }

  it('offers commands, also under their other names, and their options', async () => {
    assert.ok((await offered('se')).includes('session'));
    assert.deepEqual(await offered('session', 'sh'), ['show']);
    assert.deepEqual(await offered('instances', 'li'), ['list']);
    assert.deepEqual(await offered('session', 'list', '--act'), ['--active']);
    assert.deepEqual(await offered('--json', 'session', 'list', '--js'), ['--json']);
    assert.deepEqual(await offered('land', 'no-such-command', '--rever'), ['--revert']);
    assert.deepEqual(await offered('no-such'), []);
  });

  it('is made for each shell that it names, and for no other', async () => {
    for (const shell of ['zsh', 'fish'])
      assert.match((await coppice(new FakeEngine(), ['completion', shell])).stdout, /\/session\/list/u);
    assert.equal((await coppice(new FakeEngine(), ['completion', 'cmd'])).exit, 2);
  });
});
