import assert from 'node:assert/strict';
import { CoppiceError } from '../../../src/core/errors.ts';
import type { CheckpointView, FileDiffView } from '../../../src/protocol/diff-schemas.ts';
import { FakeEngine, sessionId } from './fake-engine.ts';
import { coppice } from './fake-shell.ts';

const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
function checkpoint(n: number, changes: Partial<CheckpointView> = {}): CheckpointView {
  return {
    ...{ n, kind: 'turn-end', at: '2026-01-01T00:00:00.000Z', tree: `t${n}`, commit: `c${n}`, parent: n - 1 },
    ...{ changed: true, byPerson: false, turn: n, usage, queue: { priority: 'normal' }, remarks: [] },
    conversation: { offset: 0, prompts: 1, turns: n },
    ...changes,
  };
}
const files: FileDiffView[] = [
  { path: 'src/a.ts', status: 'modified', insertions: 3, deletions: 1, binary: false },
  { path: 'new\u001b[31m.txt', oldPath: 'old.txt', status: 'renamed', insertions: 0, deletions: 0, binary: false },
  { path: 'logo.png', status: 'added', binary: true },
];

describe('checkpoints in the shell', () => {
  it('are listed with why they were taken', async () => {
    const checkpoints = [
      checkpoint(0, { kind: 'session-start', parent: null, changed: false }),
      checkpoint(1, { name: 'works' }),
      checkpoint(2, { kind: 'turn-start', prompt: 2, byPerson: true }),
      checkpoint(3, { kind: 'restore', restore: { to: 1, side: 'before' }, remarks: ['x cannot be read.'] }),
      checkpoint(4, { kind: 'restore', restore: { to: 1, side: 'after', automatic: true } }),
      checkpoint(5, { kind: 'tool', tools: [{ name: 'Bash\u001b[31m', held: true }] }),
      checkpoint(6, { kind: 'tool', tools: [{ name: 'Bash', held: false }] }),
      checkpoint(7, { kind: 'gate', tree: 'a1b2c3d4e5f6a7b8' }),
    ];
    const engine = new FakeEngine({ 'checkpoint/list': () => ({ session: sessionId, checkpoints }) });
    const { exit, stdout } = await coppice(engine, ['checkpoints', '1f2e']);
    assert.equal(exit, 0);
    assert.match(stdout, /^0 .* start +session start +- /m);
    assert.match(stdout, /^1 .* turn +end of turn 1 +changed +works$/m);
    assert.match(stdout, /^2 .* turn +before prompt 2 +changed by hand/m);
    assert.match(stdout, /^3 .* rollback +before rollback to 1 +changed/m);
    assert.match(stdout, /^4 .* rollback +after automatic rollback to 1 +changed/m);
    assert.match(stdout, /^5 .* tool +before Bash +changed/m);
    assert.match(stdout, /^6 .* tool +as it began: Bash +changed/m);
    assert.match(stdout, /^7 .* gate +gates asked about tree a1b2c3d4e5f6 +changed/m);
    assert.match(stdout, /^3: x cannot be read\.$/m);
    const json = await coppice(engine, ['checkpoints', '1f2e', '--json']);
    assert.deepEqual(JSON.parse(json.stdout), checkpoints);
  });

  it('are taken by hand, with and without a name', async () => {
    const asked: unknown[] = [];
    const engine = new FakeEngine({
      'checkpoint/take': (params) => {
        asked.push(params);
        const name = asked.length === 1 ? { name: 'be\u001b[31mfore' } : {};
        return checkpoint(8, { kind: 'named', changed: asked.length === 1, ...name });
      },
    });
    const named = await coppice(engine, ['checkpoint', '1f2e', '--name', 'before']);
    assert.deepEqual([named.exit, named.stdout], [0, 'Checkpoint 8, before: kept.\n']);
    const plain = await coppice(engine, ['checkpoint', '1f2e']);
    assert.equal(plain.stdout, 'Checkpoint 8: the same files as the one before.\n');
    assert.deepEqual(asked, [{ session: '1f2e', name: 'before' }, { session: '1f2e' }]);
  });

  it('are compared, with names of files made harmless', async () => {
    const summary = {
      from: { side: 'base' as const, tree: 'aaa' },
      to: { side: 2, tree: 'bbb' },
      total: { files: 3, insertions: 3, deletions: 1 },
      files,
      remarks: [],
    };
    const engine = new FakeEngine({ 'diff/summary': () => summary });
    const { exit, stdout } = await coppice(engine, ['diff', '1f2e', '--to', '2']);
    assert.equal(exit, 0);
    assert.deepEqual(engine.asked.at(-1)?.params, { session: '1f2e', from: 'base', to: 2, limit: 50_000 });
    assert.match(stdout, /^M {2}\+3 -1 +src\/a\.ts$/m);
    assert.match(stdout, /^A {2}binary +logo\.png$/m);
    assert.ok(!stdout.includes('\u001b[31m.txt'));
    assert.match(stdout, /git diff aaa bbb/);
    assert.equal((await coppice(engine, ['diff', '1f2e', '--from', 'yesterday'])).exit, 2);
    const some = await coppice(engine, ['diff', '1f2e', '--expect', './src/', '--expect', 'src/b.ts']);
    assert.deepEqual([some.exit, some.stdout], [1, 'yes ./src/\nno  src/b.ts\n']);
    const all = await coppice(engine, ['diff', '1f2e', '--expect', 'src/a.ts', '--json']);
    assert.deepEqual([all.exit, JSON.parse(all.stdout)], [0, { expected: [{ path: 'src/a.ts', written: true }] }]);
  });

  it('are rolled back to, in part, after a look, and undone', async () => {
    const preview = {
      to: 1,
      now: 'n',
      target: 't',
      files,
      obstacles: ['.env'],
      live: true,
      remarks: ['Submodules stay as they are.'],
      conversation: 'resume' as const,
    };
    const done = { restore: 'r', to: 1, files: 2, before: 4, after: 5, conversation: 'summary' as const };
    const engine = new FakeEngine({
      'restore/preview': () => preview,
      'restore/apply': () => done,
      'restore/undo': () => ({ ...done, files: 0 }),
    });
    const look = await coppice(engine, ['rollback', '1f2e', '1', '--path', 'src/', '--dry-run']);
    assert.match(look.stdout, /src\/a\.ts/);
    assert.doesNotMatch(look.stdout, /logo/);
    assert.match(look.stdout, /in the way, and ignored by git: \.env/);
    assert.match(look.stdout, /^Submodules stay as they are\.$/m);
    assert.match(look.stdout, /With --conversation the agent goes on from what had been said then/);
    assert.ok(engine.asked.every(({ method }) => method !== 'restore/apply'));
    const { exit, stdout } = await coppice(engine, ['rollback', '1f2e', '1', '--path', 'a', '--path', 'b', '--pause']);
    assert.equal(exit, 0);
    assert.deepEqual(engine.asked.at(-1)?.params, { session: '1f2e', to: 1, pause: true, paths: ['a', 'b'] });
    assert.match(stdout, /2 files brought back to checkpoint 1/);
    assert.match(stdout, /the agent begins a new conversation, with an account/);
    await coppice(engine, ['rollback', '1f2e', '1', '--conversation']);
    assert.deepEqual(engine.asked.at(-1)?.params, { session: '1f2e', to: 1, pause: false, conversation: true });
    assert.match((await coppice(engine, ['undo', '1f2e'])).stdout, /Nothing to do/);
    assert.equal((await coppice(engine, ['rollback', '1f2e', 'last'])).exit, 2);
  });

  it('say why a rollback is refused', async () => {
    const engine = new FakeEngine({
      'restore/apply': () => {
        throw new CoppiceError('wrong-state', 'Session 1 is at work.', 'Interrupt it first.');
      },
    });
    const { exit, stderr } = await coppice(engine, ['rollback', '1f2e', '1']);
    assert.equal(exit, 3);
    assert.match(stderr, /is at work\.\n {2}Interrupt it first\./);
  });
});
