import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isCoppiceError } from '../../../src/core/errors.ts';
import { engineOwner, gitVariables } from '../../../src/engine/places/owner.ts';
import { highestRef } from '../../../src/git/checkpoint.ts';
import { clearStaleLock } from '../../../src/git/locks.ts';
import type { Owner, ProcessMark } from '../../../src/git/owner.ts';
import { removeOwnRef, setOwnRef } from '../../../src/git/own-refs.ts';
import type { Repository } from '../../../src/git/repository.ts';
import { exists, Sandbox } from './support.ts';

describe('refs that only we write', function () {
  this.timeout(120_000);
  let sandbox: Sandbox;
  let repository: Repository;
  let head: string;
  const ref = 'refs/coppice/session/3';
  before(async () => {
    sandbox = await Sandbox.make();
    repository = await sandbox.open(await sandbox.repository());
    head = await sandbox.git(sandbox.path('project'), 'rev-parse', 'HEAD');
  });
  after(async () => sandbox.clean());
  afterEach(async () => rm(file('refs/coppice/session'), { recursive: true, force: true }));

  function file(name: string): string {
    return join(repository.location.commonDir, name);
  }

  /** What a git leaves that is killed in the moment in which it writes a ref. */
  async function leaveLock(name: string): Promise<string> {
    const lock = file(`${name}.lock`);
    await mkdir(dirname(lock), { recursive: true });
    await writeFile(lock, `${head}\n`, { flag: 'wx' });
    return lock;
  }

  function withGits(...seen: readonly ProcessMark[][]): Owner {
    let look = 0;
    return { ...repository.owner, gits: () => Promise.resolve(seen[Math.min(look++, seen.length - 1)] ?? []) };
  }

  it('are written and removed in spite of a lock that a killed git left', async () => {
    const lock = await leaveLock(ref);
    await setOwnRef(repository, ref, head, '');
    assert.equal((await readFile(file(ref), 'utf8')).trim(), head);
    assert.equal(await exists(lock), false);
    await leaveLock(ref);
    await removeOwnRef(repository, ref, head);
    assert.deepEqual([await exists(lock), await exists(file(ref))], [false, false]);
  });

  it('are left alone when a git that was there all the time may hold the lock, and a number is free behind it', async () => {
    const git = { pid: 7, startTime: '1' };
    const lock = await leaveLock(ref);
    const careful = { ...repository, owner: withGits([git], [{ pid: 8, startTime: '1' }, git]) };
    await assert.rejects(
      setOwnRef(careful, ref, head, ''),
      (error) =>
        isCoppiceError(error, 'path-in-the-way') && error.next.includes(lock) && error.context['lock'] === lock,
    );
    assert.equal(await exists(lock), true);
    assert.equal(await highestRef(repository, 'session'), 3);
  });

  it('are locked by somebody who lives when the lock changes, or when the system tells nothing of processes', async () => {
    const lock = await leaveLock(ref);
    const changing = { ...repository.owner, gits: () => utimes(lock, 1, 1).then(() => []) }; // after the first look
    assert.equal(await clearStaleLock(changing, lock, 10), false);
    const silent = { ...repository.owner, gits: () => Promise.reject(new Error('no /proc')) };
    assert.equal(await clearStaleLock(silent, lock, 10), false);
    assert.equal(await exists(lock), true);
    const other = [{ pid: 7, startTime: '2' }];
    assert.equal(await clearStaleLock(withGits([{ pid: 7, startTime: '1' }], other), lock, 10), true);
    assert.equal(await exists(lock), false);
    assert.equal(await clearStaleLock(repository.owner, lock, 10), true, 'gone by itself');
  });

  it('are all below refs/coppice: the lock of a branch stays, and the error says which file it is', async () => {
    await assert.rejects(setOwnRef(repository, 'refs/heads/main', head), /not ours/);
    const lock = await leaveLock('refs/heads/other');
    await assert.rejects(
      repository.run(['update-ref', 'refs/heads/other', head]),
      (error) => isCoppiceError(error, 'git-failed') && /other\.lock/.test(error.message) && /remove/.test(error.next),
    );
    assert.equal(await exists(lock), true);
  });

  it('wait for a git that this engine did not start, and not for its own', async () => {
    const owner = await engineOwner(sandbox.dir);
    const pids = async (): Promise<number[]> => (await owner.gits()).map(({ pid }) => pid);
    const cwd = sandbox.path('project');
    const own = spawn('git', ['cat-file', '--batch'], { cwd, stdio: ['pipe', 'pipe', 'ignore'] });
    await once(own, 'spawn');
    // As the git of an engine that was killed: its parent is gone.
    const shell = spawn('sh', ['-c', 'git cat-file --batch <&3 >/dev/null & echo $!'], {
      cwd,
      env: { ...process.env, ...gitVariables(sandbox.dir) },
      stdio: ['ignore', 'pipe', 'ignore', 'pipe'],
    });
    assert.ok(shell.stdout !== null);
    const [text] = (await once(shell.stdout, 'data')) as [Buffer];
    await once(shell, 'exit');
    const orphan = Number(text.toString());
    try {
      for (let attempt = 0; attempt < 400 && !(await pids()).includes(orphan); attempt += 1)
        await new Promise((resolve) => setTimeout(resolve, 50));
      const seen = await pids();
      assert.deepEqual([seen.includes(orphan), seen.includes(own.pid ?? 0)], [true, false]);
      assert.deepEqual(
        (await owner.orphans()).map(({ pid }) => pid),
        [orphan],
      );
      assert.deepEqual(await (await engineOwner(sandbox.path('another'))).orphans(), []);
    } finally {
      own.stdin.end();
      process.kill(orphan, 'SIGKILL');
    }
  });
});
