import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunSpec, TerminalPlace } from '../../src/executors/executor.ts';
import { TmuxServer } from '../../src/executors/tmux/server.ts';
import { TmuxExecutor } from '../../src/executors/tmux/tmux-executor.ts';
import { conforms } from './conformance.ts';
import { alive, folder, kill, wrapperPath } from './host.ts';
import { Bench, texts, until, type Subject } from './subject.ts';

interface TmuxSubject extends Subject {
  readonly executor: TmuxExecutor;
  readonly server: TmuxServer;
  tmux(...args: string[]): string;
  readonly socket: string;
}

async function open(env: Record<string, string> = {}): Promise<TmuxSubject> {
  const { home, remove } = await folder();
  const socket = 's';
  const environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    TMUX_TMPDIR: home,
    TERM: 'xterm-256color',
    ...env,
  };
  const server = new TmuxServer({ socket, env: environment });
  const view = (session: string): readonly string[] => [
    'sh',
    '-c',
    'echo "I show $1"; exec sleep 600',
    'view',
    session,
  ];
  const make = (): TmuxExecutor => new TmuxExecutor({ wrapperPath, server, view });
  const tmux = (...args: string[]): string =>
    execFileSync('tmux', ['-L', socket, ...args], {
      env: environment,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  return {
    ...{ executor: make(), another: () => Promise.resolve(make()), server, socket, tmux },
    ...{ home, cwd: home, alive, kill },
    async dispose() {
      try {
        tmux('kill-server');
      } catch {
        // none was started, or it has ended with its last window
      }
      await remove();
    },
  };
}

conforms('tmux', open);

describe('windows of the tmux executor', function () {
  this.timeout(240_000);
  let subject: TmuxSubject;
  beforeEach(async () => (subject = await open()));
  afterEach(() => subject.dispose());

  const label = (mode: string): NonNullable<RunSpec['label']> => ({
    task: 'coppice.fix-it.1234567',
    mode,
    agent: 'claude',
  });
  const place = (session: string, mode = 'dispatch'): TerminalPlace => ({
    session,
    cwd: subject.home,
    label: label(mode),
  });

  it('are named by task and mode, show the session in its folder, and are found by the next engine', async () => {
    const bench = new Bench(subject);
    const spec = bench.spec('echo ready; exec sleep 600', { label: label('dispatch') });
    await bench.start(spec);
    const [window, ...more] = await subject.server.windows();
    assert.ok(window !== undefined && more.length === 0);
    assert.deepEqual(
      { name: window.name, group: window.group, cwd: window.cwd },
      { name: 'coppice_fix-it_1234567-dispatch', group: 'coppice', cwd: subject.home },
    );
    await until(
      () => subject.tmux('capture-pane', '-p', '-t', window.id).includes(`I show ${spec.session}`),
      'the view',
    );
    const named = subject.tmux('display-message', '-p', '-t', `coppice:${window.name}`, '#{window_id}').trim();
    assert.equal(named, window.id, 'a person can address it by its name');
    const other = await subject.another();
    const { command } = await other.terminal(place(spec.session));
    assert.deepEqual(command, ['tmux', '-L', 's', 'attach-session', '-t', window.id]);
    assert.equal((await subject.server.windows()).length, 1, 'attaching opens no second window');
    await bench.dispose();
    assert.deepEqual(await subject.server.windows(), [], 'what nobody wants any more is closed');
  });

  it('are left alone by an engine of another data directory that shares their server', async () => {
    const { server, home } = subject;
    const of = (name: string): TmuxExecutor =>
      new TmuxExecutor({ wrapperPath, server, view: (id) => ['sh', '-c', 'exec sleep 600', join(home, name), id] });
    const [one, other] = [of('one'), of('other')];
    const [mine, theirs] = [randomUUID(), randomUUID()];
    await Promise.all([one.show([place(mine)]), other.show([place(theirs)])]);
    const sessions = async (): Promise<string[]> =>
      (await server.windows()).map(({ command }) => (command.includes(mine) ? 'mine' : 'theirs')).sort();
    assert.deepEqual(await sessions(), ['mine', 'theirs']);
    await other.forget(theirs);
    assert.deepEqual(await sessions(), ['mine']);
    await one.terminal(place(mine));
    assert.deepEqual(await sessions(), ['mine']);
  });

  it('of an interactive session are a tmux session of their own', async () => {
    await subject.executor.terminal(place(randomUUID(), 'interactive'));
    const [window] = await subject.server.windows();
    assert.match(window?.group ?? '', /^claude-coppice_fix-it_1234567-\d{13}$/);
  });

  it('are opened by a single call of tmux, however many there are', async () => {
    const sessions = Array.from({ length: 20 }, () => randomUUID());
    await subject.executor.show(sessions.map((session) => place(session)));
    const windows = await subject.server.windows();
    assert.deepEqual(
      windows.map(({ command }) => sessions.findIndex((session) => command.includes(session))),
      sessions.map((_each, index) => index),
    );
    await subject.executor.show(sessions.map((session) => place(session)));
    assert.equal((await subject.server.windows()).length, 20);
  });

  it('are gone with a server that is killed; the agent works on, and attaching opens another one', async () => {
    const bench = new Bench(subject);
    const spec = bench.spec('echo ready; while read -r l; do echo "got $l"; done', {
      duplex: true,
      label: label('dispatch'),
    });
    await bench.start(spec);
    const { lines, end } = bench.follow(spec);
    process.kill(Number(subject.tmux('display-message', '-p', '#{pid}')), 'SIGKILL');
    await until(async () => (await subject.server.windows()).length === 0, 'the end of the server');
    await bench.executor.write(spec, 1, 'one\n');
    await until(() => lines.length === 2, 'the answer');
    assert.deepEqual(texts(lines), ['ready', 'got one']);
    const { lost } = await subject.executor.terminal(place(spec.session));
    assert.match(
      lost?.message ?? '',
      /^The tmux window is not there any more, or could not be shown in this terminal: its last line says why\./u,
    );
    assert.equal((await subject.server.windows()).length, 1);
    await bench.executor.close(spec);
    await end;
    await bench.dispose();
  });

  it('keep words that tmux would take for its own', async () => {
    const cwd = join(subject.home, 'a b;');
    execFileSync('mkdir', [cwd]);
    await subject.server.open([{ name: 'x', group: 'g', cwd, command: ['sh', '-c', 'pwd; exec sleep 600;', 'last;'] }]);
    const [window] = await subject.server.windows();
    assert.ok(window !== undefined);
    assert.equal(window.cwd, cwd);
    await until(() => subject.tmux('capture-pane', '-p', '-t', window.id).includes('a b;'), 'its output');
  });

  it('are opened in their folder, whatever its name is, and nothing in it is run', async () => {
    const names = [
      'C#Sharp',
      'a##b',
      '#{pid}',
      '#(cd; touch ran)',
      '##[fg=red]',
      "%Y 'q' \"",
      'c:d;e,f',
      'ü日本',
      'x\n@y',
    ];
    const windows = names.map((name, index) => {
      const cwd = join(subject.home, `${index}`, name);
      mkdirSync(cwd, { recursive: true });
      return { name: index === 2 ? name : `w${index}`, group: index % 2 === 0 ? 'g' : `#{pid}${index}`, cwd };
    });
    await subject.server.open(
      windows.map((each) => ({ ...each, command: ['sh', '-c', 'pwd > ../at; exec sleep 600'] })),
    );
    const there = await subject.server.windows();
    const byFolder = (a: { cwd: string }, b: { cwd: string }): number => (a.cwd < b.cwd ? -1 : 1);
    assert.deepEqual(
      there.map(({ name, group, cwd }) => ({ name, group, cwd })).sort(byFolder),
      [...windows].sort(byFolder),
    );
    for (const [index, { cwd }] of windows.entries()) {
      const at = join(subject.home, `${index}`, 'at');
      await until(() => existsSync(at) && readFileSync(at, 'utf8') === `${cwd}\n`, `a shell in ${cwd}`);
    }
    assert.equal(existsSync(join(subject.home, 'ran')), false, 'a part of a name was run');
    await subject.server.close(there.map(({ id }) => id));
    assert.deepEqual(await subject.server.windows(), []);
  });

  it('cannot be had without tmux, which is said before anything runs', async () => {
    const without = await open({ PATH: '/nowhere' });
    const bench = new Bench(without);
    const spec = bench.spec('echo ready', { label: label('dispatch') });
    await assert.rejects(bench.start(spec), { code: 'executor-missing', message: /tmux was not found/ });
    assert.deepEqual(await without.executor.probe(spec), { state: 'not-started' });
    await without.dispose();
  });
});
