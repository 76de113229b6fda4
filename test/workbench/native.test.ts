/** The first quarter of an hour with Coppice, in native views, by keyboard and mouse. */
import assert from 'node:assert/strict';
import { askForChoices, statusOf } from './support/person.ts';
import { soon, until } from './support/waiting.ts';
import { workbench } from './support/workbench.ts';

describe('sessions at a glance', function () {
  this.timeout(180_000);
  const code = workbench();

  it('has ticked the first step of its walkthrough where a repository is open, whatever else was looked at', async () => {
    const { window } = code;
    await window.run('Coppice: Open Walkthrough');
    const step = (id: string) => window.page.locator(`[data-step-id$="#${id}"]:visible`);
    await step('open').waitFor();
    await soon(async () => (await step('open').getAttribute('aria-checked')) === 'true', 'a tick');
    assert.equal(await step('demo').getAttribute('aria-checked'), 'false');
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
});
