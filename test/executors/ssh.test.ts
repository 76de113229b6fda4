import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SshExecutor } from '../../src/executors/ssh/ssh-executor.ts';
import { conforms } from './conformance.ts';
import { alive, folder, kill, wrapperPath } from './host.ts';
import { Sshd } from './sshd.ts';
import { Bench, texts, until, type Subject } from './subject.ts';

type SshSubject = Subject & { readonly executor: SshExecutor; readonly sshd: Sshd; readonly log: string[] };

async function open(more: { readonly keepAliveMs?: number } = {}): Promise<SshSubject> {
  const sshd = await Sshd.open();
  const { home, remove } = await folder();
  const made: SshExecutor[] = [];
  const log: string[] = [];
  const another = (): Promise<SshExecutor> => {
    const executor = new SshExecutor({
      ...{ wrapperPath, host: 'there', env: () => ({}), target: () => Promise.resolve(sshd.target()) },
      log: (message) => void log.push(message),
      ...more,
    });
    made.push(executor);
    return Promise.resolve(executor);
  };
  return {
    ...{ executor: await another(), another, sshd, log, home, cwd: '/', alive, kill },
    async dispose() {
      await Promise.all(made.map((each) => each.dispose()));
      await sshd.dispose();
      await remove();
    },
  };
}

conforms('ssh', open, { filesElsewhere: true });

describe('an agent on another host', function () {
  this.timeout(240_000);
  let subject: SshSubject;
  let bench: Bench;
  before(async () => (subject = await open({ keepAliveMs: 1000 })));
  after(() => subject.dispose());
  beforeEach(() => void (bench = new Bench(subject)));
  afterEach(() => bench.dispose());
  const slowly = 'i=0; while [ $i -lt 200 ]; do echo "$i ü🌳"; i=$((i+1)); sleep 0.02; done';
  const whole = Array.from({ length: 200 }, (_each, i) => `${i} ü🌳`);

  it('works on while its connection is cut in mid-turn, again and again; no byte is lost and none comes twice', async () => {
    // After each 50 lines it waits, so that there is a connection to be cut each time.
    const spec = bench.spec(slowly.replace('sleep', '[ $((i % 50)) != 0 ] || read -r go; sleep'), { duplex: true });
    await bench.start(spec);
    const { lines, end } = bench.follow(spec);
    for (const part of [1, 2, 3, 4]) {
      if (part < 4) {
        await until(() => lines.length > 50 * part - 30, `some lines of part ${part}`);
        assert.ok(subject.sshd.cut() > 0);
      }
      await until(() => lines.length === 50 * part, `part ${part}`);
      await bench.executor.write(spec, part, 'go\n');
    }
    assert.equal((await end).reason, 'ended');
    assert.deepEqual(texts(lines), whole);
    assert.equal(await bench.stream(spec), whole.map((line) => `${line}\n`).join(''));
    assert.ok(subject.log.filter((line) => line === 'connected').length >= 4);
  });

  it('is unknown, and not dead, while its host is away; its end is read when the host is back', async () => {
    const gate = join(subject.home, 'gate');
    const waits = `while [ ! -e '${gate}' ]; do sleep 0.05; done`;
    const spec = bench.spec(`echo ready; ${waits}; echo done; echo over >'${gate}'; exit 4`);
    await bench.start(spec);
    const { lines, end } = bench.follow(spec);
    await until(() => lines.length === 1, 'its first line');
    await subject.sshd.kill();
    const state = await bench.executor.probe(spec);
    assert.equal(state.state, 'unknown', JSON.stringify(state));
    writeFileSync(gate, '');
    await until(() => readFileSync(gate, 'utf8') === 'over\n', 'its last step');
    await subject.sshd.start();
    assert.equal((await end).reason, 'ended');
    assert.deepEqual(texts(lines), ['ready', 'done']);
    const after = await bench.ended(spec);
    assert.ok(after.state === 'exited' && after.code === 4);
  });

  it('is found by keep-alive when its host falls silent', async () => {
    const spec = bench.spec(slowly);
    await bench.start(spec);
    const { lines, end } = bench.follow(spec);
    await until(() => lines.length > 10, 'ten lines');
    subject.sshd.silence();
    assert.equal((await end).reason, 'ended');
    assert.deepEqual(texts(lines), whole);
    subject.sshd.cut();
  });

  it('takes many questions at once over one connection', async () => {
    const spec = bench.spec('exec cat', { duplex: true });
    await bench.start(spec);
    const states = await Promise.all(Array.from({ length: 24 }, () => bench.executor.probe(spec)));
    assert.ok(
      states.every(({ state }) => state === 'running'),
      JSON.stringify(states),
    );
    await bench.executor.close(spec);
    await bench.ended(spec);
  });

  it('leaves nothing there when nobody wants the session any more', async () => {
    const spec = bench.spec('echo ready');
    await bench.start(spec);
    await bench.ended(spec);
    const there = join(subject.sshd.home, '.coppice/remote/sessions', spec.session);
    assert.ok(existsSync(there));
    await bench.executor.forget(spec.session);
    assert.equal(existsSync(there), false);
    const rest = readdirSync(join(subject.sshd.home, '.coppice/remote'));
    assert.deepEqual(
      rest.filter((name) => !name.startsWith('bin-')),
      ['sessions'],
    );
  });
});

