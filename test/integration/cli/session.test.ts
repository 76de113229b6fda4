import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Machine, waitFor, type Ran, type Row } from './machine.ts';

const demo = ['--agent', 'demo'];

function error(ran: Ran): { code: string; message: string; next: string } {
  return (JSON.parse(ran.stderr) as { error: { code: string; message: string; next: string } }).error;
}

describe('coppice, from the shell', () => {
  let machine: Machine;
  beforeEach(async () => {
    machine = await Machine.make();
  });
  afterEach(async function () {
    this.timeout(180_000);
    await machine.dispose();
  });

  it('a first session: refused, trusted, run, seen again', async function () {
    this.timeout(180_000);
    const refused = await machine.coppice(['run', ...demo, 'Add a line']);
    assert.equal(refused.exit, 3);
    assert.match(refused.stderr, /coppice trust/);
    assert.equal(error(await machine.coppice(['run', ...demo, 'Add a line', '--json'])).code, 'untrusted');
    assert.deepEqual(await machine.sessions(), []);

    assert.equal((await machine.coppice(['trust'])).exit, 0);
    const ran = await machine.coppice(['run', ...demo, 'Add a line', '--json']);
    assert.equal(ran.exit, 0, ran.stderr);
    const objects = ran.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    const last = objects.at(-1);
    assert.deepEqual(
      [objects[0]?.['type'], last?.['type'], last?.['status'], last?.['exit']],
      ['session', 'result', 'reported', 0],
    );
    assert.ok(objects.some(({ type }) => type === 'event'));

    const rows = await machine.sessions();
    assert.equal(rows.length, 1);
    const [row] = rows as unknown as [Row & Record<string, unknown>];
    assert.deepEqual(Object.keys(row).sort(), [
      ...[
        'agent',
        'branch',
        'endedAt',
        'executor',
        'id',
        'mode',
        'prompt',
        'repository',
        'startedAt',
        'status',
        'task',
        'title',
        'usage',
        'worktree',
      ],
    ]);
    assert.deepEqual([row.status, row.prompt, row['agent']], ['reported', 'Add a line', 'demo']);
    assert.match(await machine.git('diff', '--stat', 'main', row.branch ?? ''), /1 file changed/);
    assert.equal(await machine.git('status', '--porcelain'), '');

    const kept = await machine.coppice(['checkpoint', row.id, '--name', 'as it was']);
    assert.deepEqual([kept.exit, /^Checkpoint \d+, as it was: the same files/.test(kept.stdout)], [0, true]);
    assert.match((await machine.coppice(['checkpoints', row.id])).stdout, / named +by hand +- +as it was$/m);

    const logs = await machine.coppice(['session', 'logs', row.id]);
    assert.equal(logs.exit, 0);
    assert.match(logs.stdout, /turn ended: success/);
    const followed = await machine.coppice(['session', 'logs', row.id.slice(0, 8), '--follow', '--json']);
    assert.equal(followed.exit, 0);
    const offsets = followed.stdout
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { offset: number }).offset);
    assert.deepEqual(
      offsets,
      [...offsets].sort((a, b) => a - b),
    );
    assert.match((await machine.coppice(['session', 'show', row.id])).stdout, /status: +reported/);
    const typed = `${row.id.slice(0, 6)}x${row.id.slice(7, 8)}`;
    const astray = await machine.coppice(['session', 'show', typed]);
    assert.deepEqual([astray.exit, astray.stdout], [2, '']);
    assert.match(astray.stderr, new RegExp(`There is no session ${typed}.*\\n.*you mean "${row.id.slice(0, 8)}"`, 'u'));
    assert.match((await machine.coppice(['audit', 'verify'])).stdout, /The journal is whole/);
  });

  it('prompts go through word for word, also when they look like options or shell', async function () {
    this.timeout(180_000);
    await machine.coppice(['trust']);
    for (const [i, prompt] of [
      '--json -x "q" \'s\' $(touch pwned) `touch pwned` ; touch pwned',
      'two\nlines\n',
      '日本 \\ #',
    ].entries()) {
      const direct = await machine.coppice(['session', 'start', ...demo, '--name', `direct-${i}`, '--', prompt]);
      assert.equal(direct.exit, 0, direct.stderr);
      const piped = await machine.coppice(['run', ...demo, '--name', `piped-${i}`, '--prompt-file', '-'], {
        stdin: prompt,
      });
      assert.equal(piped.exit, 0, piped.stderr);
      const prompts = (await machine.sessions()).map((session) => session.prompt);
      assert.equal(prompts.filter((each) => each === prompt).length, 2);
    }
    const files = (await machine.git('ls-files', '--others')).trim();
    assert.equal(files, '');
  });

  it('a question without a person ends with 4, waits, and is answered from another shell', async function () {
    this.timeout(180_000);
    await machine.coppice(['trust']);
    const asked = await machine.coppice(['run', ...demo, '#ask:asked.txt please']);
    assert.equal(asked.exit, 4, asked.stderr);
    assert.match(asked.stderr, /coppice session answer \S+ --allow/);
    const [{ id }] = (await machine.sessions()) as [Row];
    assert.equal(await machine.status(id), 'needs-you');
    const answered = await machine.coppice(['session', 'answer', id, '--allow']);
    assert.equal(answered.exit, 0, answered.stderr);
    await waitFor(async () => (await machine.status(id)) === 'reported');
    assert.equal((await machine.coppice(['session', 'answer', id, '--allow'])).exit, 3);

    const denied = await machine.coppice(['run', ...demo, '#ask:denied.txt', '--json']);
    assert.equal(denied.exit, 4);
    const needs = denied.stdout.split('\n').filter((line) => line.includes('"needs-you"'));
    assert.ok(needs.some((line) => (JSON.parse(line) as { type: string }).type === 'needs-you'));
    const second = (await machine.sessions()).find((session) => session.prompt === '#ask:denied.txt');
    assert.equal((await machine.coppice(['session', 'answer', second?.id ?? '', '--deny', 'No.'])).exit, 0);
    await waitFor(async () => (await machine.status(second?.id ?? '')) !== 'needs-you');
  });

  it('a question of several choices is answered by number or by name', async function () {
    this.timeout(180_000);
    await machine.coppice(['trust']);
    assert.equal((await machine.coppice(['run', ...demo, '#question'])).exit, 4);
    const [{ id }] = (await machine.sessions()) as [Row];
    assert.equal((await machine.coppice(['session', 'answer', id, '--answer', '1=1'])).exit, 0);
    await waitFor(async () => (await machine.status(id)) === 'reported');
  });

  it('work that fails ends with 1', async function () {
    this.timeout(180_000);
    await machine.coppice(['trust']);
    const failed = await machine.coppice(['run', ...demo, '#fail']);
    assert.equal(failed.exit, 1, failed.stdout);
    assert.match(failed.stdout, /^failed: /m);
  });

  it('start returns at once; cancel, interrupt and continue act on it', async function () {
    this.timeout(180_000);
    await machine.coppice(['trust']);
    const started = await machine.coppice(['session', 'start', ...demo, '#hang']);
    assert.equal(started.exit, 0, started.stderr);
    const id = started.stdout.trim();
    assert.match(id, /^[0-9a-f-]{36}$/);
    await waitFor(async () => (await machine.status(id)) === 'running');
    const cancelled = await machine.coppice(['session', 'cancel', id]);
    assert.equal(cancelled.exit, 0, cancelled.stderr);
    assert.equal(await machine.status(id), 'cancelled');
    assert.equal((await machine.coppice(['session', 'cancel', id])).exit, 3);

    const slow = (await machine.coppice(['instances', 'spawn', ...demo, '#slow:60'])).stdout.trim();
    await waitFor(async () => {
      const { exit } = await machine.coppice(['session', 'interrupt', slow]);
      return exit === 0;
    });
    await waitFor(async () => (await machine.status(slow)) === 'interrupted');
    const again = await machine.coppice(['session', 'continue', slow, 'go on', '--follow']);
    assert.equal(again.exit, 0, `${again.stdout}${again.stderr}`);
    assert.ok(!again.stdout.includes('Turn 1'), again.stdout);
  });

  it('three run, ten wait, the fourteenth is refused', async function () {
    this.timeout(300_000);
    await machine.coppice(['trust']);
    for (let i = 0; i < 13; i++) {
      const { exit, stderr } = await machine.coppice([
        'session',
        'start',
        ...demo,
        '--name',
        `hang-${i}`,
        `#hang ${i}`,
      ]);
      assert.equal(exit, 0, stderr);
    }
    const refused = await machine.coppice(['session', 'start', ...demo, '--name', 'hang-13', '#hang 13', '--json']);
    assert.equal(refused.exit, 3);
    assert.equal(error(refused).code, 'queue-full');
    const queued = await machine.json<Row[]>('session', 'list', '--queued');
    assert.deepEqual(
      queued.map(({ prompt, position }) => [prompt, position]),
      Array.from({ length: 10 }, (_, i) => [`#hang ${i + 3}`, i + 1]),
    );
    const last = queued.at(-1)?.id ?? '';
    assert.match((await machine.coppice(['session', 'show', last])).stdout, /waits: +Waits for a free place/);
    const dispatched = await machine.coppice([
      'session',
      'start',
      ...demo,
      '--mode',
      'dispatch',
      '--name',
      'now',
      '#hang now',
    ]);
    assert.equal(dispatched.exit, 0, dispatched.stderr);
    // Taken out of the line, so that ending the machine is quick.
    for (const { id } of queued) assert.equal((await machine.coppice(['session', 'cancel', id])).exit, 0);
  });

  it('worktrees are made, listed and cleaned up; the default branch is refused', async function () {
    this.timeout(180_000);
    await machine.coppice(['trust']);
    const made = await machine.coppice(['worktrees', 'create', 'auth-05A']);
    assert.equal(made.exit, 0, made.stderr);
    assert.equal(await readFile(join(made.stdout.trim(), 'README.md'), 'utf8'), 'A repository.\n');
    const listed = await machine.json<{ path: string; branch: string; kind: string }[]>('worktrees', 'list');
    assert.deepEqual(listed.map(({ branch }) => branch).sort(), ['feature/auth-05A', 'main']);
    const ran = await machine.coppice(['run', ...demo, '--name', 'implement-auth-05A', 'In it']);
    assert.equal(ran.exit, 0, ran.stderr);
    assert.equal((await machine.sessions())[0]?.worktree, made.stdout.trim());
    await machine.coppice(['run', ...demo, '--name', 'elsewhere', 'In another']);
    const listedIn = async (worktree: string): Promise<unknown> =>
      (await machine.json<Row[]>('session', 'list', '--worktree', worktree)).map(({ prompt }) => prompt);
    for (const which of ['auth-05A', 'feature/auth-05A', made.stdout.trim()])
      assert.deepEqual(await listedIn(which), ['In it'], which);
    assert.deepEqual(await listedIn('nowhere'), []);
    const link = join(machine.root, 'linked');
    await symlink(dirname(made.stdout.trim()), link);
    const linked = join(link, basename(made.stdout.trim()));
    for (const which of [linked, `${linked}/`]) assert.deepEqual(await listedIn(which), ['In it'], which);
    const refused = await machine.coppice(['run', ...demo, '--worktree', 'main', 'x', '--json']);
    assert.equal(refused.exit, 3);
    assert.equal(error(refused).code, 'default-branch');
    assert.equal((await machine.coppice(['worktrees', 'cleanup', '--dry-run'])).exit, 0);
  });

  it('a folder that is no repository, and one without a commit, are refused with the reason', async function () {
    this.timeout(180_000);
    const plain = join(machine.root, 'plain');
    await mkdir(plain);
    for (const args of [['trust'], ['run', ...demo, 'x'], ['worktrees', 'list']]) {
      const ran = await machine.coppice([...args, '--json'], { cwd: plain });
      assert.equal(ran.exit, 3, ran.stdout);
      assert.equal(error(ran).code, 'not-a-repository');
    }
    await writeFile(join(plain, 'x'), '');
    await machine.git('init', '-q', '-b', 'main', plain);
    await machine.coppice(['trust', '--repo', plain]);
    const unborn = await machine.coppice(['run', ...demo, 'x', '--repo', plain, '--json']);
    assert.equal(unborn.exit, 3, unborn.stdout);
    assert.equal(error(unborn).code, 'unborn-repository');
  });
});
