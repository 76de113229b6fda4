/** Where a session runs, as a person chooses it: what works here is offered, the rest says what it needs; a terminal leads there. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Elsewhere } from './support/elsewhere.ts';
import { isVisible, soon, until } from './support/waiting.ts';
import { workbench } from './support/workbench.ts';

/** The first line that tmux prints; undefined without tmux. */
function tmux(env: NodeJS.ProcessEnv, ...args: readonly string[]): string | undefined {
  try {
    return execFileSync('tmux', [...args], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split(
      '\n',
    )[0];
  } catch {
    return undefined;
  }
}

describe('the place of a session', function () {
  this.timeout(180_000);
  const isThere = tmux(process.env, '-V') !== undefined;
  const executor = isThere ? 'tmux' : 'local';
  let elsewhere: Elsewhere | undefined;
  // Before the machine goes with its folder, in which the server's socket is.
  after(() => void server('kill-server'));
  const code = workbench({
    // What a terminal says is read from it; drawn by a graphics card it has no text.
    settings: { 'terminal.integrated.gpuAcceleration': 'off' },
    prepare: async (machine) => {
      machine.env['TMUX_TMPDIR'] = machine.root;
      // Programs of terminals are looked for on the PATH of the login shell.
      await writeFile(join(machine.env['HOME'] ?? '', '.profile'), 'PATH="$HOME/bin:$PATH"\n');
      await mkdir(machine.home, { recursive: true, mode: 0o700 });
      await writeFile(join(machine.home, 'config.yaml'), 'executors:\n  tmux:\n    socket: wb\n');
    },
  });
  // After the machine, which ends its sessions.
  after(async function () {
    this.timeout(120_000);
    await elsewhere?.dispose();
  });
  const server = (...args: readonly string[]): string | undefined => tmux(code.machine.env, '-L', 'wb', ...args);

  it('is chosen among those that work here; the others say what they need', async () => {
    const { window, machine } = code;
    await machine.coppice(['trust', '--host']);
    await window.open('Coppice');
    const { quickInput } = window;
    const row = (label: string) =>
      quickInput.items
        .filter({ has: window.page.locator('.label-name', { hasText: new RegExp(`^\\s*${label}\\s*$`) }) })
        .first();
    /** Takes a row of a step until the next step shows one of its own. */
    const take = (label: string, next: string): Promise<void> =>
      until(
        async () => row(label).click({ timeout: 5000 }),
        async () => row(next).isVisible(),
        `the step after ${label}`,
      );
    await soon(
      async () => {
        await window.run('Coppice: New Session…');
        // Whatever else takes the keyboard meanwhile closes the box.
        await quickInput.submit('Write a line, but #ask before').catch(() => undefined);
        return isVisible(row('demo'), 20_000);
      },
      'the agents that are there',
      100_000,
    );
    await take('demo', 'Executor…');
    await take('Executor…', 'Another Host over SSH…');
    await row('tmux').waitFor();
    const said = await row('tmux').innerText();
    assert.match(said, isThere ? /tmux \d/ : /Install tmux/);
    await window.screenshot('executors');
    await take(executor, 'Start');
    assert.match(await row('Start').innerText(), isThere ? /tmux/ : /own worktree/);
    await until(
      async () => row('Start').click({ timeout: 5000 }),
      async () => (await machine.sessions()).length > 0,
      'a session',
    );
    await soon(async () => (await machine.sessions())[0]?.status === 'needs-you', 'a question');
    assert.equal((await machine.sessions())[0]?.executor, executor);
    const drawn = window
      .view('Sessions')
      .row(/Write a line/)
      .first();
    await soon(async () => !isThere || /tmux/.test(await drawn.innerText()), 'the executor in its row');
  });

  it('is where its terminal leads', async () => {
    const { window } = code;
    const terminal = window.page.locator('.terminal-wrapper.active, .terminal .xterm').first();
    await until(
      async () => {
        await window.run('Coppice: Open Terminal in Worktree');
        const only = window.quickInput.items.filter({ hasText: /Write a line/ }).first();
        if (await isVisible(only, 5000)) await only.click({ timeout: 5000 });
        await isVisible(terminal, 5000);
      },
      async () => terminal.isVisible(),
      'a terminal',
    );
    if (isThere)
      await soon(
        () => Promise.resolve(server('list-clients') !== undefined && server('list-clients') !== ''),
        'somebody at its window of tmux',
      );
    await window.settled();
    await window.screenshot('executor-terminal');
  });

  it('is among the profiles of terminals', async () => {
    const { window } = code;
    const { quickInput } = window;
    const title = 'Create New Terminal (With Profile)';
    const command = quickInput.items.filter({ has: window.page.getByText(title, { exact: true }) }).first();
    const profile = quickInput.items.filter({ hasText: 'Coppice Session' }).first();
    // VS Code reads the profiles of extensions anew after its list was asked for.
    await soon(async () => {
      await window.press('Escape', 'F1');
      if (!(await isVisible(quickInput.box, 2000))) return false;
      await quickInput.box.fill(`>${title}`, { timeout: 5000 }).catch(() => undefined);
      if (!(await isVisible(command, 2000))) return false;
      await command.click({ timeout: 2000 }).catch(() => undefined);
      return isVisible(profile, 3000);
    }, 'a profile of Coppice');
    await profile.click();
    await quickInput.items
      .filter({ hasText: /Write a line/ })
      .first()
      .click();
    // There are two terminals of it then.
    const tabs = window.page.locator('.terminal-tabs-entry').filter({ hasText: /Write a line/ });
    await soon(async () => (await tabs.count()) === 2, 'a second terminal of the session');
    await window.screenshot('executor-profile');
  });

  it('is a container or another host, into which its terminal leads, and it says so, also when that is gone', async () => {
    const { window, machine } = code;
    elsewhere = await Elsewhere.open(machine);
    // Stays at work for as long as it is looked at.
    const command = ['sh', '-c', 'cat >/dev/null; echo ready; while :; do sleep 0.2; done'];
    const settings = { ...elsewhere.config, stop: { graceSeconds: 1 }, agents: { custom: { waiter: { command } } } };
    await machine.coppice(['engine', 'stop']);
    await writeFile(join(machine.home, 'config.yaml'), JSON.stringify(settings));
    const screen = window.page.locator('.terminal-wrapper.active .xterm-rows');
    const says = async (): Promise<string> => (await screen.allInnerTexts()).join('\n').replaceAll('\u00a0', ' ');
    for (const { executor: where, told, inside, outside, leave, gone } of elsewhere.places) {
      const prompt = `Away by ${where}`;
      await machine.json('session', 'start', '--executor', where, '--agent', 'waiter', prompt);
      const away = async () => (await machine.sessions()).find((each) => each.prompt === prompt);
      const session = await soon(async () => {
        const found = await away();
        return found?.status === 'running' && found;
      }, `a session at work on ${where}`);
      await window.view('Sessions').choose(prompt, 'Open Terminal in Worktree');
      await soon(async () => told.test(await says()), `a terminal that says where it is: ${String(told)}`);
      const file = join(outside(session), 'where.txt');
      const noted = async (): Promise<string> => (await readFile(file, 'utf8').catch(() => '')).trim();
      await until(
        async () => {
          await window.page.locator('.terminal-wrapper.active .xterm-helper-textarea').first().focus({ timeout: 5000 });
          await window.page.keyboard.type('pwd > where.txt; id; hostname');
          await window.press('Enter');
        },
        async () => inside.test(await noted()),
        `a shell on ${where}`,
      );
      await window.screenshot(`executor-${where.replace(':', '-')}`);
      await machine.coppice(['session', 'stop', session.id]);
      leave();
      await soon(async () => gone.test(await says()), `a terminal that says what became of it: ${String(gone)}`);
      await window.screenshot(`executor-${where.replace(':', '-')}-gone`);
    }
  });
});
