import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { DockerExecutor } from '../../src/executors/docker/docker-executor.ts';
import type { RunSpec } from '../../src/executors/executor.ts';
import { conforms } from './conformance.ts';
import { Dockerd } from './dockerd.ts';
import { folder, wrapperPath } from './host.ts';
import { Bench, texts, until, type Subject } from './subject.ts';

interface DockerSubject extends Subject {
  readonly executor: DockerExecutor;
  another(): Promise<DockerExecutor>;
  readonly daemon: Dockerd;
}

const none = { task: 'none', mode: 'dispatch', agent: 'none' };
let shared: Dockerd | undefined;

async function open(): Promise<DockerSubject> {
  const daemon = (shared ??= await Dockerd.open());
  const { home, remove } = await folder();
  const make = (): DockerExecutor =>
    new DockerExecutor({
      ...{ wrapperPath, socketPath: daemon.socketPath, home },
      sessionFolder: (session) => join(home, session),
    });
  const run = (...command: readonly string[]): string => {
    const [id] = daemon.docker('ps', '-q', '--filter', 'label=coppice').split('\n');
    return id === undefined || id === '' ? '' : daemon.docker('exec', id, ...command);
  };
  const container = { image: daemon.image, memoryMegabytes: 256, cpus: 1, processes: 64, network: 'none' } as const;
  return {
    ...{ executor: make(), another: () => Promise.resolve(make()), daemon, home, cwd: home, container },
    alive: (pid) => {
      try {
        return Promise.resolve(
          !/^State:\s+Z/m.test(run('cat', `/proc/${pid}/status`)) && run('ls', `/proc/${pid}`) !== '',
        );
      } catch {
        return Promise.resolve(false);
      }
    },
    kill: (pid) => Promise.resolve(void run('kill', '-KILL', String(pid))),
    dispose: remove,
  };
}

after(async function () {
  this.timeout(240_000);
  await shared?.dispose();
});

conforms('docker', open);

