/**
 * The image as `coppice init` builds it, on a base that is made here, and the real Claude Code in it on a scripted model. Run by hand,
 * as root on Debian with debootstrap and a way to its packages and npm's: `mocha test/executors/image.ts`. About two minutes.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startScriptedModel, type ScriptedModel } from '../support/scripted-model/index.ts';
import { Dockerd } from './dockerd.ts';
import { Place } from './place.ts';

const base = 'coppice-test:base';
const image = 'coppice-test:built';
const cliProgram = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');

describe('the image that coppice init builds', function () {
  this.timeout(240_000);
  let daemon: Dockerd;
  let model: ScriptedModel;
  let place: Place;
  before(async () => {
    daemon = await Dockerd.open();
    importBase(daemon);
    model = await startScriptedModel();
    const docker = { image, memoryMegabytes: 1024, network: 'model', endpoints: [new URL(model.url).host] };
    place = new Place({
      config: { executors: { docker } },
      carries: true,
      env: () => ({ DOCKER_HOST: `unix://${daemon.socketPath}`, ANTHROPIC_BASE_URL: model.url }),
    });
    await place.start();
  });
  after(async () => {
    await place.remove();
    await model.close();
    daemon.docker('rmi', '-f', image, base);
    await daemon.dispose();
  });

  /** `coppice init` as a person at a terminal uses it. */
  function init(...options: readonly string[]): { readonly code: number; readonly said: string } {
    const log = join(place.root, 'init.log');
    const words = [process.execPath, cliProgram, 'init', '--', '--network', 'host', ...options];
    try {
      execFileSync('script', ['-qec', words.join(' '), log], {
        cwd: place.repository,
        env: place.env,
        stdio: 'ignore',
      });
      return { code: 0, said: readFileSync(log, 'utf8') };
    } catch (error) {
      return { code: (error as { status: number }).status, said: readFileSync(log, 'utf8') };
    }
  }

  /** Claude Code at work in a container. */
  const run = (prompt: string): Promise<string> =>
    place.run(prompt, {
      ...{ executor: 'docker', agent: 'claude-code' },
      requester: { env: place.env, secrets: { ANTHROPIC_API_KEY: 'dummy-key-1' } },
    });

  it('says so when it cannot be built, here for want of its base', () => {
    const { code, said } = init('--build-arg', 'BASE=registry.invalid/no-such:base');
    assert.equal(code, 3, said);
    assert.match(said, /registry\.invalid.*no such host/u);
    assert.match(said, /The image coppice-test:built was not built: docker build ended with status 1/u);
  });

  it('is built step by step, and has the program of the agent', () => {
    const { code, said } = init('--build-arg', `BASE=${base}`);
    assert.equal(code, 0, said);
    assert.match(said, /Step 1\/[\s\S]*Successfully tagged coppice-test:built[\s\S]*is built\./u);
    const program = ['run', '--rm', '--network', 'none', '--entrypoint', 'claude', image, '--version'];
    assert.match(daemon.docker(...program), /Claude Code/u);
    assert.doesNotMatch(daemon.docker('inspect', image), /dummy-key|API_KEY|TOKEN/u);
  });

  it('runs the agent, which reaches its model alone, works in the worktree, and asks for help by its tool', async () => {
    const [id, lost] = await Promise.all([run('#S:write please'), run('#S:help')]);
    const ended = await place.ended(id);
    assert.equal(ended.status, 'reported', JSON.stringify(ended));
    assert.deepEqual(place.changes(ended), { 'written.txt': 'written\n' });
    const { needs } = await place.when(lost, (each) => each.needs.length > 0, 'it asks for help');
    assert.equal(needs[0]?.title, 'Help: Which one?');
    const answer = { choice: 'deny', reason: '#S:again the blue' } as const;
    await place.engine.request('session/answer', { session: lost, answer });
    assert.equal((await place.ended(lost)).text, 'Second answer after resume.');
  });
});

/** Debian with this Node, this machine's certificates and its way to npm: what stands in for an image of a registry. */
function importBase(daemon: Dockerd): void {
  const root = join(daemon.root, 'base');
  const npm = (...args: readonly string[]): string => execFileSync('npm', [...args], { encoding: 'utf8' }).trim();
  execFileSync('debootstrap', ['--variant=minbase', '--include=ca-certificates', 'bookworm', root], {
    stdio: 'ignore',
  });
  const own = '/usr/local/share/ca-certificates';
  if (existsSync(own)) cpSync(own, join(root, own), { recursive: true });
  execFileSync('chroot', [root, 'update-ca-certificates'], { stdio: 'ignore' });
  const local = join(root, 'usr', 'local');
  cpSync(process.execPath, join(local, 'bin', 'node'), { dereference: true });
  chmodSync(join(local, 'bin', 'node'), 0o755);
  cpSync(join(npm('root', '--global'), 'npm'), join(local, 'lib', 'node_modules', 'npm'), { recursive: true });
  execFileSync('ln', ['-s', '../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin', 'npm')]);
  mkdirSync(join(local, 'etc'), { recursive: true });
  const certificates = '/etc/ssl/certs/ca-certificates.crt';
  writeFileSync(join(local, 'etc', 'npmrc'), `registry=${npm('config', 'get', 'registry')}\ncafile=${certificates}\n`);
  execFileSync('tar', ['-C', root, '-cf', `${root}.tar`, '.']);
  daemon.docker('import', '--change', 'ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', `${root}.tar`, base);
}
