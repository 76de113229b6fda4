/** The session panel in the real VS Code, on a real engine with the demo agent. */
import assert from 'node:assert/strict';
import type { Frame } from 'playwright-core';
import { violationsIn } from './support/axe.ts';
import { isVisible, soon } from './support/waiting.ts';
import { workbench } from './support/workbench.ts';

describe('the session panel in VS Code', function () {
  this.timeout(180_000);
  const code = workbench();
  let panel: Frame;

  async function shown(): Promise<Frame> {
    return code.window.webview('main header', 40_000);
  }

  async function status(expected: string): Promise<void> {
    await soon(async () => (await code.machine.sessions())[0]?.status === expected, `status ${expected}`);
  }

  it('opens from the tree and shows the conversation', async () => {
    const { machine, window } = code;
    await machine.coppice(['trust']);
    await machine.json('session', 'start', 'Write it down #ask:PANEL.md', '--agent', 'demo');
    await window.open('Coppice');
    const row = window.view('Sessions').row(/Write it down/);
    await row.waitFor();
    await window.view('Sessions').open(/Write it down/, async () => window.shows('main header'), 'a panel');
    panel = await shown();
    await panel.getByRole('heading', { level: 1 }).getByText('Write it down').waitFor();
    await panel.getByRole('article').getByText('Write it down #ask:PANEL.md').waitFor();
    await panel.getByRole('button', { name: 'Allow' }).waitFor();
    await window.screenshot('panel-decision');
  });

  it('takes an answer', async () => {
    await panel.getByRole('button', { name: 'Allow' }).click();
    await panel.locator('header').getByText('Reported done').waitFor();
    await panel.getByText('I changed PANEL.md').first().waitFor();
    await status('reported');
    await panel.getByRole('button', { name: '1 file changed' }).waitFor();
    await code.window.screenshot('panel-reported');
  });

  for (const theme of ['dark', 'high-contrast', 'high-contrast-light', 'light'] as const) {
    it(`has nothing that axe objects to in VS Code: ${theme}`, async () => {
      await code.window.theme(theme);
      await panel.locator(`body[data-vscode-theme-kind="vscode-${theme}"]`).waitFor();
      assert.deepEqual(await violationsIn(panel), []);
    });
  }

  it('shows what a file was and is', async () => {
    const { window } = code;
    await panel.getByRole('button', { name: '1 file changed' }).click();
    await panel.getByRole('button', { name: /^PANEL\.md/ }).click();
    await window.page.locator('.tab', { hasText: 'PANEL.md (since the base)' }).waitFor();
    await window.page.locator('.monaco-diff-editor').waitFor();
    await window.screenshot('panel-diff');
    await window.press('Control+W');
    panel = await shown();
  });

  it('leads from the changed files into the Review view, where they can land', async () => {
    const { window } = code;
    await panel.getByRole('button', { name: 'Review all' }).click();
    await window
      .view('Review')
      .row(/PANEL\.md/)
      .first()
      .waitFor();
    await window.tab(/Changes of Write it down/).waitFor();
    await window.run('View: Close Editor');
    panel = await shown();
  });

  it('asks for the trust that a prompt needs, and keeps the prompt where the question is left', async () => {
    const { window, machine } = code;
    await machine.coppice(['trust', '--revoke']);
    const box = panel.getByRole('textbox', { name: 'Prompt' });
    await box.fill('Say it once more');
    await box.press('Enter');
    await window.dialog.getByText(/git, agents and the set-up commands/).waitFor();
    await window.press('Escape');
    await panel.getByRole('form', { name: 'Prompt' }).getByText('Not sent: it needs your yes.').waitFor();
    await window.screenshot('panel-unsent');
    assert.equal(await box.inputValue(), 'Say it once more');
    assert.equal((await machine.sessions())[0]?.status, 'reported');
    await box.press('Enter');
    await window.dialog.getByRole('button', { name: 'Trust', exact: true }).click();
    await panel.getByRole('article').getByText('Say it once more').first().waitFor();
    await soon(async () => (await box.inputValue()) === '', 'an empty box');
    await soon(async () => (await panel.getByText('The turn ended').count()) === 2, 'the end of a second turn');
    await status('reported');
  });

  it('takes a prompt, and stops the turn that it began', async () => {
    const box = panel.getByRole('textbox', { name: 'Prompt' });
    await box.fill('And now take your time #slow:60');
    await box.press('Enter');
    await panel.getByText('word 3 of').waitFor();
    await panel.getByRole('button', { name: 'Stop this turn' }).click();
    await panel.locator('header').getByText('Interrupted').waitFor();
    await status('interrupted');
  });

  it('is there again after the window was reloaded in mid-run, and goes on', async () => {
    const box = panel.getByRole('textbox', { name: 'Prompt' });
    await box.fill('Once more #slow:20');
    await box.press('Enter');
    await panel.getByText('word 3 of 80').waitFor();
    await box.fill('half a thought');
    await code.window.page.waitForTimeout(600); // kept a moment after it was written
    await code.window.reload();
    panel = await shown();
    await panel.getByText('word 80 of 80').waitFor({ timeout: 60_000 });
    assert.equal(await panel.getByRole('textbox', { name: 'Prompt' }).inputValue(), 'half a thought');
    await panel.locator('header').getByText('Reported done').waitFor({ timeout: 60_000 });
    await code.window.screenshot('panel-reloaded');
  });

  it('is opened by a link, and a link that names no session says so', async () => {
    const { window } = code;
    const id = (await code.machine.sessions())[0]?.id ?? '';
    await window.run('View: Close All Editors');
    await soon(() => panel.isDetached(), 'no panel');
    await follow(`vscode://coppice.coppice/session/${id}`);
    await (await shown()).getByRole('heading', { level: 1 }).getByText('Write it down').waitFor();
    await follow('vscode://coppice.coppice/session/none');
    await window.notifications.toast('This link names no session: /session/none').waitFor();
  });

  /** Follows a link as VS Code does when the system hands one to it: it asks first. */
  async function follow(link: string): Promise<void> {
    const { window } = code;
    const open = window.dialog.getByRole('button', { name: 'Open' });
    await soon(
      async () => {
        if (await open.isVisible()) return true;
        await window.run('Developer: Open URL');
        // Whatever else takes the keyboard meanwhile closes the box.
        await window.quickInput.submit(link).catch(() => undefined);
        return isVisible(open, 15_000);
      },
      `a question about ${link}`,
      100_000,
    );
    await open.click();
  }
});