describe('an agent in a container', function () {
  this.timeout(240_000);
  let subject: DockerSubject;
  let bench: Bench;
  before(async () => (subject = await open()));
  after(() => subject.dispose());
  beforeEach(() => void (bench = new Bench(subject)));
  afterEach(() => bench.dispose());

  async function says(script: string, more: Partial<RunSpec> = {}): Promise<string[]> {
    const spec = bench.spec(script, more);
    await bench.start(spec);
    const { lines, end } = bench.follow(spec);
    await end;
    return texts(lines);
  }

  it('works at /workspace, whose files are those of this host, and sees nothing else of it', async () => {
    const lines = await says(
      [
        'pwd; echo made > made.txt; ls -d /root /home/* /var/run/docker.sock /run/docker.sock 2>/dev/null | tr "\\n" " "; echo',
        'grep -E "^(CapEff|NoNewPrivs|Seccomp):" /proc/self/status | tr -d "\\t"',
        'touch /etc/no 2>/dev/null && echo "root is writable"; echo x > /session/run/in/000009 2>/dev/null && echo "inbox is writable"',
        'echo x > /session/run.sh 2>/dev/null && echo "wrapper is writable"; ls /proc | grep -c "^[0-9]" | { read -r n; [ "$n" -lt 15 ] && echo few; }',
        'ls /sys/class/net | tr "\\n" " "; echo',
      ].join('\n'),
    );
    assert.deepEqual(lines, [
      '/workspace',
      '/home/agent ',
      'CapEff:0000000000000000',
      'NoNewPrivs:1',
      'Seccomp:2',
      'few',
      'lo ',
    ]);
    assert.ok(existsSync(join(subject.home, 'made.txt')));
  });

  it('is lent keys only where that is set, and cannot change them', async () => {
    const keys = join(subject.home, 'keys');
    mkdirSync(keys);
    writeFileSync(join(keys, 'id'), 'a key\n');
    const script =
      'cat ~/.ssh/id 2>/dev/null || echo none; touch ~/.ssh/id ~/.ssh/x 2>/dev/null && echo changed; echo over';
    assert.deepEqual(await says(script), ['none', 'over']);
    const container = { ...(subject.container ?? assert.fail()), ssh: keys };
    assert.deepEqual((await says(script, { container, run: 2 })).slice(-2), ['a key', 'over']);
    assert.deepEqual(readdirSync(keys), ['id']);
  });

  it('has limits: a memory hog dies in its container', async () => {
    const spec = bench.spec('echo start; x=x; while :; do x=$x$x$x$x; done');
    await bench.start(spec);
    const state = await bench.ended(spec);
    assert.ok(state.state === 'exited' && state.code === 137, JSON.stringify(state));
    const { HostConfig } = (
      JSON.parse(subject.daemon.docker('inspect', `coppice-${spec.session}-1`)) as [
        { HostConfig: Record<string, unknown> },
      ]
    )[0];
    assert.deepEqual(
      [
        HostConfig['Memory'],
        HostConfig['MemorySwap'],
        HostConfig['NanoCpus'],
        HostConfig['PidsLimit'],
        HostConfig['NetworkMode'],
      ],
      [256 * 2 ** 20, 256 * 2 ** 20, 1e9, 64, 'none'],
    );
  });

  it('has no more than its machine can give, also where that is less than is set', async () => {
    const container = { ...(subject.container ?? assert.fail()), cpus: 1000, memoryMegabytes: 1_048_576 };
    const spec = bench.spec('exec sleep 600', { container });
    await bench.start(spec);
    const limits = subject.daemon.docker(
      ...['inspect', '--format', '{{.HostConfig.NanoCpus}} {{.HostConfig.Memory}}', `coppice-${spec.session}-1`],
    );
    const [cpus = 0, bytes = 0] = subject.daemon
      .docker('info', '--format', '{{.NCPU}} {{.MemTotal}}')
      .split(' ')
      .map(Number);
    const most = Math.floor((bytes * 0.75) / 2 ** 20) * 2 ** 20;
    assert.deepEqual(limits.trim().split(' ').map(Number), [Math.max(1, cpus * 0.75) * 1e9, most]);
  });

  it('leaves their part to those that may still come, and is refused where too little is left', async () => {
    const container = { ...(subject.container ?? assert.fail()), memoryMegabytes: 1_048_576, places: 2 };
    const specs = [1, 2, 3].map((run) => bench.spec('exec sleep 600', { container, run }));
    const [first, second, third] = specs;
    assert.ok(first !== undefined && second !== undefined && third !== undefined);
    // At once: neither may count on what the other takes.
    await Promise.all([bench.start(first), bench.start(second)]);
    await assert.rejects(bench.start(third), { code: 'no-room', message: /Containers get \d+ of the \d+ MB/ });
    const memory = subject.daemon.docker(
      ...['inspect', '--format', '{{.HostConfig.Memory}}'],
      ...[first, second].map(({ session, run }) => `coppice-${session}-${run}`),
    );
    const bytes = Number(subject.daemon.docker('info', '--format', '{{.MemTotal}}'));
    const [one = 0, other = 0] = memory.trim().split('\n').map(Number);
    const most = Math.floor((bytes * 0.75) / 2 ** 20) * 2 ** 20;
    assert.ok(one + other <= most && one + other > most - 2 ** 21, `${one} and ${other} of ${most}`);
    assert.ok(Math.abs(one - other) <= 2 ** 20, `${one} and ${other}`);
    await bench.executor.stop(first, { graceMs: 0 });
    await bench.start(third);
  });

  it('is touched by no engine of another data directory, and its folder may be called anything', async () => {
    const { home, daemon } = subject;
    const cwd = join(home, 'a b:c,d;e "q\' ü', 'x\ny');
    mkdirSync(cwd, { recursive: true });
    const spec = bench.spec('pwd; echo made > made.txt; read -r go; echo over', { cwd, duplex: true });
    await bench.start(spec);
    const { lines, end } = bench.follow(spec);
    await until(() => texts(lines).includes('/workspace'), 'the agent');
    const neighbour = await folder();
    const other = new DockerExecutor({
      ...{ wrapperPath, socketPath: daemon.socketPath, home: neighbour.home },
      sessionFolder: (session) => join(neighbour.home, session),
    });
    const theirs = new Bench({ ...subject, executor: other, home: neighbour.home, cwd: neighbour.home });
    const idle = theirs.spec('exec sleep 600');
    await theirs.start(idle);
    try {
      assert.equal(await other.removeOrphans((session) => session === theirs.session), 0);
      assert.equal(await bench.executor.probe(spec).then(({ state }) => state), 'running');
      await other.sweep(spec.session, { graceMs: 0 });
      await other.forget(spec.session);
      assert.equal(
        (await other.terminal({ session: spec.session, cwd: neighbour.home, label: none })).command.length,
        0,
      );
      assert.equal(await other.tidy(true), 1, 'its own alone');
      assert.equal(await bench.executor.probe(spec).then(({ state }) => state), 'running');
    } finally {
      await theirs.dispose();
      await other.dispose();
      await neighbour.remove();
    }
    await bench.executor.write(spec, 1, 'go\n');
    await end;
    assert.deepEqual(texts(lines), ['/workspace', 'over']);
    assert.equal(readFileSync(join(cwd, 'made.txt'), 'utf8'), 'made\n');
  });

  it('tells neither its environment nor its command line to `docker inspect`', async () => {
    const spec = bench.spec('exec sleep 600', { args: ['-c', 'exec sleep 600', 'agent', 'private words'] });
    await bench.start(spec);
    const said = subject.daemon.docker('inspect', `coppice-${spec.session}-1`);
    assert.doesNotMatch(said, /very-secret|private words/);
  });

  it('ends with a container that somebody removes, and that is told', async () => {
    const spec = bench.spec('echo ready; exec sleep 600');
    await bench.start(spec);
    const { lines, end } = bench.follow(spec);
    await until(() => lines.length === 1, 'the agent');
    subject.daemon.docker('rm', '-f', `coppice-${spec.session}-1`);
    assert.equal((await end).reason, 'ended');
    assert.match(JSON.stringify(await bench.ended(spec)), /gone|exited/);
  });

  it('works on while the daemon is away, which is told as unknown; the next daemon finds it', async function () {
    if (!subject.daemon.own) return; // never somebody else's
    const spec = bench.spec('i=0; while [ $i -lt 60 ]; do echo $i; i=$((i+1)); sleep 0.1; done; exit 5');
    await bench.start(spec);
    const { lines, end } = bench.follow(spec);
    await until(() => lines.length > 3, 'three lines');
    await subject.daemon.stop();
    assert.equal((await bench.executor.probe(spec)).state, 'unknown');
    await subject.daemon.start();
    let reason = (await end).reason;
    for (let offset = lines.at(-1)?.end ?? 0; reason !== 'ended'; offset = lines.at(-1)?.end ?? offset) {
      const more = bench.follow(spec, offset);
      reason = (await more.end).reason;
      lines.push(...more.lines);
    }
    assert.deepEqual(
      texts(lines),
      Array.from({ length: 60 }, (_each, i) => String(i)),
    );
    const state = await bench.ended(spec);
    assert.ok(state.state === 'exited' && state.code === 5, JSON.stringify(state));
  });

  it('reaches its model alone where that is set, also by a later engine; everything else fails', async () => {
    const [model, other] = [await serve('the model'), await serve('something else')];
    try {
      const container = { ...(subject.container ?? assert.fail()), network: 'model', endpoints: [model.name] } as const;
      const script = [
        'ls /sys/class/net | tr "\\n" " "; echo',
        `wget -q -O - http://${model.name}/; wget -q -O - http://${other.name}/ 2>&1 | grep -o "403 Forbidden"`,
        `printf 'CONNECT ${model.name} HTTP/1.1\\r\\n\\r\\nGET / HTTP/1.0\\r\\n\\r\\n' | nc 127.0.0.1 3128 | tail -n 1`,
        `printf 'CONNECT ${other.name} HTTP/1.1\\r\\n\\r\\nGET / HTTP/1.0\\r\\n\\r\\n' | nc 127.0.0.1 3128 | grep -o "403 Forbidden"`,
        'unset http_proxy; for host in $HOSTS; do wget -q -T 3 -O - "http://$host/" 2>/dev/null && echo "reached $host"; done',
        'touch /run/model/x 2>/dev/null && echo "its folder is writable"; echo over; read -r go',
        `http_proxy=http://127.0.0.1:3128 wget -q -O - http://${model.name}/`,
      ].join('\n');
      const hosts = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
      const ports = [model, other].map(({ name }) => name.split(':')[1] ?? '');
      const everywhere = hosts
        .filter(({ family }) => family === 'IPv4')
        .flatMap(({ address }) => ports.map((port) => `${address}:${port}`));
      const first = await subject.another();
      const env = { PATH: '/usr/bin:/bin', HOSTS: everywhere.join(' '), NO_PROXY: '*' };
      const spec = bench.spec(script, { container, env, secrets: [], duplex: true });
      await bench.start(spec, first);
      const before = bench.follow(spec, 0, first);
      await until(() => texts(before.lines).includes('over'), 'what it reaches');
      assert.deepEqual(texts(before.lines), [
        'lo ',
        'the model',
        '403 Forbidden',
        'the model',
        '403 Forbidden',
        'over',
      ]);
      before.stop();
      const { offset } = await before.end;
      await first.dispose();
      const after = bench.follow(spec, offset);
      await until(async () => existsSync(join(subject.home, bench.session, 'docker', 'm', 's')), 'its way out');
      await bench.executor.write(spec, 1, 'go\n');
      await after.end;
      assert.deepEqual(texts(after.lines), ['the model']);
      await bench.executor.stop(spec, { graceMs: 0 });
      assert.equal(existsSync(join(subject.home, bench.session, 'docker', 'm', 's')), false);
    } finally {
      await Promise.all([model.close(), other.close()]);
    }
  });

  it('works as the owner of the worktree, who is not root, and what it writes is theirs', async () => {
    const { daemon } = subject;
    const isRoot = process.getuid?.() === 0 && daemon.own;
    const owner = isRoot ? 4321 : (process.getuid?.() ?? assert.fail());
    const { home, remove } = await folder();
    const closeAgain = isRoot ? [home, daemon.socketPath].map(letPass) : [];
    if (isRoot) for (const path of [home, daemon.socketPath]) chownSync(path, owner, owner);
    try {
      const options = { wrapperPath, socketPath: daemon.socketPath, home };
      const executor = new DockerExecutor({ ...options, sessionFolder: (session) => join(home, session) });
      await executor.detect(new AbortController().signal); // modules are loaded by whoever may read them
      if (isRoot) process.setegid?.(owner);
      if (isRoot) process.seteuid?.(owner);
      const theirs = new Bench({ ...subject, executor, home, cwd: home });
      const spec = theirs.spec('id -u; mkdir made; echo x >made/file.txt; echo y >~/own.txt && echo written; cat', {
        duplex: true,
      });
      await theirs.start(spec);
      const { lines, end } = theirs.follow(spec);
      await theirs.executor.write(spec, 1, 'said\n');
      await theirs.executor.close(spec);
      await end;
      assert.deepEqual(texts(lines), [String(owner), 'written', 'said']);
      for (const name of ['made', 'made/file.txt']) assert.equal(statSync(join(home, name)).uid, owner, name);
      await theirs.dispose();
    } finally {
      if (isRoot) process.seteuid?.(0);
      if (isRoot) process.setegid?.(0);
      for (const close of closeAgain.reverse()) close();
      await remove();
    }
  });

  it('says what is wrong: an image for another kind of machine, one that somebody else removed', async () => {
    const { daemon } = subject;
    const other = process.arch === 'arm64' ? 'amd64' : 'arm64';
    const image = 'coppice-test:foreign';
    daemon.docker('load', '-i', foreignImage(join(daemon.root, 'foreign'), image, other));
    const container = { ...(subject.container ?? assert.fail()), image };
    const spec = bench.spec('echo x', { container });
    await subject.executor.requireParts({ image });
    await assert.rejects(bench.start(spec), {
      code: 'executor-missing',
      message: new RegExp(`is made for ${other}, and`),
      next: /pull/u,
    });
    assert.deepEqual(await bench.executor.probe(spec), { state: 'not-started' });
    daemon.docker('rmi', '-f', image);
    await assert.rejects(subject.executor.requireParts({ image }), {
      message: /image coppice-test:foreign is not there/,
    });
  });

  it('says what is wrong: no node in the image, which the network of a model and agents that speak ACP need', async () => {
    const { daemon } = subject;
    const image = 'coppice-test:without-node';
    const recipe = `FROM ${daemon.image}\nRUN rm /usr/bin/node\n`;
    execFileSync(
      'docker',
      ['-H', `unix://${daemon.socketPath}`, 'build', '-q', '--network', 'none', '-t', image, '-'],
      {
        input: recipe,
        stdio: ['pipe', 'ignore', 'pipe'],
      },
    );
    try {
      const container = { ...(subject.container ?? assert.fail()), image };
      const model = { ...container, network: 'model', endpoints: ['127.0.0.1:9'] } as const;
      await assert.rejects(bench.start(bench.spec('echo x', { container: model })), {
        code: 'executor-missing',
        message: /coppice-test:without-node has no node, which a container needs that reaches its model alone/u,
      });
      await assert.rejects(bench.start(bench.spec('', { container, command: 'node', args: ['/session/run/x'] })), {
        code: 'agent-missing',
        message: /not in the image coppice-test:without-node: node/u,
        next: /^An agent that speaks ACP .*Node 20 or later/u,
      });
      assert.deepEqual(await bench.executor.probe(bench.spec('')), { state: 'not-started' });
    } finally {
      daemon.docker('rmi', '-f', image);
    }
  });

  it('says what is wrong: no image, no daemon', async () => {
    const spec = bench.spec('echo x', {
      container: { ...(subject.container ?? assert.fail()), image: 'no-such-image:here' },
    });
    await assert.rejects(bench.start(spec), {
      code: 'executor-missing',
      message: /image no-such-image:here is not there/,
    });
    assert.deepEqual(await bench.executor.probe(spec), { state: 'not-started' });
    const without = new DockerExecutor({
      ...{ wrapperPath, socketPath: join(subject.home, 'none.sock'), home: subject.home },
      sessionFolder: (session) => join(subject.home, session),
    });
    await assert.rejects(without.detect(new AbortController().signal), {
      code: 'executor-missing',
      message: /does not answer/,
      next: /^Start Docker/u,
    });
  });
});

