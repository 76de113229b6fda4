import assert from 'node:assert/strict';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Machine, waitFor } from '../cli/machine.ts';
import { fits, refused, resultOf, show, toldBy } from './refused.ts';

const demo = ['--agent', 'demo'];
/** On disks that are far too small for sessions. */
const anyway = [...demo, '--anyway'];

/** Fills a disk to its last page. Returns what gives the space back. */
async function fill(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'ballast');
  for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 2)) {
    for (let full = false; !full;) {
      full = await writeFile(path, Buffer.alloc(size), { flag: 'a' }).then(
        () => false,
        () => true,
      );
    }
  }
  return () => rm(path);
}

describe('disks', function () {
  this.timeout(300_000);
  let machine: Machine;
  beforeEach(async () => {
    machine = await Machine.make();
  });
  afterEach(async () => machine.dispose());

  it('a full disk under the data directory: said, nothing acknowledged is lost, and work goes on with space', async () => {
    if (!(await machine.disk(machine.home, '24m'))) return;
    await machine.coppice(['trust']);
    assert.equal((await machine.coppice(['run', ...anyway, '#write:one.txt'])).exit, 0);
    const giveBack = await fill(machine.home);
    const refusal = await machine.coppice(['run', ...anyway, '#write:two.txt', '--json']);
    assert.equal(refusal.exit, 1, `${refusal.stdout}${refusal.stderr}`);
    // A last page of the journal may have room for the request itself: then it is the session that fails, and says so.
    const taken = refusal.stderr === '';
    fits(taken ? resultOf(refusal) : toldBy(refusal), {
      code: 'disk-full',
      message: /full/i,
      next: /[Ff]ree some space/,
    });
    const listed = await machine.sessions();
    assert.deepEqual(listed.map(({ status, prompt }) => [status, prompt]).toSorted(), [
      ...(taken ? [['failed', '#write:two.txt']] : []),
      ['reported', '#write:one.txt'],
    ]);
    await giveBack();
    await machine.coppice(['engine', 'stop']);
    const again = await machine.coppice(['run', ...anyway, '#write:two.txt']);
    assert.equal(again.exit, 0, again.stderr);
    assert.match((await machine.coppice(['audit', 'verify'])).stdout, /whole/);
    const reported = (await machine.sessions()).filter(({ status }) => status === 'reported');
    assert.deepEqual(reported.map(({ prompt }) => prompt).toSorted(), ['#write:one.txt', '#write:two.txt']);
  });

  it('a full disk under the worktrees: asked about before; the session fails and says so, and nothing half made is left', async () => {
    const root = join(machine.root, 'trees');
    if (!(await machine.disk(root, '1m'))) return;
    const env = { COPPICE_WORKTREES_ROOT: root };
    await mkdir(machine.home, { recursive: true, mode: 0o700 });
    await writeFile(join(machine.home, 'config.yaml'), `worktrees:\n  root: ${root}\n`);
    await machine.coppice(['trust']);
    await writeFile(join(machine.repo, 'large.bin'), Buffer.alloc(3 * 1024 * 1024, 'x'));
    await machine.git('add', '.');
    await machine.git('-c', 'user.name=A', '-c', 'user.email=a@example.org', 'commit', '-qm', 'Large');
    assert.ok(env.COPPICE_WORKTREES_ROOT === root);
    const asked = { exit: 3, code: 'no-room', next: /--anyway.*minFreeMegabytes/s };
    const disk = /disk would run full: [01] MB are free where worktrees are made, this one takes about 3 MB/;
    await refused(machine, ['run', ...demo, '#write:x.txt'], { ...asked, message: disk });
    const memory = /Memory would run short: .* are free, a session takes about 300 MB, and 1024\.0 GB are to be left/;
    const limits = { env: { COPPICE_LIMITS_MIN_FREE_MEMORY_MEGABYTES: '1048576' } };
    await refused(machine, ['run', ...demo, '#write:x.txt'], { ...asked, message: memory }, limits);
    assert.deepEqual(await machine.sessions(), [], 'nothing was begun');
    const ran = await machine.coppice(['run', ...anyway, '#write:x.txt']);
    assert.equal(ran.exit, 1, `${ran.stdout}${ran.stderr}`);
    assert.match(`${ran.stdout}${ran.stderr}`, /disk is full/i);
    assert.match(`${ran.stdout}${ran.stderr}`, /[Ff]ree some space/);
    const [session] = await machine.sessions();
    const { error, status } = await show(machine, session?.id ?? '');
    assert.equal(status, 'failed');
    fits(error ?? assert.fail(), { code: 'disk-full', message: /full/i, next: /[Ff]ree some space/ });
    assert.equal((await machine.git('worktree', 'list')).trim().split('\n').length, 1);
    assert.equal((await machine.git('branch', '--list', 'feature/*')).trim(), '');
    const left = (await readdir(root, { recursive: true })).filter(
      (name) => name.includes('x.txt') || name.includes('large'),
    );
    assert.deepEqual(left, []);
  });

  it('a data directory that may only be read: said with the reason, and what is there is shown', async () => {
    await machine.coppice(['trust']);
    assert.equal((await machine.coppice(['run', ...demo, '#write:one.txt'])).exit, 0);
    await machine.coppice(['engine', 'stop']);
    if (!(await machine.freeze(machine.home))) return;
    await refused(machine, ['run', ...demo, 'x'], {
      exit: 3,
      code: 'read-only',
      message: /cannot be written to/,
      next: /mounted|owns|COPPICE_HOME/,
    });
    const doctor = await machine.coppice(['doctor']);
    assert.equal(doctor.exit, 1, doctor.stdout);
    assert.match(doctor.stdout, /data directory/);
    await machine.unmount(machine.home);
    assert.equal((await machine.coppice(['run', ...demo, '#write:two.txt'])).exit, 0);
    assert.match((await machine.coppice(['audit', 'verify'])).stdout, /whole/);
  });

  it('a data directory that becomes read-only under an engine: it stops writing and says why', async () => {
    await machine.coppice(['trust']);
    assert.equal((await machine.coppice(['run', ...demo, '#write:one.txt'])).exit, 0);
    if (!(await machine.freeze(machine.home))) return;
    const refusal = await machine.coppice(['run', ...demo, '#write:two.txt', '--json']);
    assert.ok([1, 3].includes(refusal.exit ?? 0), `${refusal.stdout}${refusal.stderr}`);
    assert.match(toldBy(refusal).message, /writ|read-only/i);
    assert.notEqual(toldBy(refusal).next, '');
    await machine.unmount(machine.home);
    await machine.coppice(['engine', 'stop']);
    await waitFor(async () => (await machine.coppice(['run', ...demo, '#write:two.txt'])).exit === 0);
    assert.match((await machine.coppice(['audit', 'verify'])).stdout, /whole/);
  });

  it('a repository that may only be read: the session fails closed, and nothing is done in the main checkout', async () => {
    await machine.coppice(['trust']);
    // Nor may what is written there first be made.
    await rm(join(machine.repo, '.git', 'coppice'), { recursive: true, force: true });
    if (!(await machine.freeze(machine.repo))) return;
    const ran = await machine.coppice(['run', ...demo, '#write:x.txt']);
    assert.ok([1, 3].includes(ran.exit ?? 0), `${ran.stdout}${ran.stderr}`);
    const [session] = await machine.sessions();
    const { error } = await show(machine, session?.id ?? '');
    fits(error ?? assert.fail(), { code: 'read-only', message: /repo.* may not be written/, next: /mounted/ });
    await machine.unmount(machine.repo);
    assert.equal((await machine.coppice(['run', ...demo, '#write:x.txt'])).exit, 0);
    assert.equal(await machine.git('status', '--porcelain'), '');
  });
});
