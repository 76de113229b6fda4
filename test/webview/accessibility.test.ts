import assert from 'node:assert/strict';
import { atRest, becomes } from './support/becomes.ts';
import { FakeExtension, working } from './support/fake-extension.ts';
import { violations } from './support/violations.ts';
import { PanelBrowser, themes } from './support/panel-page.ts';
import * as scenes from './support/scenes.ts';

describe('the accessibility of the session panel', () => {
  let browser: PanelBrowser;
  before(async () => (browser = await PanelBrowser.start()));
  after(() => browser.close());

  for (const theme of themes) {
    it(`has nothing that axe objects to: ${theme}`, async () => {
      const panel = await browser.open({ theme, extension: new FakeExtension(working({ status: 'needs-you' })) });
      const { page, extension } = panel;
      await extension.say(scenes.conversation());
      await extension.wire.notify('files', scenes.files);
      await page.getByRole('button', { name: '3 files changed' }).click();
      assert.deepEqual(await violations(panel), [], 'the end');
      await page.locator('.viewport').evaluate((list) => (list.scrollTop = 0));
      await atRest(page);
      for (const name of ['Thinking', 'Edit', 'npm test']) {
        await page.locator('[data-fold]', { hasText: name }).first().click();
      }
      assert.deepEqual(await violations(panel), [], 'unfolded');
      for (const need of [scenes.permission, scenes.question, scenes.plan, scenes.credential]) {
        await extension.wire.notify('needs', [need]);
        await page.locator('.decision h2').waitFor();
        assert.deepEqual(await violations(panel), [], need.kind);
      }
      assert.deepEqual(panel.problems, []);
      await panel.close();
    });
  }

  it('can be used with the keyboard alone', async () => {
    const panel = await browser.open({ extension: new FakeExtension(working({ status: 'needs-you' })) });
    const { page, extension } = panel;
    await extension.say(scenes.conversation());
    await extension.wire.notify('files', scenes.files);
    await extension.wire.notify('needs', [scenes.permission]);
    await page.getByRole('button', { name: 'Allow' }).waitFor();
    const at = (): Promise<string> =>
      page.evaluate(() => document.activeElement?.closest<HTMLElement>('[data-region]')?.dataset['region'] ?? '');
    await page.getByRole('textbox', { name: 'Prompt' }).focus();
    for (const region of ['files', 'decision', 'conversation', 'header']) {
      await page.keyboard.press('Shift+F6');
      await becomes(at, region);
    }
    await page.keyboard.press('F6');
    await becomes(at, 'conversation');
    const label = (): Promise<string | null | undefined> =>
      page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
    await page.keyboard.press('End');
    await becomes(label, /Tool Bash, running: npm test/);
    await page.keyboard.press('ArrowUp');
    await becomes(label, /Tool Write, done/);
    await page.keyboard.press('Enter');
    await page.getByRole('group', { name: 'Details of Write' }).waitFor();
    await page.keyboard.press('ArrowLeft');
    await page.getByRole('group', { name: 'Details of Write' }).waitFor({ state: 'detached' });
    await page.keyboard.press('Home');
    await becomes(label, 'Turn 1');
    await page.keyboard.press('Escape');
    await becomes(at, 'prompt');
    await panel.close();
  });

  it('says a new status and a decision once, and nothing of the conversation', async () => {
    const panel = await browser.open({ extension: new FakeExtension(working()) });
    const { page, extension } = panel;
    await page.getByRole('feed').waitFor();
    const said = page.locator('[aria-live]');
    await extension.say(scenes.conversation());
    await page.getByText('attempts configurable').waitFor();
    assert.equal(await said.innerText(), '');
    await extension.wire.notify('needs', [scenes.permission]);
    await page.getByRole('button', { name: 'Allow' }).waitFor();
    await becomes(() => said.innerText(), /A decision waits for you: Bash: npm install p-retry/);
    await extension.become(working({ status: 'failed', evidence: 'It broke.' }));
    await page.locator('header').getByText('It broke.').waitFor();
    await becomes(() => said.innerText(), /Status: Failed\. It broke\./);
    await panel.close();
  });

  it('moves nothing for those who want no motion', async () => {
    const panel = await browser.open({ extension: new FakeExtension(working()), reducedMotion: true });
    await panel.page.locator('.icon.spin').first().waitFor();
    const name = await panel.page
      .locator('.icon.spin')
      .first()
      .evaluate((each) => getComputedStyle(each).animationName);
    assert.equal(name, 'none');
    await panel.close();
  });
});