describe('the key of another host', function () {
  this.timeout(240_000);
  let sshd: Sshd;
  before(async () => (sshd = await Sshd.open()));
  after(() => sshd.dispose());

  async function refusal(target = sshd.target()): Promise<{ code: string; message: string; next: string }> {
    const executor = new SshExecutor({
      ...{ wrapperPath, host: 'there', env: () => ({}), target: () => Promise.resolve(target), log: () => undefined },
    });
    const said = await executor.detect(new AbortController().signal).then(
      (text) => ({ code: '', message: text, next: '' }),
      (error: unknown) => error as { code: string; message: string; next: string },
    );
    await executor.dispose();
    return said;
  }

  it('is compared with what the user knows, whose names may be hashed', async () => {
    assert.match((await refusal()).message, /^Linux .*git version/);
  });

  it('is refused when nobody knows it, and when it has changed', async () => {
    const unknown = await refusal(sshd.target({ knownHostsFiles: [] }));
    assert.equal(unknown.code, 'executor-missing');
    assert.match(unknown.message, /is not known yet: it shows SHA256:/);
    assert.match(unknown.next, /ssh there/);
    sshd.makeKey('other');
    sshd.trust('other');
    const changed = await refusal();
    assert.match(changed.message, /has CHANGED/);
    assert.match(changed.next, /ssh-keygen -R/);
    sshd.trust('host');
  });

  it('is shown to whose key an agent has, behind files that are of no use', async () => {
    const socket = join(sshd.root, 'agent');
    const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    try {
      await until(() => existsSync(socket), 'the agent');
      execFileSync('ssh-add', ['-q', sshd.clientKey], {
        env: { ...process.env, SSH_AUTH_SOCK: socket },
        stdio: 'ignore',
      });
      const identityFiles = [sshd.makeKey('useless'), sshd.makeKey('locked', '-N', 'a passphrase')];
      assert.match((await refusal(sshd.target({ identityFiles, agent: socket }))).message, /^Linux /);
    } finally {
      agent.kill();
    }
  });

  it('does not help whose own key is refused, or who asks a host that is not there', async () => {
    const stranger = await refusal(sshd.target({ identityFiles: [sshd.makeKey('stranger')] }));
    assert.match(stranger.message, /none of your keys was accepted/);
    assert.match(stranger.next, /ssh-add/);
    const missing = join(sshd.root, 'no-such-key');
    const several = sshd.target({ identityFiles: [missing, join(sshd.root, 'stranger'), sshd.clientKey] });
    assert.match((await refusal(several)).message, /^Linux /, 'each of their keys is tried');
    await sshd.kill();
    const away = await refusal();
    assert.deepEqual([away.code, /cannot be reached/.test(away.message)], ['unreachable', true]);
    assert.equal(away.next, 'Check that `ssh there` works from here.');
    await sshd.start();
  });
});
