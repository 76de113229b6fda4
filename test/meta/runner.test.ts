import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Outcome } from '../../scripts/test/outcome.ts';
import { runLane } from '../../scripts/test/run-lane.ts';
import { root } from './tree.ts';

const main = join(root, 'scripts', 'test', 'main.ts');
const env = {
  ...process.env,
  PATH: [join(root, 'node_modules', '.bin'), process.env['PATH']].join(delimiter),
  NODE_V8_COVERAGE: undefined,
  COPPICE_TEST_BEGUN: undefined,
};

/** A test that runs this, tells where its temporary files are, and then never ends. */
function hanging(folder: string, script: string): { readonly spec: string; readonly begun: () => Promise<string> } {
  const [spec, marker] = [join(folder, 'it.test.ts'), join(folder, 'begun')];
  writeFileSync(
    spec,
    `import { execFileSync } from 'node:child_process'; import { renameSync, writeFileSync } from 'node:fs';
     import { tmpdir } from 'node:os';
     it('hangs', () => {
       ${script};
       writeFileSync(${JSON.stringify(`${marker}.new`)}, tmpdir());
       renameSync(${JSON.stringify(`${marker}.new`)}, ${JSON.stringify(marker)});
       for (;;);
     });`,
  );
  const begun = async (): Promise<string> => {
    while (!existsSync(marker)) await delay(20); // the limit of the test ends this
    return readFileSync(marker, 'utf8');
  };
  return { spec, begun };
}

describe('the test runner', function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'runner-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Starts the lane `unit` with this file as its only test. */
  function runner(spec: string, more: NodeJS.ProcessEnv = {}) {
    const only = join('test', relative(join(root, 'test'), spec)).replace(/^(?!test\/)/, 'test/../');
    const child = spawn(process.execPath, [main, 'unit', only], { cwd: root, env: { ...env, ...more } });
    let printed = '';
    child.stdout.on('data', (text: Buffer) => (printed += String(text)));
    const ended = new Promise<{ code: number | null; last: string | undefined }>((resolve) =>
      child.once('close', (code) => resolve({ code, last: printed.trimEnd().split('\n').at(-1) })),
    );
    return { child, ended };
  }

  it('ends with its summary, however often it is interrupted', async () => {
    const { spec, begun } = hanging(folder, '');
    const { child, ended } = runner(spec);
    await begun();
    child.kill('SIGINT');
    child.kill('SIGTERM');
    child.kill('SIGINT');
    assert.deepEqual(await ended, { code: 1, last: '0 passed, 1 failed' });
  });

  it('ends with its summary where it cannot make the folder of a lane', async () => {
    const { ended } = runner(join(folder, 'it.test.ts'), { TMPDIR: join(folder, 'none') });
    assert.deepEqual(await ended, { code: 1, last: '0 passed, 1 failed' });
  });

  describe('interrupted while a test has something mounted', () => {
    const mount = (point: string): unknown =>
      execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', point], { stdio: ['ignore', 'ignore', 'ignore'] });

    /** Whether this user may mount something. */
    function mayMount(): boolean {
      const point = join(folder, 'tried');
      mkdirSync(point);
      try {
        mount(point);
      } catch {
        return false;
      }
      execFileSync('umount', [point]);
      return true;
    }

    /** What becomes of a lane that is ended early while its test has a disk mounted; `scratch` is the folder of its files. */
    async function interrupted(path: string): Promise<{ titles: string[]; scratch: string; outcome: Outcome }> {
      const { spec, begun } = hanging(
        folder,
        `execFileSync('sh', ['-c', 'mkdir "$TMPDIR/a disk" && mount -t tmpfs tmpfs "$TMPDIR/a disk"'])`,
      );
      const over = new AbortController();
      const parts = { specs: [spec], limitS: 50, timeoutMs: 50_000, covers: false, isolated: true };
      const place = { root, env: { ...env, PATH: path }, signal: over.signal };
      const running = runLane({ name: 'tried', ...parts }, { specs: [], options: [] }, place);
      const scratch = dirname(await begun());
      over.abort();
      const outcome = await running;
      return { titles: outcome.failures.map(({ title }) => title), scratch, outcome };
    }

    it('unmounts it, tells of it and leaves nothing', async () => {
      if (!mayMount()) return;
      const { titles, scratch, outcome } = await interrupted(env.PATH);
      assert.deepEqual(titles, [
        'ended early',
        '1 temporary file(s) or folder(s) left behind',
        '1 folder(s) left mounted',
      ]);
      assert.equal(outcome.failures.at(-1)?.detail, join(scratch, 't', 'a disk'));
      assert.equal(existsSync(scratch), false);
    });

    it('removes nothing where that does not succeed, and says what to do', async () => {
      if (!mayMount()) return;
      writeFileSync(join(folder, 'umount'), '#!/bin/sh\nexit 1\n', { mode: 0o700 });
      const { titles, scratch, outcome } = await interrupted([folder, env.PATH].join(delimiter));
      try {
        assert.equal(titles.at(-1), 'the folder of the tests is kept, for something is mounted in it');
        assert.ok(outcome.failures.at(-1)?.detail.includes(`then remove ${scratch}`));
        assert.ok(existsSync(join(scratch, 'home')));
      } finally {
        execFileSync('umount', [join(scratch, 't', 'a disk')]);
        rmSync(scratch, { recursive: true });
      }
    });
  });
});