/** Makes an image for another kind of machine, whose shell is one, in a folder. Gives the archive of it. */
function foreignImage(folder: string, name: string, architecture: 'amd64' | 'arm64'): string {
  mkdirSync(join(folder, 'root', 'bin'), { recursive: true });
  // The beginning of a program is enough: no system goes further.
  writeFileSync(join(folder, 'root', 'bin', 'sh'), foreignProgram(architecture), { mode: 0o755 });
  execFileSync('tar', ['-C', join(folder, 'root'), '-cf', join(folder, 'layer.tar'), '.']);
  const layer = createHash('sha256')
    .update(readFileSync(join(folder, 'layer.tar')))
    .digest('hex');
  const rootfs = { type: 'layers', diff_ids: [`sha256:${layer}`] };
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ architecture, os: 'linux', config: {}, rootfs }));
  const manifest = [{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }];
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  execFileSync('tar', ['-C', folder, '-cf', `${folder}.tar`, 'manifest.json', 'config.json', 'layer.tar']);
  return `${folder}.tar`;
}

/** The header of a program for Linux on another kind of machine. */
function foreignProgram(architecture: 'amd64' | 'arm64'): Buffer {
  const header = Buffer.alloc(120);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(2, 16);
  header.writeUInt16LE(architecture === 'arm64' ? 183 : 62, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(0x400078n, 24);
  header.writeBigUInt64LE(64n, 32);
  header.writeUInt16LE(64, 52);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(1, 56);
  return header;
}

/** A server of this host on all of its addresses that answers with a line. */
async function serve(text: string): Promise<{ name: string; close: () => Promise<unknown> }> {
  const server = createServer((_request, response) => void response.end(`${text}\n`));
  await new Promise<void>((resolve) => void server.listen(0, '0.0.0.0', resolve));
  return {
    name: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

/** Lets others through the folders above a path, without a look into them, until what it gives is called. */
function letPass(path: string): () => void {
  const opened: { folder: string; mode: number }[] = [];
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder)) {
    const mode = statSync(folder).mode & 0o7777;
    if ((mode & 0o001) !== 0) continue;
    chmodSync(folder, mode | 0o011);
    opened.push({ folder, mode });
  }
  return () => {
    for (const { folder, mode } of opened) chmodSync(folder, mode);
  };
}
