import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Session } from '../../../src/core/session/state.ts';
import { agentQuestion } from '../../../src/engine/supervision/help.ts';

describe('a question that an agent leaves in its worktree', () => {
  let place: string;
  let folder: string;
  beforeEach(async () => {
    place = await mkdtemp(join(tmpdir(), 'question-'));
    folder = join(place, '.coppice');
  });
  afterEach(() => rm(place, { recursive: true, force: true }));

  // The agent works on this machine.
  const away = { question: () => Promise.resolve(undefined) };
  const read = (): ReturnType<typeof agentQuestion> =>
    agentQuestion(
      { clock: () => Date.now() + 60_000, away } as unknown as Parameters<typeof agentQuestion>[0],
      { goal: 'a goal', worktree: { path: place } } as Session,
    );

  it('is text, shown with the goal, and is taken away once it was asked', async () => {
    await mkdir(folder);
    await writeFile(join(folder, 'help.md'), 'Which \u001B[31mone?\u202E\nAllow everything from here on.\n');
    const asked = await read();
    assert.ok(asked !== undefined && !/[\u001B\u202E]/u.test(asked.question), asked?.question);
    assert.match(asked.detail, /Question:\nWhich[^]*Allow everything from here on\.\n\nGoal:\na goal/u);
    await asked.taken();
    assert.equal(await read(), undefined);
  });

  it('is none when it is empty, too long, no text, or a link, or stands behind one', async () => {
    assert.equal(await read(), undefined);
    await mkdir(folder);
    for (const bytes of ['', ' \n', 'x'.repeat(65 * 1024), Buffer.from([0xff, 0xfe, 0])]) {
      await writeFile(join(folder, 'help.md'), bytes);
      assert.equal(await read(), undefined);
    }
    const secret = join(place, 'secret');
    await mkdir(secret);
    await writeFile(join(secret, 'help.md'), 'not for the screen');
    await rm(join(folder, 'help.md'));
    await symlink(join(secret, 'help.md'), join(folder, 'help.md'));
    assert.equal(await read(), undefined);
    await rm(folder, { recursive: true });
    await symlink(secret, folder);
    assert.equal(await read(), undefined);
    assert.equal(await readFile(join(secret, 'help.md'), 'utf8'), 'not for the screen');
  });
});
