import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Machine } from '../cli/machine.ts';
import { refused } from './refused.ts';

const demo = ['--agent', 'demo'];

describe('settings that cannot be', function () {
  this.timeout(300_000);
  let machine: Machine;
  beforeEach(async () => {
    machine = await Machine.make();
    await machine.coppice(['trust']);
  });
  afterEach(async () => machine.dispose());

  const cases: readonly (readonly [string, string, number, RegExp, RegExp])[] = [
    ['an unknown key', 'limits:\n  runing: 3\n', 2, /limits\.runing/, /limits\.running/],
    ['an unknown section', '# mine\n\nlimit:\n  running: 3\n', 3, /limit/, /limits/],
    ['a wrong type', 'limits:\n  waiting: 5\n  running: many\n', 3, /limits\.running/, /whole number/],
    ['a number that is too large', 'limits:\n  running: 100000\n', 2, /limits\.running/, /1000/],
    ['YAML that is none', 'limits:\n  running: [3\n', 3, /config\.yaml/, /\S/],
    ['a key that is given twice', 'limits:\n  running: 3\n  running: 4\n', 3, /config\.yaml/, /\S/],
  ];
  for (const [what, text, line, message, more] of cases) {
    it(`${what}: file and line named, nothing started`, async () => {
      const file = join(machine.home, 'config.yaml');
      await mkdir(machine.home, { recursive: true, mode: 0o700 });
      await writeFile(file, text);
      const ran = await machine.coppice(['run', ...demo, 'x']);
      assert.equal(ran.exit, 2, `${ran.stdout}${ran.stderr}`);
      assert.ok(ran.stderr.includes(`${file}:${line}`), ran.stderr);
      assert.match(ran.stderr, message);
      assert.match(ran.stderr, more);
      assert.deepEqual(await machine.sessions(), []);
      await writeFile(file, 'limits:\n  running: 3\n');
      assert.equal((await machine.coppice(['run', ...demo, '#write:x.txt'])).exit, 0);
    });
  }

  it('a key that a repository may not set: its file and line named', async () => {
    const file = join(machine.repo, '.coppice.yaml');
    await writeFile(file, 'session:\n  timeBoxSeconds: 60\nworktrees:\n  root: /tmp/elsewhere\n');
    const ran = await machine.coppice(['run', ...demo, 'x']);
    assert.equal(ran.exit, 2, `${ran.stdout}${ran.stderr}`);
    assert.ok(ran.stderr.includes(`${file}:4`), ran.stderr);
    assert.match(ran.stderr, /worktrees\.root/);
    const doctor = await machine.coppice(['doctor']);
    assert.equal(doctor.exit, 1, doctor.stdout);
    assert.ok(doctor.stdout.includes(`settings: ${file}:4`), doctor.stdout);
  });

  it('a variable that means nothing, or holds a wrong value: named', async () => {
    const wrong = [
      ['COPPICE_LIMITS_RUNNING', 'many', /whole number/],
      ['COPPICE_LIMITS_RUNING', '3', /COPPICE_LIMITS_RUNNING/],
    ] as const;
    for (const [name, value, more] of wrong) {
      const env = { [name]: value };
      const expected = { exit: 2, code: 'config-invalid', message: new RegExp(name), next: /\S/ };
      await refused(machine, ['run', ...demo, 'x'], expected, { env });
      const { stderr } = await machine.coppice(['run', ...demo, 'x'], { env });
      assert.match(stderr, more);
    }
    assert.deepEqual(await machine.sessions(), []);
  });

  it('config shows what holds in this shell, and where it comes from', async () => {
    const show = async (env: Record<string, string>): Promise<{ value: unknown; source: string }> => {
      const { stdout, exit, stderr } = await machine.coppice(['config', 'show', 'agent.default', '--json'], { env });
      assert.equal(exit, 0, stderr);
      return JSON.parse(stdout) as { value: unknown; source: string };
    };
    assert.equal((await show({})).value, 'claude-code');
    const own = await show({ COPPICE_AGENT_DEFAULT: 'demo' });
    assert.equal(own.value, 'demo');
    assert.match(own.source, /COPPICE_AGENT_DEFAULT/);
    assert.equal((await show({})).value, 'claude-code', 'only there');
  });
});
