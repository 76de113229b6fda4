import assert from 'node:assert/strict';
import type { OverlapView } from '../../../src/protocol/watch.ts';
import { aSession, FakeEngine, sessionId } from './fake-engine.ts';
import { coppice } from './fake-shell.ts';

const other = '9a2e3d4c-0000-4000-8000-000000000009';
const overlap: OverlapView = {
  id: `${sessionId} ${other}`,
  repository: 'r',
  ours: { session: sessionId, worktree: '/w/one' },
  theirs: { session: other, worktree: '/w/two' },
  files: [
    {
      path: 'src/a\u001B[2J.txt',
      kind: 'content',
      hunks: [
        { ours: { start: 10, lines: 1, text: ['ten\u001B[31m'] }, theirs: { start: 11, lines: 2, text: ['x', 'y'] } },
      ],
    },
    { path: 'b.txt', kind: 'modify/delete', hunks: [] },
  ],
  more: 1,
  since: '2026-01-01T00:00:00.000Z',
  changedAt: '2026-01-01T00:00:00.000Z',
};

describe('radar', () => {
  it('shows who is in whose way, where, and the lines of either side', async () => {
    const engine = new FakeEngine({ 'radar/list': () => ({ overlaps: [overlap] }) });
    const { exit, stdout } = await coppice(engine, ['radar']);
    assert.equal(exit, 0);
    assert.equal(stdout.includes('\u001B'), false);
    const shown = stdout.split('\n').map((line) => line.trimEnd());
    assert.equal(shown[0], 'session 1f2e3d4c overlaps with session 9a2e3d4c');
    assert.match(shown[1] ?? '', /^ {2}src\/a.*\.txt \(content\)$/);
    assert.deepEqual([shown[2], shown[4]], ['    1f2e3d4c: line 10', '    9a2e3d4c: lines 11-12']);
    assert.deepEqual(shown.slice(5, 9), ['      x', '      y', '  b.txt (modify/delete)', '  and 1 more file']);
  });

  it('gives one array with --json, and asks for one repository with --repo', async () => {
    const engine = new FakeEngine({ 'radar/list': () => ({ overlaps: [overlap] }) });
    const { stdout } = await coppice(engine, ['radar', '--json', '--repo', '/repo']);
    assert.deepEqual(JSON.parse(stdout), [overlap]);
    assert.deepEqual(engine.asked.at(-1)?.params, { path: '/repo' });
  });

  it('says when there is nothing', async () => {
    const { stdout } = await coppice(new FakeEngine({ 'radar/list': () => ({ overlaps: [] }) }), ['radar']);
    assert.equal(stdout, 'Nothing overlaps.\n');
  });

  it('is part of what session show tells, from the side of that session', async () => {
    const counts = { created: 2, modified: 0, deleted: 1, renamed: 0 };
    const watch = {
      worktree: '/w/two',
      mode: 'polling' as const,
      why: 'no more watches',
      since: overlap.since,
      counts,
      recent: [],
      gaps: 0,
    };
    const engine = new FakeEngine({ 'session/show': () => aSession({ id: other, overlaps: [overlap], watch }) });
    const { stdout } = await coppice(engine, ['session', 'show', other]);
    assert.match(stdout, /session 9a2e3d4c overlaps with session 1f2e3d4c/);
    assert.match(stdout, /files: +2 created, 1 deleted; looked at from time to time: no more watches/);
    assert.ok(stdout.indexOf('9a2e3d4c: lines 11-12') < stdout.indexOf('1f2e3d4c: line 10'));
  });
});
