import assert from 'node:assert/strict';
import { CoppiceError, errorCodes, type ErrorCode } from '../../../src/core/errors.ts';
import { FakeEngine } from './fake-engine.ts';
import { coppice } from './fake-shell.ts';

const usage: readonly ErrorCode[] = ['bad-usage', 'config-invalid', 'not-found'];
const broken: readonly ErrorCode[] = [
  ...(['git-failed', 'script-failed', 'timed-out', 'disk-full', 'corrupt', 'unreachable'] as const),
  ...(['unknown-outcome', 'internal'] as const),
];

function expected(code: ErrorCode): number {
  if (usage.includes(code)) return 2;
  return broken.includes(code) ? 1 : 3;
}

describe('errors of the command line', () => {
  for (const code of errorCodes) {
    it(`${code} ends with exit code ${expected(code)}, a sentence and the next step`, async () => {
      const refuse = (): never => {
        throw new CoppiceError(code, 'It did not work.', 'Do something else.');
      };
      const engine = new FakeEngine({ 'session/list': refuse });
      const plain = await coppice(engine, ['session', 'list']);
      assert.equal(plain.exit, expected(code));
      assert.equal(plain.stdout, '');
      assert.equal(plain.stderr, 'coppice: It did not work.\n  Do something else.\n');
      const json = await coppice(engine, ['session', 'list', '--json']);
      assert.equal(json.exit, expected(code));
      assert.equal(json.stdout, '');
      assert.deepEqual(JSON.parse(json.stderr), {
        error: { code, message: 'It did not work.', next: 'Do something else.' },
      });
      assert.equal(json.stderr.split('\n').length, 2);
    });
  }

  it('an error that is not ours is internal', async () => {
    const engine = new FakeEngine({
      'session/list': () => {
        throw new TypeError('x is not a function');
      },
    });
    const { exit, stderr } = await coppice(engine, ['session', 'list']);
    assert.equal(exit, 1);
    assert.match(stderr, /x is not a function/);
  });

  it('the words of an error cannot harm a terminal', async () => {
    const engine = new FakeEngine();
    engine.refusal = new CoppiceError('untrusted', 'Bad \u001B]0;x\u0007\u001B[2Jname\u202E', '\u001B[1mNext');
    const { stderr } = await coppice(engine, ['status']);
    assert.equal(stderr, 'coppice: Bad name\n  Next\n');
  });
});

describe('command lines that cannot be understood', () => {
  const cases: readonly (readonly [argv: readonly string[], says: RegExp])[] = [
    [['sesion', 'list'], /Unknown command 'sesion'.\n {2}Did you mean session\?/],
    [['session', 'shw'], /Unknown command 'shw'/],
    [['run', '--name', '', 'x'], /The value of --name is empty/],
    [['session', 'list', '--repo='], /The value of --repo is empty/],
    [['fix the build'], /Unknown command 'fix the build'.\n.*coppice run/],
    [['session', 'list', '--jsn'], /Unknown option '--jsn'.\n {2}Did you mean --json\?/],
    [['run', '-x marks it'], /Unknown option '-x marks it'.\n.*after `--`/],
    [['run'], /The prompt is missing.\n.*--prompt-file/],
    [['run', ''], /The prompt is empty/],
    [['run', ' \n\t'], /The prompt is empty/],
    [['run', 'fix', 'the', 'build'], /Too many arguments.*\n.*quotes/],
    [['run', 'x', '--prompt-file', '-'], /given twice/],
    [['run', '--prompt-file', '/does/not/exist'], /cannot be read \(ENOENT\)/],
    [['run', 'x', '--mode', 'wild'], /Allowed choices are autonomous/],
    [['run', 'x', '--priority', 'urgent'], /Allowed choices are critical, high, normal/],
    [['run', 'x', '--agent-option', 'novalue'], /no name and value/],
    [['run', 'x', '--repo'], /argument missing/],
    [['session'], /not complete/],
    [['session', 'show'], /Missing required argument 'session'/],
    [['session', 'list', '--active', '--queued'], /cannot be used with/],
    [['session', 'answer', 'abc', '--allow', '--deny'], /cannot be used with/],
    [['trust', '--host', '--revoke'], /cannot be used with/],
    [[], /not complete/],
  ];
  for (const [argv, says] of cases) {
    it(`coppice ${argv.map((word) => JSON.stringify(word)).join(' ')}`, async () => {
      const engine = new FakeEngine();
      const plain = await coppice(engine, argv);
      assert.equal(plain.exit, 2);
      assert.match(plain.stderr, says);
      assert.deepEqual(engine.asked, []);
      assert.deepEqual(engine.launches, []);
      const json = await coppice(engine, ['--json', ...argv]);
      assert.equal(json.exit, 2);
      assert.equal((JSON.parse(json.stderr) as { error: { code: string } }).error.code, 'bad-usage');
    });
  }

  it('an option after -- is text', async () => {
    const engine = new FakeEngine();
    const { stderr, exit } = await coppice(engine, ['session', 'shw', '--', '--json']);
    assert.equal(exit, 2);
    assert.ok(stderr.startsWith('coppice: '), stderr);
  });
});
