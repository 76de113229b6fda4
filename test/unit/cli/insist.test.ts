import assert from 'node:assert/strict';
import { CoppiceError } from '../../../src/core/errors.ts';
import { coppice } from './fake-shell.ts';
import { aSession, reported } from './fake-engine.ts';
import { OneSession, permission } from './one-session.ts';

describe('an engine that goes away before it answers', () => {
  const works = [
    ['session/create', ['session', 'start', 'x'], 'id'],
    ['session/continue', ['session', 'continue', 'abcd', 'x'], 'key'],
  ] as const;

  for (const [method, words, name] of works) {
    it(`is asked again for the same ${method}, by the same ${name}`, async () => {
      const engine = new OneSession();
      let crashes = 2;
      const answer = { verdict: { status: 'started' as const }, session: engine.detail };
      engine.handlers[method] = () => {
        if (crashes-- > 0) engine.crash();
        return answer;
      };
      const { exit, stderr } = await coppice(engine, words);
      assert.equal(exit, 0, stderr);
      const asked = engine.paramsOf(method).map((params) => (params as Record<string, unknown>)[name]);
      assert.equal(asked.length, 3);
      assert.match(String(asked[0]), /^[0-9a-f]{8}-[0-9a-f-]{27}$/);
      assert.equal(new Set(asked).size, 1);
    });

    it(`is given up when no engine stays for ${method}, and the outcome is called unknown`, async () => {
      const engine = new OneSession();
      engine.handlers[method] = () => {
        engine.crash();
        return { verdict: { status: 'started' }, session: engine.detail };
      };
      const { exit, stderr } = await coppice(engine, [...words, '--json']);
      assert.equal(exit, 1);
      assert.equal((JSON.parse(stderr) as { error: { code: string } }).error.code, 'unknown-outcome');
      assert.ok(engine.paramsOf(method).length > 3);
    });

    it(`is not asked again for a ${method} that it refused`, async () => {
      const engine = new OneSession();
      engine.handlers[method] = () => {
        throw new CoppiceError('wrong-state', 'No.', 'Do something else.');
      };
      assert.equal((await coppice(engine, words)).exit, 3);
      assert.equal(engine.paramsOf(method).length, 1);
    });
  }

  it('has an answer of a person all the same, also when it was there before the engine went', async () => {
    for (const words of [
      ['run', 'x'],
      ['session', 'answer', 'abcd', '--allow'],
    ]) {
      const engine = new OneSession();
      engine.detail = aSession({ status: 'needs-you', needs: [permission] });
      let asked = 0;
      engine.handlers['session/answer'] = () => {
        asked += 1;
        engine.endAs(reported());
        if (asked === 1) engine.crash();
        return { breakpoint: 'b1' };
      };
      const { exit, stderr } = await coppice(engine, words, { types: ['y'] });
      assert.equal(exit, 0, stderr);
      const keys = engine.paramsOf('session/answer').map(({ key }) => key);
      assert.deepEqual([keys.length, keys[0]], [2, keys[1]]);
      assert.match(keys[0] ?? '', /^[0-9a-f]{8}-/u);
    }
  });

  const stopping = { context: { stopping: 'yes' } };
  for (const [what, goesAway] of [
    ['had certainly not taken it', () => new CoppiceError('engine-busy', 'The engine is stopping.', 'Wait.', stopping)],
    ['may have taken it', undefined],
  ] as const) {
    it(`says that somebody else answered while it was away, where it ${what}`, async () => {
      const engine = new OneSession();
      engine.detail = aSession({ status: 'needs-you', needs: [permission] });
      let asked = 0;
      engine.handlers['session/answer'] = () => {
        asked += 1;
        if (asked > 1) throw new CoppiceError('wrong-state', 'It was answered already by user:vscode.', 'See to it.');
        if (goesAway !== undefined) throw goesAway();
        engine.crash();
        return { breakpoint: 'b1' };
      };
      const { exit, stderr, stdout } = await coppice(engine, ['session', 'answer', 'abcd', '--allow']);
      assert.deepEqual([exit, asked, stdout], [3, 2, '']);
      assert.match(stderr, /answered already by user:vscode/);
    });
  }
});
