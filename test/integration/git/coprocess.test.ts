import assert from 'node:assert/strict';
import { Coprocess } from '../../../src/git/coprocess.ts';
import { Sandbox } from './support.ts';

describe('a git that answers questions', () => {
  let sandbox: Sandbox;
  let git: Coprocess;
  before(async () => {
    sandbox = await Sandbox.make();
    const cwd = await sandbox.repository('project');
    git = new Coprocess({
      start: () => Promise.resolve({ env: sandbox.env, cwd }),
      args: ['cat-file', '--batch-check'],
      answerMs: 10_000,
    });
  });
  after(async () => {
    git.close();
    await sandbox.clean();
  });

  const ask = async (what: string): Promise<string> => {
    const answer = await git.ask(Buffer.from(`${what}\n`), (bytes) => {
      const end = bytes.indexOf('\n');
      return end < 0 ? undefined : end + 1;
    });
    return answer.toString('utf8').trimEnd();
  };

  it('answers the question itself, at whatever moment of it another one is to be started', async () => {
    for (let hops = 0; hops < 12; hops += 1) {
      assert.equal(await ask(`before-${hops}`), `before-${hops} missing`);
      const asked = [ask(`first-${hops}`), ask(`second-${hops}`)];
      for (let hop = 0; hop < hops; hop += 1) await Promise.resolve();
      git.renew();
      asked.push(ask(`third-${hops}`));
      assert.deepEqual(
        await Promise.all(asked),
        ['first', 'second', 'third'].map((name) => `${name}-${hops} missing`),
        `${hops} hops`,
      );
    }
  });
});
