import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { run } from '../../scripts/bootstrap/command.mjs';
import { whyNotInstalled } from '../../scripts/bootstrap/install.mjs';
import type { Lane } from '../../scripts/test/lanes.ts';
import type { Outcome } from '../../scripts/test/outcome.ts';
import { runLane } from '../../scripts/test/run-lane.ts';
import { statementLines } from '../../scripts/test/statements.ts';
import { root } from './tree.ts';

const bin = join(root, 'node_modules', '.bin');
const env = { ...process.env, PATH: [bin, process.env['PATH']].join(delimiter), NODE_V8_COVERAGE: undefined };

/** Whether a process is there and not merely waiting to be reaped. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !(existsSync(`/proc/${pid}/stat`) && / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')));
  } catch {
    return false;
  }
}

describe('the test lanes', function () {
  this.timeout(60_000);
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'lane-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs a lane over one test file with this text. */
  async function laneOf(
    text: string,
    options: Partial<Lane> = {},
    signal = new AbortController().signal,
  ): Promise<Outcome> {
    const spec = join(folder, 'it.test.ts');
    writeFileSync(spec, text);
    const lane = {
      name: 'tried',
      specs: [spec],
      limitS: 30,
      timeoutMs: 5000,
      covers: false,
      isolated: true,
      ...options,
    };
    return runLane(lane, { specs: [], options: [] }, { root, env, signal });
  }
  const titles = ({ failures }: Outcome) => failures.map(({ title }) => title);

  it('counts what passes and what fails, with the detail of the failure', async () => {
    const outcome = await laneOf(
      `import assert from 'node:assert';
       describe('s', () => { it('good', () => {}); it('bad', () => assert.deepStrictEqual({ a: 1 }, { a: 2 })); });`,
    );
    assert.equal(outcome.passed, 1);
    assert.deepEqual(titles(outcome), ['s › bad']);
    assert.match(outcome.failures[0]?.detail ?? '', /-\s+a: 2/);
    assert.match(outcome.failures[0]?.detail ?? '', /it\.test\.ts:2/);
  });

  it('gives tests an empty home and no git configuration of the user', async () => {
    const outcome = await laneOf(
      `import assert from 'node:assert'; import { readdirSync } from 'node:fs'; import { homedir, tmpdir } from 'node:os';
       it('home', () => { assert.deepEqual(readdirSync(homedir()), []); assert.deepEqual(readdirSync(tmpdir()), []);
         assert.equal(process.env.GIT_CONFIG_GLOBAL, '/dev/null'); });`,
    );
    assert.deepEqual(titles(outcome), []);
  });

  for (const [what, text, title] of [
    ['.only', "it.only('x', () => {}); it('y', () => {});", /crashed/],
    ['.skip', "it.skip('x', () => {}); it('y', () => {});", /^x$/],
    ['a test without a body', "it('x'); it('y', () => {});", /^x$/],
    ['this.skip()', "it('x', function () { this.skip(); }); it('y', () => {});", /^x$/],
    ['a retry', "let n = 0; it('x', function () { this.retries(1); if (n++ === 0) throw new Error('once'); });", /^x$/],
    [
      'a failing hook',
      "describe('d', () => { before(() => { throw new Error(); }); it('x', () => {}); });",
      /before all/,
    ],
    [
      'a rejection that nobody handles',
      "it('x', async () => { void Promise.reject(new Error()); await new Promise((r) => setTimeout(r, 50)); });",
      /^x$/,
    ],
    ['an error after the tests', "it('x', () => { setTimeout(() => { throw new Error(); }, 50); });", /exit code 7/],
    ['a file that cannot be loaded', "import './nothing.ts';", /crashed/],
    ['a file without tests', 'export {};', /./],
    ['a process that dies', "it('x', () => { process.kill(process.pid, 'SIGKILL'); for (;;); });", /crashed/],
    ['process.exit(0) in a test', "it('x', () => process.exit(0)); it('y', () => {});", /crashed/],
    [
      'a temporary file left behind',
      "import fs from 'node:fs'; import os from 'node:os'; it('x', () => fs.writeFileSync(os.tmpdir() + '/left', ''));",
      /temporary/,
    ],
  ] as const) {
    it(`fails for ${what}`, async () => {
      const outcome = await laneOf(text);
      assert.ok(
        titles(outcome).some((each) => title.test(each)),
        titles(outcome).join(', ') || 'it passed',
      );
    });
  }

  it('fails when no file matches', async () => {
    const outcome = await laneOf('', { specs: [join(folder, 'no', '*.test.ts')] });
    assert.equal(outcome.passed, 0);
    assert.equal(outcome.failures.length, 1);
  });

  it('names what holds a process open after its last test', async () => {
    const outcome = await laneOf(
      "import net from 'node:net'; it('x', (done) => { net.createServer().listen(0, done); });",
    );
    assert.deepEqual(titles(outcome), ['the process did not end after its last test']);
    assert.match(outcome.failures[0]?.detail ?? '', /Server at .*"port"/);
  });

  it('ends a lane that hangs at its limit, with all it started, and names the test', async function () {
    this.timeout(120_000);
    const pids = join(folder, 'pids');
    const hanging = (limitS: number): Promise<Outcome> =>
      laneOf(
        `import { spawn } from 'node:child_process'; import { writeFileSync } from 'node:fs';
         it('quick', () => {});
         it('hangs', () => {
           const stubborn = spawn('sh', ['-c', 'trap "" TERM HUP; sleep 600; sleep 600'], { stdio: 'inherit' });
           const apart = spawn('sleep', ['600'], { detached: true, stdio: 'inherit' });
           writeFileSync(${JSON.stringify(pids)}, JSON.stringify([process.pid, stubborn.pid, apart.pid]));
           for (;;);
         });`,
        { limitS },
      );
    // A slow machine does not come to the test in three seconds.
    let limitS = 3;
    let outcome = await hanging(limitS);
    while (!existsSync(pids) && limitS < 40) outcome = await hanging((limitS *= 4));
    assert.equal(outcome.passed, 1);
    const over = outcome.failures.find(({ title }) => title === `over the limit of ${limitS} s`);
    assert.match(over?.detail ?? '', /At: hangs/);
    assert.ok(existsSync(pids));
    for (const pid of JSON.parse(readFileSync(pids, 'utf8')) as number[]) assert.equal(lives(pid), false, String(pid));
  });

  it('ends early when the whole run must end', async () => {
    const outcome = await laneOf("it('x', (done) => void setTimeout(done, 4000));", {}, AbortSignal.timeout(1500));
    assert.deepEqual(titles(outcome), ['ended early']);
  });

  it('finds a process that outlives the tests in a session of its own', async function () {
    if (process.platform !== 'linux') return; // there is no /proc to find it in
    const outcome = await laneOf(
      "import { spawn } from 'node:child_process'; it('x', () => spawn('sleep', ['600'], { detached: true, stdio: 'ignore' }).unref());",
    );
    assert.deepEqual(titles(outcome), ['1 process(es) outlived the tests']);
    const pid = Number(/^(\d+) sleep 600$/m.exec(outcome.failures[0]?.detail ?? '')?.[1]);
    assert.equal(lives(pid), false);
  });
});

