/** The window never matters: engines end, windows reload, and nothing is lost; text of agents is only text. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seedSessions } from './support/seed.ts';
import { soon } from './support/waiting.ts';
import { workbench } from './support/workbench.ts';

describe('a window over an engine', function () {
  this.timeout(180_000);
  const code = workbench({ settings: { 'coppice.notifications.needsYou': 'always' } });

  before(async () => {
    await code.machine.coppice(['trust']);
    await code.window.open('Coppice');
  });

  async function enginePid(): Promise<number> {
    const home = code.machine.env['COPPICE_HOME'] ?? '';
    const { pid } = JSON.parse(await readFile(join(home, 'engine.json'), 'utf8')) as { pid: number };
    return pid;
  }

  it('shows what was started in the shell within a second or two', async () => {
    await code.machine.json('session', 'start', '--agent', 'demo', 'Tell the tides #slow:120');
    await code.window
      .view('Sessions')
      .row(/Tell the tides/)
      .waitFor();
    await code.window.statusBar.item('1 running').waitFor();
  });

  it('loses no click when the engine is killed under it', async () => {
    const { window } = code;
    const before = await enginePid();
    process.kill(before, 'SIGKILL');
    await window.view('Sessions').inline(/Tell the tides/, 'Stop Session');
    await soon(async () => (await code.machine.sessions())[0]?.status === 'cancelled', 'a stopped session', 40_000);
    assert.notEqual(await enginePid(), before);
    assert.deepEqual(await window.notifications.texts(), []);
  });

  it('goes on in mid-run after a reload, and in a second window', async () => {
    await code.machine.json('session', 'start', '--agent', 'demo', 'Ask first #ask:NOTES.md');
    await code.window
      .view('Needs you')
      .row(/NOTES\.md/)
      .first()
      .waitFor();
    await code.window.reload('lost');
    await code.window
      .view('Needs you')
      .row(/NOTES\.md/)
      .first()
      .waitFor();
    const second = await code.open(code.machine.repo);
    await second.open('Coppice');
    await second.view('Needs you').inline(/Edit NOTES\.md/, 'Allow Request');
    await soon(async () => (await code.window.badge('Coppice')) === '', 'no decision in the first window');
    await second.close();
  });

  it('shows text of agents as text', async () => {
    const title = '\u001B[31m<b>bold</b>\u202Eevil [x](command:workbench.action.quit) $(error)';
    await code.machine.json('session', 'start', '--agent', 'demo', `${title} #question`);
    const row = code.window.view('Sessions').row(/bold/);
    await row.waitFor();
    const text = await row.innerText();
    assert.ok(text.includes('<b>bold</b>evil'), text);
    // The message of an earlier decision stays for a while, and this one comes after it.
    const { notifications } = code.window;
    const toast = notifications.toast(/bold/).first();
    await soon(async () => (await toast.isVisible()) || notifications.clear().then(() => false), 'a notification');
    assert.equal(await toast.locator('.notification-list-item-message a').count(), 0, 'a link that an agent wrote');
    assert.match(await toast.innerText(), /<b>bold<\/b>evil \[x\] \(command:/u);
    const { statusBar } = code.window;
    await soon(
      async () => (await statusBar.tooltip(statusBar.ours.first())).includes('<b>bold</b>'),
      'the text as text in the tooltip',
    );
    await code.window.screenshot('steady-hostile');
  });
});

describe('a window over many sessions', function () {
  this.timeout(180_000);
  const code = workbench({ prepare: async (machine) => seedSessions(machine, 200) });

  it('is drawn, and looks right', async () => {
    const { window } = code;
    await code.machine.coppice(['trust']);
    await window.open('Coppice');
    await window.view('Sessions').rows.nth(15).waitFor();
    await code.machine.json('session', 'start', '--agent', 'demo', 'Ask for a file #ask:NOTES.md');
    await code.machine.json('session', 'start', '--agent', 'demo', 'Which harbour? #question');
    await code.machine.json('session', 'start', '--agent', 'demo', 'Print a list of harbours #slow:60');
    await window
      .view('Needs you')
      .row(/Which|harbour/i)
      .first()
      .waitFor();
    for (const theme of ['light', 'dark', 'high-contrast', 'high-contrast-light'] as const) {
      await window.theme(theme);
      await window.screenshot(`many-${theme}`);
    }
    await window.theme('dark');
    await window.resize({ width: 400, height: 800 });
    await window.screenshot('many-narrow');
    await window.resize({ width: 1600, height: 1000 });
    await window.screenshot('many-wide');
  });
});
