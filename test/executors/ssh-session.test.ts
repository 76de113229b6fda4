import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alive } from './host.ts';
import { Place } from './place.ts';
import { Sshd } from './sshd.ts';
import { until } from './subject.ts';

/** An agent of the user's own, as it could be on any host: it does what a line of its prompt says, and answers in words. */
const agent = [
  'cat > "$HOME/prompt-$COPPICE_RUN"; echo "in $(pwd) on $(git branch --show-current)"; . "$HOME/script"; echo "done"',
];

const scripted = fileURLToPath(new URL('../support/acp-agent/agent.mjs', import.meta.url));
const settings = {
  stop: { graceSeconds: 2 },
  agents: {
    custom: {
      remote: { command: ['/bin/sh', '-c', ...agent] },
      talker: { command: ['node', 'agent.mjs'], output: 'acp' },
      dier: { command: ['sh', '-c', 'cat >/dev/null; echo trying; kill -9 $$'] },
    },
  },
};

describe('sessions on another host', function () {
  this.timeout(240_000);
  let sshd: Sshd;
  let place: Place;
  before(async () => {
    sshd = await Sshd.open();
    const config = join(sshd.root, 'ssh_config');
    const lines = [
      'Host there',
      '  HostName 127.0.0.1',
      `  Port ${sshd.port}`,
      `  IdentityFile ${sshd.clientKey}`,
      `  UserKnownHostsFile ${sshd.knownHosts}`,
      '  IdentityAgent none',
    ];
    writeFileSync(config, `${lines.join('\n')}\n`);
    // ssh takes the home of the account and not of the environment: only so it reads another configuration.
    const bin = join(sshd.root, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'ssh'), `#!/bin/sh\nexec /usr/bin/ssh -F ${config} "$@"\n`, { mode: 0o755 });
    writeFileSync(join(sshd.home, '.profile'), `PATH=${dirname(process.execPath)}:$PATH\n`);
    place = new Place({
      config: settings,
      carries: true,
      env: () => ({ PATH: `${bin}:${process.env['PATH'] ?? ''}` }),
    });
    await place.start();
  });
  after(async () => {
    await place.remove();
    await sshd.dispose();
  });

  const there = (session: string): string => join(sshd.home, '.coppice/remote/sessions', session);
  /** What the agent does next. */
  const does = (...lines: readonly string[]): void => writeFileSync(join(sshd.home, 'script'), `${lines.join('\n')}\n`);
  const run = (prompt: string): Promise<string> => place.run(prompt, { executor: 'ssh:there', agent: 'remote' });
  /** Has the talker in the repository. */
  const withTalker = (): void => {
    if (existsSync(join(place.repository, 'agent.mjs'))) return;
    place.commit('an agent', { 'agent.mjs': readFileSync(scripted, 'utf8') });
  };
  /** What sets worktrees up from now on. */
  const setUp = (limit: number, ...lines: readonly string[]): void => {
    const worktrees = { setup: lines.map((line) => ['sh', '-c', line]), scriptTimeoutSeconds: limit };
    writeFileSync(join(place.home, 'config.yaml'), JSON.stringify({ ...settings, worktrees }));
  };

  it('work in a tree of their own there, and come home as a branch: files, commits, modes, links and what was deleted', async () => {
    does(
      'echo new > new.txt; mkdir -p deep/er; echo deep > "deep/er/ü 🌳.txt"; printf "#!/bin/sh\\n" > run.sh; chmod +x run.sh',
      'ln -s new.txt link; git rm -q README.md; echo secret > ignored.log; echo "*.log" > .gitignore',
      'git add new.txt; git -c user.name=agent -c user.email=agent@there commit -qm "mine, there"; echo more >> new.txt',
    );
    const ended = await place.ended(await run('make things'));
    assert.equal(ended.status, 'reported', JSON.stringify(ended));
    const { worktree, branch, id } = ended;
    assert.match(readFileSync(ended.stream, 'utf8'), new RegExp(`in .*/${id}/work on ${branch ?? ''}`));
    assert.deepEqual(place.changes(ended), {
      '.gitignore': '*.log\n',
      ...{ 'new.txt': 'new\nmore\n', 'run.sh': '#!/bin/sh\n', link: 'new.txt' },
      'deep/er/ü 🌳.txt': 'deep\n',
    });
    const tree = place.git('ls-tree', '-r', '-z', branch ?? '').split('\0');
    assert.ok(tree.some((line) => line.startsWith('100755') && line.endsWith('\trun.sh')));
    assert.ok(tree.some((line) => line.startsWith('120000') && line.endsWith('\tlink')));
    assert.ok(!tree.some((line) => line.endsWith('\tREADME.md')));
    assert.match(place.git('log', '--format=%s %an', branch ?? ''), /mine, there agent/);
    assert.equal(readFileSync(join(worktree ?? '', 'new.txt'), 'utf8'), 'new\nmore\n');
    assert.equal(existsSync(join(worktree ?? '', 'ignored.log')), false);
    assert.equal(execFileSync('git', ['status', '--porcelain'], { cwd: worktree ?? '', encoding: 'utf8' }), '');
    assert.equal(place.git('status', '--porcelain'), '');
    assert.equal(place.git('log', '--format=%s', 'main').trim(), 'first');
  });

  it('begin also from clones that lack objects: one borrows them, one never fetched old files', async () => {
    place.commit('older', { 'old.txt': 'before\n', 'dir/far.txt': 'far\n' });
    place.commit('newer', { 'old.txt': 'after\n' });
    place.git('config', 'uploadpack.allowFilter', 'true');
    const origin = `file://${place.repository}`;
    const clones = {
      shared: ['--shared', place.repository],
      partial: ['--filter=blob:none', origin],
      sparse: ['--filter=blob:none', '--sparse', origin],
    };
    does('cat old.txt dir/far.txt > both.txt; git log --format=%s | head -n 2; git status --short');
    for (const [name, args] of Object.entries(clones)) {
      const clone = join(place.root, name);
      place.git('clone', '-q', ...args, clone);
      await place.engine.request('trust/grant', { path: clone, host: true });
      const asked = { path: clone, executor: 'ssh:there', agent: 'remote' };
      const id = await place.run(`in a ${name} clone`, asked);
      const git = (...words: readonly string[]): string =>
        execFileSync('git', [...words], { cwd: clone, env: place.env, encoding: 'utf8' });
      if (name === 'sparse') {
        const { status, error } = await place.ended(id);
        assert.equal(status, 'failed');
        assert.match(error?.message ?? '', /: this partial clone never fetched all that is needed/u);
        assert.match(error?.next ?? '', /`git fetch --refetch --no-filter`/u);
        git('-c', 'maintenance.auto=false', 'fetch', '-q', '--refetch', '--no-filter');
        await place.continue(id, 'again');
      }
      const ended = await place.ended(id);
      assert.equal(ended.status, 'reported', JSON.stringify(ended));
      assert.match(readFileSync(ended.stream, 'utf8'), /\nnewer\nolder\n\?\? both\.txt\ndone\n$/u);
      assert.equal(git('show', `${ended.branch ?? ''}:both.txt`), 'after\nfar\n');
    }
  });

  it('begin with the ignored files that are wanted there, and set up there; neither comes home as work', async () => {
    setUp(120, 'cat .env > made.log; echo "$COPPICE_WORKTREE" >> made.log; echo "set up in $(pwd)"');
    writeFileSync(join(place.repository, '.git/info/exclude'), 'made.log\n.env\n');
    writeFileSync(join(place.repository, '.worktreeinclude'), '.env\n');
    writeFileSync(join(place.repository, '.env'), 'PORT=1\n');
    does('cat .env made.log > seen.txt; git status --porcelain | grep -v seen.txt');
    const id = await run('with all that it needs');
    const ended = await place.ended(id);
    assert.equal(ended.status, 'reported', JSON.stringify(ended));
    const work = join(realpathSync(sshd.home), '.coppice/remote/sessions', id, 'work');
    assert.deepEqual(place.changes(ended), { 'seen.txt': `PORT=1\nPORT=1\n${work}\n` });
    assert.match(readFileSync(ended.stream, 'utf8'), /^in .*\ndone\n$/u, 'git sees nothing of them there');
    assert.equal(readFileSync(join(place.home, 'sessions', id, 'setup.log'), 'utf8'), `set up in ${work}\n`);
    assert.equal(existsSync(join(ended.worktree ?? '', 'made.log')), false, 'nothing was set up here');
    rmSync(join(place.repository, '.worktreeinclude'));
  });

  it('do not begin when what sets them up fails or takes too long; nothing of it is left there', async () => {
    setUp(1, 'setsid sh -c "echo \\$\\$ > $HOME/child; exec sleep 600" & sleep 600');
    const late = await place.ended(await run('late'));
    assert.equal(late.status, 'failed');
    assert.match(late.error?.message ?? '', /did not end within 1 s/u);
    const child = join(sshd.home, 'child');
    if (existsSync(child)) assert.equal(await alive(Number(read(child))), false);
    setUp(120, 'echo no such thing; exit 3');
    const failed = await place.ended(await run('failing'));
    assert.match(failed.error?.message ?? '', /ended with code 3/u);
    assert.equal(failed.turns, 0);
    setUp(120);
    does('echo made > late.txt');
    await place.continue(failed.id, 'again');
    const again = await place.ended(failed.id);
    assert.deepEqual(
      [again.status, place.changes(again)],
      ['reported', { 'late.txt': 'made\n' }],
      JSON.stringify(again),
    );
  });

  it('go on from what a person changed here in the meantime', async () => {
    does('echo one > a.txt; echo keep > b.txt');
    const id = await run('first');
    const { worktree } = await place.ended(id);
    writeFileSync(join(worktree ?? '', 'a.txt'), 'by hand\n');
    does('cat a.txt b.txt > c.txt; rm b.txt');
    await place.continue(id, 'second');
    const ended = await place.when(id, ({ turns, status }) => turns === 2 && status === 'reported', 'its second turn');
    assert.deepEqual(place.changes(ended), { 'a.txt': 'by hand\n', 'c.txt': 'by hand\nkeep\n' });
  });

  it('never write over what a person changed here while the agent changed it there', async () => {
    does('echo theirs > shared.txt; echo ready; while [ ! -e "$HOME/go" ]; do sleep 0.05; done');
    const id = await run('meanwhile');
    const { worktree } = await place.when(id, ({ stream: path }) => read(path).includes('ready'), 'the agent at work');
    writeFileSync(join(worktree ?? '', 'shared.txt'), 'mine\n');
    writeFileSync(join(sshd.home, 'go'), '');
    const ended = await place.ended(id);
    assert.equal(ended.status, 'failed');
    assert.match(ended.error?.message ?? '', /Changed here while the agent changed it on the other host: shared\.txt/);
    assert.equal(readFileSync(join(worktree ?? '', 'shared.txt'), 'utf8'), 'mine\n');
    assert.equal(readFileSync(join(there(id), 'work/shared.txt'), 'utf8'), 'theirs\n');
  });

  it('keep there what could not come home: it comes before the next turn begins', async () => {
    does('echo theirs > shared.txt; echo new > new.txt; git add new.txt; git symbolic-ref HEAD refs/heads/gone');
    const id = await run('kept there');
    const failed = await place.ended(id);
    assert.equal(failed.status, 'failed', JSON.stringify(failed));
    assert.match(failed.error?.message ?? '', /tree-keep/u);
    assert.deepEqual(place.changes(failed), {});
    const git = (...args: readonly string[]): string =>
      execFileSync('git', [...args], { cwd: join(there(id), 'work'), encoding: 'utf8' });
    git('symbolic-ref', 'HEAD', `refs/heads/${failed.branch ?? ''}`);
    does('cat shared.txt new.txt > both.txt');
    await place.continue(id, 'go on');
    const ended = await place.when(id, ({ turns, status }) => turns === 2 && status === 'reported', 'its second turn');
    const home = { 'shared.txt': 'theirs\n', 'new.txt': 'new\n', 'both.txt': 'theirs\nnew\n' };
    assert.deepEqual(place.changes(ended), home, JSON.stringify(ended));
  });

  it('are answered while their host is away, also by a later engine: the answer arrives when it is back', async () => {
    withTalker();
    const ask = (name: string): Promise<string> =>
      place.run(`write ${name}`, { executor: 'ssh:there', agent: 'talker' });
    const ids = await Promise.all([ask('one.txt'), ask('two.txt')]);
    for (const id of ids) await place.when(id, ({ needs }) => needs.length > 0, 'it asks');
    await sshd.kill();
    for (const id of ids) {
      await place.engine.request('session/answer', { session: id, answer: { choice: 'allow' } });
      await place.when(id, ({ needs }) => needs.length === 0, 'the answer is taken');
    }
    let attempts = 0;
    const nobody = createServer((socket) => {
      attempts += 1;
      socket.destroy();
    }).listen(sshd.port, '127.0.0.1');
    // Their output is looked for as well.
    await until(() => attempts > 6, 'attempts in vain');
    await place.kill();
    await place.start();
    attempts = 0;
    await until(() => attempts > 6, 'attempts of the next engine');
    await new Promise((resolve) => nobody.close(resolve));
    await sshd.start();
    for (const id of ids) {
      const ended = await place.ended(id);
      assert.deepEqual([ended.status, ended.turns], ['reported', 1], JSON.stringify(ended));
      assert.match(ended.text ?? '', /selected yes/u);
    }
  });

  it('outlive their engine: killed in mid-turn, the next one reads on and brings the work home', async () => {
    does('for i in 1 2 3 4 5 6 7 8 9 10 11 12; do echo "step $i"; echo $i >> steps.txt; sleep 0.25; done');
    const id = await run('slowly');
    const { stream } = await place.when(id, ({ stream: path }) => read(path).includes('step 3'), 'its third step');
    await place.kill();
    await place.start();
    const ended = await place.ended(id);
    assert.equal(ended.status, 'reported', JSON.stringify(ended));
    const steps = read(stream)
      .split('\n')
      .filter((line) => line.startsWith('step'));
    assert.deepEqual(
      steps,
      Array.from({ length: 12 }, (_each, i) => `step ${i + 1}`),
    );
    assert.equal(place.changes(ended)['steps.txt'], Array.from({ length: 12 }, (_each, i) => `${i + 1}\n`).join(''));
  });

  it('go on when their host is away in mid-turn, which is told; it comes back, and the turn ends as any other', async () => {
    does('echo "step 1"; while [ ! -e "$HOME/back" ]; do sleep 0.1; done; echo "step 2"; echo end > end.txt');
    const id = await run('meanwhile');
    const { stream } = await place.when(id, ({ stream: path }) => read(path).includes('step 1'), 'its first step');
    await sshd.kill();
    writeFileSync(join(sshd.home, 'back'), '');
    const away = await place.engine.request('session/show', { session: id });
    assert.ok(['running', 'unknown'].includes(away.status), away.status);
    await sshd.start();
    const ended = await place.ended(id);
    assert.equal(ended.status, 'reported', JSON.stringify(ended));
    assert.deepEqual(place.changes(ended), { 'end.txt': 'end\n' });
    assert.match(read(stream), /^in .*\nstep 1\nstep 2\ndone\n$/u);
  });

  it('are an ACP agent there that asks and is answered; one that is killed goes on by itself, and then a person is asked', async () => {
    withTalker();
    const [id, lost, hopeless] = await Promise.all([
      place.run('write made.txt', { executor: 'ssh:there', agent: 'talker' }),
      place.run('help Which one?', { executor: 'ssh:there', agent: 'talker' }),
      place.run('try', { executor: 'ssh:there', agent: 'dier' }),
    ]);
    await place.when(id, ({ needs }) => needs.length > 0, 'it asks');
    await place.engine.request('session/answer', { session: id, answer: { choice: 'allow' } });
    const ended = await place.ended(id);
    assert.deepEqual([ended.status, ended.text], ['reported', 'made.txt: selected yes'], JSON.stringify(ended));
    assert.equal(place.changes(ended)['made.txt'], 'made\n');
    assert.equal(await place.helped(lost), 'Help: Which one?');
    const { needs, turns } = await place.when(hopeless, (each) => each.needs.length > 0, 'a person is asked');
    assert.deepEqual([needs[0]?.kind, turns], ['decision', 4]);
    await place.engine.request('session/answer', { session: hopeless, answer: { choice: 'hand-over' } });
    assert.equal((await place.ended(hopeless)).status, 'interrupted');
  });

  it('say what is wrong: a host that nobody knows, an agent that is not there', async () => {
    const unknown = place.cli('run', '--executor', 'ssh:-oProxyCommand=evil', '--agent', 'remote', 'x');
    assert.equal(unknown.code, 3);
    assert.match(unknown.stderr, /There is no executor/);
    const claude = await place.ended(await place.run('x', { executor: 'ssh:there', agent: 'claude-code' }));
    assert.equal(claude.status, 'failed');
    assert.match(claude.error?.message ?? '', /was not found on there: claude/);
    const nowhere = await place.ended(await place.run('x', { executor: 'ssh:no-such-host.invalid', agent: 'remote' }));
    assert.equal(nowhere.status, 'failed');
    assert.match(nowhere.error?.message ?? '', /no-such-host\.invalid .*cannot be reached/);
  });

  it('have a shell there, which says what it means when its connection is cut; nothing is left there when they are archived', async () => {
    does('echo done');
    const id = await run('nothing much');
    await place.ended(id);
    const { command, lost } = await place.engine.request('session/terminal', { session: id });
    assert.deepEqual(command.slice(0, 6), ['ssh', '-t', '-o', 'ServerAliveInterval=15', '--', 'there']);
    const shell = spawn(command[0] ?? '', command.slice(1), { env: place.env, stdio: ['pipe', 'pipe', 'ignore'] });
    const code = new Promise((resolve) => shell.once('exit', resolve));
    try {
      let said = '';
      shell.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
      shell.stdin.write('echo "I am in $(pwd)"\n');
      await until(() => said.includes(`I am in ${realpathSync(there(id))}`), 'the shell there');
      sshd.cut();
      assert.equal(await code, lost?.code);
    } finally {
      shell.kill();
    }
    assert.match(lost?.message ?? '', /^The connection to there was lost\. What works there goes on/u);
    assert.match(lost?.next ?? '', /`ssh there` works, then open the terminal again/u);
    assert.ok(existsSync(there(id)));
    await place.engine.request('session/archive', { session: id });
    await until(() => !existsSync(there(id)), 'its folder there to be gone');
  });
});

function read(path: string | undefined): string {
  return path !== undefined && existsSync(path) ? readFileSync(path, 'utf8') : '';
}