describe('a command', () => {
  it('that cannot be started says so', async () => {
    let printed = '';
    const ended = await run('no-such-command', [], {
      cwd: root,
      env,
      limitMs: 1000,
      output: (text) => (printed += text),
    });
    assert.deepEqual([ended.how, ended.code], ['not-started', null]);
    assert.match(printed, /ENOENT/);
  });

  it('gives its exit code and its output', async () => {
    let printed = '';
    const command = ['-e', 'console.log("out"); console.error("err"); process.exitCode = 3'];
    const ended = await run('node', command, { cwd: root, env, limitMs: 10_000, output: (text) => (printed += text) });
    assert.deepEqual([ended.how, ended.code, [...ended.left]], ['exited', 3, []]);
    assert.match(printed, /out/);
    assert.match(printed, /err/);
  });
});

describe('the installed packages', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'packages-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function lay(wanted: object, present: object | undefined): void {
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: { '': {}, ...wanted } }));
    mkdirSync(join(folder, 'node_modules'));
    if (present)
      writeFileSync(join(folder, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: present }));
  }

  it('are those of the lockfile here', () => assert.equal(whyNotInstalled(root), undefined));

  for (const [what, wanted, present, reason] of [
    ['nothing is there', { a: { version: '1' } }, undefined, /no packages/],
    ['one is missing', { a: { version: '1' } }, {}, /^a is not/],
    ['one has another version', { a: { version: '1' } }, { a: { version: '2' } }, /^a is not/],
    [
      'one has another content',
      { a: { version: '1', integrity: 'x' } },
      { a: { version: '1', integrity: 'y' } },
      /^a is not/,
    ],
    ['one is too many', {}, { b: { version: '1' } }, /^b is not in/],
    [
      'one for another platform is missing, and Node too',
      { a: { version: '1', optional: true } },
      {},
      /Node is not there/,
    ],
  ] as const) {
    it(`will not do when ${what}`, () => {
      lay(wanted, present);
      assert.match(whyNotInstalled(folder) ?? '', reason);
    });
  }
});

describe('line coverage', () => {
  it('is measured over lines on which a statement begins', () => {
    const text = [
      "import { a } from './a.ts';", // 1
      '/** A comment. */', // 2
      'interface B {', // 3
      '  readonly c: number;', // 4
      '}', // 5
      'export type D = B;', // 6
      '', // 7
      'export function e(x: B): number {', // 8
      '  if (x.c > 1) {', // 9
      '    return a(', // 10
      '      x,', // 11
      '    );', // 12
      '  }', // 13
      '  return 0;', // 14
      '}', // 15
      'export class F {', // 16
      '  readonly #g = 1;', // 17
      '  #h: number;', // 18
      '  i(): number { return this.#g; }', // 19
      '}', // 20
      'export const j = (k: number) =>', // 21
      '  k + 1;', // 22
    ];
    assert.deepEqual([...statementLines('x.ts', text.join('\n'))], [9, 10, 14, 17, 19, 21, 22]);
  });
});
