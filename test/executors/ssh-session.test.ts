import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Place } from './place.ts';
import { Sshd } from './sshd.ts';
import { until } from './subject.ts';

/** An agent of the user's own, as it could be on any host: it does what a line of its prompt says, and answers in words. */
const agent = [
  'cat > "$HOME/prompt-$COPPICE_RUN"; echo "in $(pwd) on $(git branch --show-current)"; . "$HOME/script"; echo "done"',
];

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
    place = new Place({
      config: { agents: { custom: { remote: { command: ['/bin/sh', '-c', ...agent] } } } },
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

  it('have a shell there, and leave nothing there when they are archived', async () => {
    does('echo done');
    const id = await run('nothing much');
    await place.ended(id);
    const { command } = await place.engine.request('session/terminal', { session: id });
    assert.deepEqual(command.slice(0, 4), ['ssh', '-t', '--', 'there']);
    assert.ok(existsSync(there(id)));
    await place.engine.request('session/archive', { session: id });
    await until(() => !existsSync(there(id)), 'its folder there to be gone');
  });
});

function read(path: string | undefined): string {
  return path !== undefined && existsSync(path) ? readFileSync(path, 'utf8') : '';
}
