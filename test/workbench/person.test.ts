/** The daily loop as a person has it, with the mouse and then with nothing but the keyboard. */
import assert from 'node:assert/strict';
import { answerInNeedsYou, askForChoices, runDemo, statusOf, stop, trustRepository } from './support/person.ts';
import { soon, until } from './support/waiting.ts';
import { workbench } from './support/workbench.ts';

describe('a day with Coppice, by mouse', function () {
  this.timeout(180_000);
  const code = workbench();
  const status = async () => statusOf(code.machine);

  it('begins with the walkthrough, from which the demo is run', async () => {
    const { window } = code;
    await trustRepository(window);
    await window.run('Coppice: Open Walkthrough');
    const walkthrough = window.page.locator('.gettingStartedContainer:visible');
    const run = walkthrough.locator('.monaco-button:visible', { hasText: 'Run the Demo' });
    const step = walkthrough.getByRole('button', { name: /demo/i }).first();
    await until(async () => step.click({ timeout: 5000 }), run, 'the button of the step');
    await run.click();
    await window
      .view('Needs You')
      .row(/DEMO\.md/)
      .first()
      .waitFor();
    await window
      .view('Sessions')
      .row(/Write a line/)
      .waitFor();
  });

  it('answers a permission in Needs You', async () => {
    const { window } = code;
    await soon(async () => (await window.badge('Coppice')) === '1', 'a badge with 1');
    await answerInNeedsYou(window, /DEMO\.md/, 'Allow');
    await soon(async () => (await status()) === 'reported', 'a session that has reported');
    await soon(async () => (await window.badge('Coppice')) === '', 'no badge');
  });

  it('reads the conversation and sends a follow-up', async () => {
    const { window } = code;
    const reported = 'main:has-text("Reported")';
    await window.view('Sessions').open(/Write a line/, async () => window.shows(reported), 'the panel of the session');
    const panel = await window.webview(reported);
    await panel.locator('textarea').fill('Now wait a while #slow:600');
    await panel.getByRole('button', { name: /^Send/ }).click();
    await soon(async () => (await status()) === 'running', 'a session that runs again');
    await (await window.webview('main:has-text("Now wait a while")')).locator('main').waitFor();
  });

  it('reloads the window in mid-run: nothing is lost, and the panel is back', async () => {
    const { window } = code;
    await window.reload();
    await window.open('Coppice');
    await window
      .view('Sessions')
      .row(/Write a line/)
      .first()
      .waitFor();
    await window.webview('main:has-text("Running")');
    assert.equal(await status(), 'running');
  });

  it('shows the same in a second window, where the session is stopped', async () => {
    const second = await code.open(code.machine.repo);
    await second.open('Coppice');
    await second
      .view('Sessions')
      .row(/Write a line/)
      .first()
      .waitFor();
    await stop(second, status);
    await second.close();
    await soon(
      async () => (await code.window.view('Sessions').texts()).some((text) => /Write a line/.test(text)),
      'its row',
    );
  });
});

describe('a day with Coppice, by keyboard', function () {
  this.timeout(180_000);
  const code = workbench();
  const status = async () => statusOf(code.machine);

  it('runs the demo and answers it', async () => {
    const { window } = code;
    await code.machine.coppice(['trust']);
    await runDemo(window);
    await askForChoices(window, 'Allow');
    await window.press('Enter');
    await soon(async () => (await status()) === 'reported', 'a session that has reported');
  });

  it('opens the session from the tree and sends a follow-up', async () => {
    const { window } = code;
    const sessions = window.view('Sessions');
    const panel = await soon(async () => {
      await sessions.reach(/Write a line/, () => window.runByKeyboard('Coppice: Focus on Sessions View'));
      await window.press('Enter');
      return window.webview('main:has-text("Reported")', 10_000).catch(() => undefined);
    }, 'a panel of the session');
    await soon(async () => {
      if (await panel.locator('textarea:focus').isVisible()) return true;
      await window.press('F6');
      return false;
    }, 'the keyboard in the prompt box');
    await window.type('Once more #slow:600');
    await window.press('Enter');
    await soon(async () => (await status()) === 'running', 'a session that runs again');
  });

  it('interrupts and stops it', async () => {
    const { window } = code;
    await stop(window, status);
  });
});
