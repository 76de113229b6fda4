/** The first quarter of an hour with Coppice, in native views, by keyboard and mouse. */
import assert from 'node:assert/strict';
import { askForChoices, startSession, statusOf } from './support/person.ts';
import { isHidden, soon, until } from './support/waiting.ts';
import { workbench } from './support/workbench.ts';

describe('sessions at a glance', function () {
  this.timeout(180_000);
  const code = workbench();

  const step = (id: string) => code.window.page.locator(`[data-step-id$="#${id}"]:visible`);
  const ticked = async (): Promise<string[]> => {
    const ids = ['open', 'trust', 'demo', 'answer', 'session'];
    const ticks = await Promise.all(ids.map(async (id) => step(id).getAttribute('aria-checked')));
    return ids.filter((_, index) => ticks[index] === 'true');
  };
  /** In its first window VS Code may show a walkthrough of its own instead: it has not read those of extensions yet. */
  const openWalkthrough = async (): Promise<void> => {
    const { window } = code;
    const open = async (): Promise<void> => {
      await window.run('View: Close All Editors');
      await window.run('Coppice: Open Walkthrough');
    };
    await until(open, step('open'), 'the walkthrough');
  };

  it('has ticked the first step of its walkthrough where a repository is open, whatever else was looked at', async () => {
    const { window } = code;
    await openWalkthrough();
    await soon(async () => (await ticked()).includes('open'), 'a tick');
    assert.deepEqual(await ticked(), ['open']);
    await window.screenshot('native-walkthrough');
    await window.run('View: Close All Editors');
  });

  it('asks for trust before anything runs', async () => {
    const { window } = code;
    await window.open('Coppice');
    await window
      .view('Sessions')
      .welcome.getByText(/until you trust it/)
      .waitFor();
    await window.screenshot('native-untrusted');
    const question = window.dialog.getByText(/git, agents and the set-up commands/);
    const ask = async (): Promise<void> => window.button('Trust Repository…').first().click({ timeout: 5000 });
    await until(ask, question, 'the question about trust');
    await window.screenshot('native-trust-dialog');
    await window.dialog.getByRole('button', { name: 'Trust', exact: true }).click();
    await soon(async () => (await window.view('Sessions').welcome.innerText()).includes('Run'), 'the welcome text');
    await window.screenshot('native-empty');
  });

  it('runs the demo, which needs a person', async () => {
    const { window } = code;
    await window.run('Coppice: Run Demo');
    await window
      .view('Sessions')
      .row(/Write a line/)
      .waitFor();
    await window
      .view('Needs you')
      .row(/DEMO\.md/)
      .first()
      .waitFor();
    await soon(async () => (await window.badge('Coppice')) === '1', 'a badge');
    await window.statusBar.item('needs you').waitFor();
    await window.screenshot('native-needs-you');
  });

  it('takes the answer by keyboard alone', async () => {
    const { window } = code;
    await askForChoices(window, 'Allow');
    await window.screenshot('native-answer');
    await window.press('Enter');
    await window
      .view('Sessions')
      .row(/1 file/)
      .waitFor();
    await soon(async () => (await window.badge('Coppice')) === '', 'no badge');
    await soon(async () => (await statusOf(code.machine)) === 'reported', 'a session that has reported');
    await window.screenshot('native-reported');
  });

  it('has ticked what was done, and ticks the last step when a session of one’s own is started', async () => {
    const { window, machine } = code;
    await openWalkthrough();
    await soon(async () => (await ticked()).length === 4, 'four ticks');
    assert.deepEqual(await ticked(), ['open', 'trust', 'demo', 'answer']);
    const start = window.page.locator('.gettingStartedContainer .monaco-button:visible', { hasText: 'New Session…' });
    await until(async () => step('session').click({ timeout: 5000 }), start, 'the button of the step');
    const title = window.quickInput.widget.getByText(/^New Session/u);
    await until(async () => start.click({ timeout: 5000 }), title, 'the first question');
    // The box may get the keyboard a moment after it is to be seen.
    await soon(async () => {
      await window.press('Escape');
      return isHidden(title, 2000);
    }, 'an end of the questions');
    assert.equal((await ticked()).length, 4, 'a tick for a session that was not started');
    await startSession(window, 'Sketch the harbour', async () => (await machine.sessions()).length === 2);
    await openWalkthrough();
    await soon(async () => (await ticked()).length === 5, 'five ticks');
    await window.screenshot('native-walkthrough-done');
  });
});
