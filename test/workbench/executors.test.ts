/** Where a session runs, as a person chooses it: what works here is offered, the rest says what it needs; a terminal leads there. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
  // Before the machine goes with its folder, in which the server's socket is.
  after(() => void server('kill-server'));
  const code = workbench({
    prepare: async (machine) => {
      machine.env['TMUX_TMPDIR'] = machine.root;
      await mkdir(machine.home, { recursive: true, mode: 0o700 });
      await writeFile(join(machine.home, 'config.yaml'), 'executors:\n  tmux:\n    socket: wb\n');
    },
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
});
