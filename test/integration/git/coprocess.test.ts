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

  it('is started once for all who ask, also for one who asks while a start that failed is told', async () => {
    let fail = (_error: Error): void => undefined;
    const first = new Promise<{ env: Record<string, string>; cwd: string }>((_resolve, reject) => (fail = reject));
    let starts = 0;
    const failing = new Coprocess({
      start: () => {
        starts += 1;
        return starts === 1 ? first : Promise.reject(new Error(`start ${starts}`));
      },
      args: [],
    });
    const told: Promise<string>[] = [];
    const question = (): void => {
      const asked = failing.ask(Buffer.from('?'), () => undefined);
      told.push(asked.then(String, (error: unknown) => String(error)));
    };
    question();
    const between = first.catch(() => {
      // Behind the first who is told that the start failed, and before the second.
      queueMicrotask(question);
      question();
    });
    fail(new Error('start 1'));
    await between;
    await Promise.resolve();
    question();
    assert.deepEqual(await Promise.all(told), ['Error: start 1', 'Error: start 1', 'Error: start 2', 'Error: start 2']);
  });
});
