import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { answersCount, mortal } from './cut-off.ts';
import { Place } from './place.ts';
import { until } from './subject.ts';

describe('sessions in tmux', function () {
  this.timeout(240_000);
  let place: Place;
  before(async () => {
    place = new Place({
      config: {
        executors: { tmux: { socket: 'try' } },
        limits: { running: 20 },
        agents: { custom: { mortal } },
      },
      env: (root) => ({ TMUX_TMPDIR: root }),
    });
    await place.start();
  });
  after(async () => {
    try {
      tmux('kill-server'); // before its socket goes with the folder
    } catch {
      // its last window has closed
    }
    await place.remove();
  });

  const tmux = (...args: string[]): string =>
    execFileSync('tmux', ['-L', 'try', ...args], {
      env: place.env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  it('are started from the shell, and watched, answered and continued in their window', async () => {
    const made = place.cli(
      'session',
      'start',
      '--executor',
      'tmux',
      '--agent',
      'demo',
      '--mode',
      'dispatch',
      '--json',
      'please #ask',
    );
    assert.equal(made.code, 0, made.stderr);
    const { id } = JSON.parse(made.stdout) as { id: string };
    const { executor, worktree, task } = await place.when(id, ({ status }) => status === 'needs-you', 'its question');
    assert.equal(executor, 'tmux');

    const terminal = await place.engine.request('session/terminal', { session: id });
    assert.deepEqual([terminal.command[0], terminal.cwd], ['tmux', worktree]);
    const window = terminal.command.at(-1) ?? '';
    const name = `coppice:${task.replaceAll('.', '_')}-dispatch`;
    assert.equal(tmux('display-message', '-p', '-t', window, '#{session_name}:#{window_name}'), `${name}\n`);
    const [byId, byName] = [window, name].map((at) => tmux('display-message', '-p', '-t', at, '#{window_id}'));
    assert.equal(byName, byId, 'a person can address it by its name, too');
    const screen = (): string => tmux('capture-pane', '-p', '-t', window);
    await until(() => /allow/i.test(screen()), 'the question in the window');
    tmux('send-keys', '-t', window, 'a', 'Enter');
    await place.ended(id);
    await until(() => screen().includes('Next prompt'), 'the invitation').catch((error: unknown) => {
      throw new Error(`The window shows:\n${screen()}`, { cause: error });
    });
    tmux('send-keys', '-l', '-t', window, 'write from the window');
    tmux('send-keys', '-t', window, 'Enter');
    const again = await place.when(id, ({ turns, status }) => turns === 2 && status === 'reported', 'the second turn');
    assert.equal(again.status, 'reported');

    await place.engine.request('session/archive', { session: id });
    await until(() => {
      try {
        return !tmux('list-panes', '-a', '-F', '#{pane_start_command}').includes(id);
      } catch {
        return true;
      }
    }, 'the window to be closed');
  });

  it('whose agent is ended again and again ask a person, and every answer counts', async () => {
    // Its windows go with it; nobody needs them for an answer.
    await answersCount(place, 'tmux', () => Promise.resolve(void tmux('kill-server')));
  });

  it('are seen by the doctor, and an executor that nobody knows is refused by name', async () => {
    const { checks } = await place.engine.request('doctor', { requester: { env: place.env, secrets: {} } });
    const found = checks.filter(({ name }) => name.startsWith('executor '));
    assert.ok(found.some(({ name, ok, detail }) => name === 'executor tmux' && ok && detail.startsWith('tmux 3')));
    const refused = place.cli('run', '--executor', 'moon', '--agent', 'demo', 'write');
    assert.equal(refused.code, 3);
    assert.match(refused.stderr, /There is no executor "moon"/);
  });
});
