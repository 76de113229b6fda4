import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { constants } from 'node:fs';
import { link, mkdir, mkdtemp, open, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCoppiceError } from '../../../src/core/errors.ts';
import type { RunRef, RunState } from '../../../src/executors/executor.ts';
import { writeInput } from '../../../src/executors/inbox.ts';

describe('an input for an agent that has ended', () => {
  let directory: string;
  let run: RunRef;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'coppice-inbox-'));
    for (const name of ['in', 'done', 'lock']) await mkdir(join(directory, name));
    await writeFile(join(directory, 'in', '000001'), 'one');
    run = { session: 's', run: 1, directory, streamPath: join(directory, 'out'), stderrPath: join(directory, 'err') };
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  const ended: RunState = { state: 'exited', code: 0 };

  it('was given when the feeder took it without being woken', async () => {
    const probe = async (): Promise<RunState> => {
      await writeFile(join(directory, 'done', '000001'), '');
      return ended;
    };
    assert.equal(await writeInput(run, 1, 'one', probe), 'fed');
  });

  it('is refused while the feeder still has its fifo open, and is not pending then', async () => {
    execFileSync('mkfifo', [join(directory, 'stdin')]);
    const feeder = await open(join(directory, 'stdin'), constants.O_RDWR);
    try {
      await writeFile(join(directory, 'exit.json'), '{"code":0,"at":1}');
      await assert.rejects(
        writeInput(run, 2, 'two', () => Promise.resolve(ended)),
        (error) => isCoppiceError(error, 'wrong-state') && /has ended/.test(error.message),
      );
      assert.deepEqual(await readdir(join(directory, 'in')), ['000001']);
    } finally {
      await feeder.close();
    }
  });

  it('is written to nothing else that an agent puts in the place of the fifo', async () => {
    const file = join(directory, 'of the host');
    await writeFile(file, 'as it was');
    const running: RunState = { state: 'running', pid: 1 };
    const refused = (error: unknown): boolean => isCoppiceError(error, 'wrong-state');
    await symlink(file, join(directory, 'stdin'));
    await assert.rejects(
      writeInput(run, 2, 'two', () => Promise.resolve(running)),
      refused,
    );
    await rm(join(directory, 'stdin'));
    await link(file, join(directory, 'stdin'));
    await assert.rejects(
      writeInput(run, 2, 'two', () => Promise.resolve(running)),
      refused,
    );
    assert.equal(await readFile(file, 'utf8'), 'as it was');
  });

  it('is refused when nobody took it', async () => {
    await assert.rejects(
      writeInput(run, 1, 'one', () => Promise.resolve(ended)),
      (error) => isCoppiceError(error, 'wrong-state'),
    );
  });
});
