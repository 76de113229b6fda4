import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answersCount, mortal } from './cut-off.ts';
import { Dockerd } from './dockerd.ts';
import { Place } from './place.ts';
import { until } from './subject.ts';

const scripted = fileURLToPath(new URL('../support/acp-agent/agent.mjs', import.meta.url));

describe('sessions in containers', function () {
  this.timeout(240_000);
  let daemon: Dockerd;
  let place: Place;
  before(async () => {
    daemon = await Dockerd.open();
    const docker = { image: daemon.image, memoryMegabytes: 256, processes: 64, network: 'none' };
    // The agent does what the file `do.sh` of the repository says.
    const boxed = { command: ['sh', '-c', 'cat >/dev/null; . ./do.sh; echo done'] };
    const talker = { command: ['node', 'agent.mjs'], output: 'acp' };
    const dier = { command: ['sh', '-c', 'cat >/dev/null; echo trying; kill -9 $$'] };
    place = new Place({
      config: {
        executors: { docker },
        agents: { custom: { boxed, talker, dier, mortal } },
        limits: { running: 20 },
        worktrees: { setup: [['sh', '-c', 'cp .env made.env']] },
      },
      carries: true,
      env: () => ({ DOCKER_HOST: `unix://${daemon.socketPath}` }),
    });
    writeFileSync(join(place.repository, '.git/info/exclude'), '*.env\n.worktreeinclude\n');
    writeFileSync(join(place.repository, '.worktreeinclude'), '.env\n');
    writeFileSync(join(place.repository, '.env'), 'PORT=1\n');
    await place.start();
  });
  after(async () => {
    await place.remove();
    await daemon.dispose();
  });

  /** A session whose agent does these lines, on a main that has them. */
  async function run(prompt: string, ...lines: readonly string[]): Promise<string> {
    place.commit(prompt, { 'do.sh': `${lines.join('\n')}\n` });
    return place.run(prompt, { executor: 'docker', agent: 'boxed' });
  }

  it('work on the worktree, set up and with its ignored files, with git; commits and files come home on the branch', async () => {
    const ended = await place.ended(
      await run(
        'commit inside',
        'git status --porcelain | sed "s/^/status: /"; echo one > one.txt; git add one.txt',
        'git -c user.name=agent -c user.email=agent@box commit -qm "made inside" && git log --format=%s -1',
        'cat .env made.env > two.txt',
      ),
    );
    assert.equal(ended.status, 'reported', JSON.stringify(ended));
    const said = readFileSync(ended.stream, 'utf8');
    assert.match(said, /made inside/);
    assert.doesNotMatch(said, /status: /, 'its tree begins clean');
    assert.deepEqual(place.changes(ended), { 'one.txt': 'one\n', 'two.txt': 'PORT=1\nPORT=1\n' });
    assert.match(place.git('log', '--format=%s by %an', ended.branch ?? ''), /made inside by agent/);
    assert.equal(status(ended.worktree), '');
    place.git('fsck', '--strict');
    await until(
      () => daemon.docker('ps', '-aq', '--filter', 'label=coppice') === '',
      'the container to go with its run',
    );
  });

  it('have the objects that their repository borrows from others, read-only, and nothing else of those', async () => {
    place.commit('borrowed', { 'do.sh': 'echo nothing\n' });
    const [middle, clone] = ['middle "1": ü', 'clone'].map((name) => join(place.root, name));
    assert.ok(middle !== undefined && clone !== undefined);
    const git = (...args: readonly string[]): string =>
      execFileSync('git', [...args], { cwd: clone, env: place.env, encoding: 'utf8' });
    place.git('clone', '-q', '--shared', place.repository, middle);
    place.git('clone', '-q', '--shared', middle, clone);
    writeFileSync(join(clone, '.git/objects/info/alternates'), '../../../middle "1": ü/.git/objects\n');
    const lines = [
      'git log --format=%s README.md; git fsck --no-dangling 2>&1 | sed "s/^/fsck: /"; git status 2>&1 >/dev/null | sed "s/^/error: /"',
      'for i in /objects*; do rm -rf $i/pack $i/?? 2>/dev/null; echo x > $i/x 2>/dev/null && echo "writable: $i"; done',
      'ls -d /objects* | tr "\\n" " "; echo; ls /objects-2/../config /objects-3/../config 2>/dev/null',
      'echo one > one.txt; git add one.txt; git -c user.name=agent -c user.email=agent@box commit -qm "made inside"',
    ];
    writeFileSync(join(clone, 'do.sh'), `${lines.join('\n')}\n`);
    git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '-qam', 'does more');
    for (const name of ['.git/info/exclude', '.worktreeinclude', '.env'])
      copyFileSync(join(place.repository, name), join(clone, name));
    await place.engine.request('trust/grant', { path: clone, host: true });
    const ended = await place.ended(await place.run('borrow', { path: clone, executor: 'docker', agent: 'boxed' }));
    assert.equal(ended.status, 'reported', JSON.stringify(ended));
    assert.equal(readFileSync(ended.stream, 'utf8'), 'first\n/objects /objects-2 /objects-3 \ndone\n');
    assert.match(git('log', '--format=%s by %an', ended.branch ?? ''), /made inside by agent/);
    assert.equal(git('show', `${ended.branch ?? ''}:one.txt`), 'one\n');
    git('fsck', '--strict');
  });

  it('cannot move other branches, delete history, reach other worktrees, or plant what a git of this host would run', async () => {
    const main = (): string => place.git('rev-parse', 'main');
    const evil = join(place.root, 'evil');
    const id = await run(
      'try everything',
      'git update-ref refs/heads/main HEAD~1; git branch -f main HEAD~1; git push . HEAD:main; git tag mine',
      'rm -rf /objects/* 2>/dev/null; echo x > /objects/x 2>/dev/null && echo "history can be written"',
      `printf '[core]\\n\\tfsmonitor = "touch ${evil}; false"\\n\\thooksPath = /git/evil\\n' >> /git/config`,
      'mkdir -p /git/evil /git/worktrees; printf "#!/bin/sh\\ntouch /git/ran\\n" > /git/evil/post-commit; chmod +x /git/evil/post-commit',
      'rm -f .git 2>/dev/null; mv .git moved 2>/dev/null; echo "gitdir: /tmp/evil" > .git 2>/dev/null && echo ".git can be replaced"',
      'ln -sf /etc/passwd /git/refs/heads/other; git worktree list; echo tried > tried.txt',
    );
    const before = main();
    const ended = await place.ended(id);
    assert.equal(ended.status, 'reported', JSON.stringify(ended));
    const said = readFileSync(ended.stream, 'utf8');
    assert.doesNotMatch(said, /history can be written|can be replaced/);
    assert.equal(main(), before);
    assert.deepEqual(place.git('tag'), '');
    assert.equal(status(ended.worktree), '');
    assert.equal(existsSync(evil), false, 'nothing of it ran on this host');
    assert.deepEqual(place.changes(ended), { 'tried.txt': 'tried\n' });
    place.git('fsck', '--strict');
  });

  it('have the limits of their mode, as `docker inspect` shows', async () => {
    const settings = {
      COPPICE_EXECUTORS_DOCKER_MEMORY_MEGABYTES: '300',
      COPPICE_EXECUTORS_DOCKER_PLANNING_MEMORY_MEGABYTES: '200',
    };
    place.commit('limits', { 'do.sh': 'echo ready; sleep 600\n' });
    const limits = async (mode: 'planning' | 'autonomous'): Promise<string> => {
      const requester = { env: place.env, secrets: {}, settings };
      const id = await place.run(`limits of ${mode}`, { executor: 'docker', agent: 'boxed', mode, requester });
      await place.when(id, ({ stream }) => read(stream).includes('ready'), 'the agent');
      const format = '{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.NanoCpus}}';
      const said = daemon.docker('inspect', '--format', format, `coppice-${id}-1`).trim();
      await place.engine.request('session/cancel', { session: id });
      await place.ended(id);
      return said;
    };
    assert.equal(await limits('planning'), `${200 * 2 ** 20} ${200 * 2 ** 20} 1000000000`);
    assert.match(await limits('autonomous'), new RegExp(`^${300 * 2 ** 20} ${300 * 2 ** 20} [12]\\d*$`, 'u'));
  });

  it('outlive their engine, and are a shell away while they run', async () => {
    const id = await run(
      'slowly',
      'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "step $i"; sleep 0.1',
      '[ $i != 6 ] || while [ ! -e go ]; do sleep 0.1; done; done; rm go; echo end > end.txt',
    );
    const { stream, worktree } = await place.when(
      id,
      ({ stream: path }) => read(path).includes('step 2'),
      'its second step',
    );
    const { command } = await place.engine.request('session/terminal', { session: id });
    assert.deepEqual(command.slice(0, 5), ['docker', '-H', `unix://${daemon.socketPath}`, 'exec', '-it']);
    const own = daemon.docker('ps', '-q', '--filter', 'label=coppice').trim();
    const home = daemon.docker('inspect', '--format', '{{index .Config.Labels "coppice.home"}}', own).trim();
    const label = ['--label', 'coppice=1', '--label', `coppice.home=${home}`, '--label', 'coppice.session=gone'];
    const orphan = daemon.docker('create', '--network', 'none', ...label, daemon.image, 'sh').trim();
    await place.kill();
    await place.start();
    await until(() => !daemon.docker('ps', '-aq', '--no-trunc').includes(orphan), 'the orphan to be gone');
    writeFileSync(join(worktree ?? '', 'go'), '');
    const ended = await place.ended(id);
    assert.equal(ended.status, 'reported', JSON.stringify(ended));
    const steps = read(stream)
      .split('\n')
      .filter((line) => line.startsWith('step'));
    assert.deepEqual(
      steps,
      Array.from({ length: 12 }, (_each, i) => `step ${i + 1}`),
    );
    assert.deepEqual(place.changes(ended), { 'end.txt': 'end\n' });
    await place.engine.request('session/archive', { session: id });
    await until(
      () => !existsSync(join(place.home, 'sessions', id, 'docker')),
      'what it kept for its containers to be gone',
    );
  });

  it('are an ACP agent inside that asks and is answered; one that is killed goes on by itself, and then a person is asked', async () => {
    place.commit('an agent', { 'agent.mjs': readFileSync(scripted, 'utf8') });
    // The agent names its file as it sees it; the breakpoint as everybody else does.
    await place.engine.request('breakpoint/set', { path: place.repository, condition: 'path made.*' });
    const [id, lost, hopeless] = await Promise.all([
      place.run('write /workspace/made.txt', { executor: 'docker', agent: 'talker' }),
      place.run('help Which one?', { executor: 'docker', agent: 'talker' }),
      place.run('try', { executor: 'docker', agent: 'dier' }),
    ]);
    const asking = await place.when(id, ({ needs }) => needs.length > 0, 'it asks');
    assert.match(asking.needs[0]?.why ?? '', /A breakpoint holds it: .*made\.\*/u);
    await place.engine.request('session/answer', { session: id, answer: { choice: 'allow' } });
    const ended = await place.ended(id);
    const said = '/workspace/made.txt: selected yes';
    assert.deepEqual([ended.status, ended.text], ['reported', said], JSON.stringify(ended));
    assert.equal(place.changes(ended)['made.txt'], 'made\n');
    assert.equal(await place.helped(lost), 'Help: Which one?');
    const { needs, turns } = await place.when(hopeless, (each) => each.needs.length > 0, 'a person is asked');
    assert.deepEqual([needs[0]?.kind, turns], ['decision', 4]);
    await place.engine.request('session/answer', { session: hopeless, answer: { choice: 'hand-over' } });
    assert.equal((await place.ended(hopeless)).status, 'interrupted');
  });

  it('whose agent is ended again and again ask a person, and every answer counts', async () => {
    await answersCount(place, 'docker', async () => {
      await place.kill();
      await place.start();
    });
  });

  it('work on while the daemon is away in mid-turn; the next daemon finds them, and the turn ends as any other', async function () {
    if (!daemon.own) return; // never somebody else's
    const id = await run(
      'meanwhile',
      'echo "step 1"; while [ ! -e go ]; do sleep 0.1; done; rm go; echo "step 2"; echo end > end.txt',
    );
    const { stream, worktree } = await place.when(id, ({ stream: path }) => read(path).includes('step 1'), 'its step');
    await daemon.stop();
    await daemon.start();
    assert.equal((await place.engine.request('session/show', { session: id })).turns, 1);
    writeFileSync(join(worktree ?? '', 'go'), '');
    const ended = await place.ended(id);
    assert.equal(ended.status, 'reported', JSON.stringify(ended));
    assert.deepEqual(place.changes(ended), { 'end.txt': 'end\n' });
    assert.match(read(stream), /^step 1\nstep 2\ndone\n$/u);
  });

  it('are over, and not started again, when a person stops or kills the container', async () => {
    for (const [how, status] of [
      ['stop', 'interrupted'],
      ['kill', 'failed'],
    ] as const) {
      const id = await run(`to ${how}`, `echo ready; sleep 600 # ${how}`);
      await place.when(id, ({ stream }) => read(stream).includes('ready'), 'the agent');
      daemon.docker(how, `coppice-${id}-1`);
      const ended = await place.ended(id);
      assert.deepEqual([ended.status, ended.turns], [status, 1], JSON.stringify(ended));
      if (how === 'stop') continue;
      assert.match(ended.error?.message ?? '', /^The agent went away in the middle of its turn.*its container/u);
      assert.match(ended.error?.next ?? '', /give it another prompt/u);
    }
  });

  it('leave containers that `clean` and `nuke` remove, and nobody else’s', async () => {
    const other = daemon.docker('create', '--network', 'none', daemon.image, 'sh').trim();
    const id = await run('long', 'echo ready; sleep 600');
    await place.when(id, ({ stream }) => read(stream).includes('ready'), 'the agent');
    const ours = (): number => daemon.docker('ps', '-aq', '--filter', 'label=coppice').trim().split('\n').length;
    await until(() => ours() === 1, 'the containers before it to be gone');
    assert.match(place.cli('clean').stdout, /^0 containers removed/);
    assert.equal(place.cli('nuke').code, 2, 'it asks first');
    assert.match(place.cli('nuke', '--force').stdout, /^1 container removed/);
    const gone = await place.ended(id);
    assert.deepEqual([gone.status, /^The agent went away/u.test(gone.error?.message ?? '')], ['failed', true]);
    assert.match(daemon.docker('ps', '-aq', '--no-trunc'), new RegExp(other));
    daemon.docker('rm', '-f', other);
    const { stdout } = place.cli('init', '--', '--network', 'host');
    assert.match(stdout, /^docker build --tag coppice-test:latest --network host .*media\/docker$/m);
  });

  it('say what is wrong: an agent that is not in the image, an image that is not there', async () => {
    const failed = await place.ended(await place.run('x', { executor: 'docker', agent: 'claude-code' }));
    assert.equal(failed.status, 'failed');
    assert.match(failed.error?.message ?? '', /not in the image coppice-test:latest: claude/);
    assert.match(failed.error?.next ?? '', /^Add it to the image, or set another one/u);
    const requester = { env: place.env, secrets: {}, settings: { COPPICE_EXECUTORS_DOCKER_IMAGE: 'no:image' } };
    await assert.rejects(place.run('y', { executor: 'docker', agent: 'boxed', requester }), {
      code: 'executor-missing',
      message: /^The image no:image is not there\./u,
      context: { image: 'no:image' },
    });
    const { checks } = await place.engine.request('doctor', { requester: { env: place.env, secrets: {} } });
    assert.ok(checks.some(({ name, ok, detail }) => name === 'executor docker' && ok && detail.startsWith('Docker')));
  });
});

function status(worktree: string | null): string {
  return execFileSync('git', ['status', '--porcelain'], { cwd: worktree ?? '', encoding: 'utf8' });
}

function read(path: string | undefined): string {
  return path !== undefined && existsSync(path) ? readFileSync(path, 'utf8') : '';
}
