/** Breakpoints as a person uses them: set in their view, hit by a session, answered, turned off. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askForChoices } from './support/person.ts';
import { soon, until } from './support/waiting.ts';
import { workbench } from './support/workbench.ts';

describe('breakpoints', function () {
  this.timeout(180_000);
  const code = workbench();

  it('are set in their view, hold a session before its tool with the reason, and count', async () => {
    const { window, machine } = code;
    await machine.coppice(['trust']);
    await window.open('Coppice');
    await window.run('Coppice: Add Breakpoint…');
    await window.quickInput.choose('A tool writes a file…');
    // The step before has a box, too.
    await window.quickInput.message.filter({ hasText: 'For example' }).waitFor();
    await window.quickInput.submit('docs/**');
    // What cannot be read is refused in its box, where it can be corrected.
    await window.run('Coppice: Add Breakpoint…');
    await window.quickInput.choose('The change has this many lines');
    await window.quickInput.message.filter({ hasText: 'A number' }).waitFor();
    await window.quickInput.submit('many');
    await window.quickInput.message.filter({ hasText: 'Write diff-size <lines>' }).waitFor();
    assert.equal(await window.quickInput.box.inputValue(), 'many');
    await window.screenshot('breakpoints-refused');
    await window.quickInput.submit('400');
    await window.run('Coppice: Focus on Breakpoints View');
    const view = window.view('Breakpoints');
    await view.row(/path docs\/\*\*/u).waitFor();
    await view.row(/400 lines or more/u).waitFor();
    await view.choose(/400 lines or more/u, 'Remove Breakpoint');
    await view.row(/400 lines or more/u).waitFor({ state: 'hidden' });

    await machine.json('session', 'start', 'Write the docs #ask:docs/a.md', '--agent', 'demo');
    await window
      .view('Needs you')
      .row(/Edit docs\/a\.md/u)
      .first()
      .waitFor();
    await view.row(/1 hit/u).waitFor();
    await window.screenshot('breakpoints-hit');
    const [session] = await machine.sessions();
    await askForChoices(window, 'Always Allow This Here');
    await window.quickInput.choose('Always Allow This Here');
    await soon(async () => (await machine.status(session?.id ?? '')) === 'reported', 'the end of the work');
    await view.row(/Allowed without Asking Again/u).waitFor();
  });

  it('hold a tool whose input a person changes in a diff editor before it is used', async () => {
    const { window, machine } = code;
    const { page } = window;
    await machine.json('session', 'start', 'Write it anew #rewrite:docs/b.md', '--agent', 'demo');
    const session = async () => (await machine.sessions()).find(({ prompt }) => prompt.includes('#rewrite'));
    const need = window.view('Needs you').row(/Write docs\/b\.md/u);
    await need.first().waitFor();
    const line = page.locator('.monaco-diff-editor .editor.modified .view-line', { hasText: 'rewritten' }).first();
    await until(async () => window.run('Coppice: Edit the Tool Input…'), line, 'what the tool would write');
    const edited = page.locator('.monaco-diff-editor .editor.modified .view-line', { hasText: 'person' }).first();
    const write = async (): Promise<void> => {
      await line.click({ timeout: 5000 });
      await window.press('Control+End');
      await window.type('Checked by a person');
    };
    await until(write, edited, 'the words of a person in the editor');
    await window.screenshot('tool-input');
    const use = page.locator('.editor-actions .action-label[aria-label^="Use This Input"]').first();
    const gone = async () => (await window.tab('Input: Write docs/b.md').count()) === 0;
    await until(async () => use.click({ timeout: 5000 }), gone, 'an end of the editor');
    await soon(async () => (await session())?.status === 'reported', 'the end of the work');
    const { worktree } = (await session()) ?? {};
    assert.match(await readFile(join(worktree ?? '', 'docs/b.md'), 'utf8'), /\(rewritten\)\n[^]*Checked by a person/u);
  });

  it('are changed by keys: the box has the condition that holds, hits are kept, and what cannot be read is refused in it', async () => {
    const { window, machine } = code;
    const view = window.view('Breakpoints');
    const { box } = window.quickInput;
    const known = async () => {
      type Known = { id: string; condition: string; hits: number };
      const { breakpoints } = await machine.json<{ breakpoints: Known[] }>('breakpoints');
      return breakpoints.map(({ id, condition, hits }) => ({ id, condition, hits }));
    };
    const [before] = await known();
    assert.equal(before?.condition, 'path docs/**');
    await window.run('Coppice: Focus on Breakpoints View');
    await view.row(/path docs/u).click();
    await window.press('Control+Alt+K');
    await window.press('E');
    await window.quickInput.choose(/path docs/u);
    await window.quickInput.message.filter({ hasText: 'For example' }).waitFor();
    assert.equal(await box.inputValue(), 'docs/**');
    await window.screenshot('breakpoints-edit');
    await window.quickInput.submit('docs/guides/**');
    await view.row(/path docs\/guides\/\*\*/u).waitFor();
    assert.deepEqual(await known(), [{ ...before, condition: 'path docs/guides/**' }]);
    await view.choose(/path docs/u, 'Edit Breakpoint…');
    await window.quickInput.message.filter({ hasText: 'For example' }).waitFor();
    assert.equal(await box.inputValue(), 'docs/guides/**');
    await window.quickInput.submit('x'.repeat(501));
    await window.quickInput.message.filter({ hasText: 'is no condition' }).waitFor();
    await window.quickInput.submit('docs/**');
    await view.row(/path docs\/\*\*/u).waitFor();
    assert.deepEqual(await known(), [before]);
  });

  it('are turned off by their box and removed by their button', async () => {
    const { window, machine } = code;
    const view = window.view('Breakpoints');
    await view.check(/path docs/u, false);
    await soon(async () => {
      const { breakpoints } = await machine.json<{ breakpoints: { spec: { enabled: boolean } }[] }>('breakpoints');
      return breakpoints[0]?.spec.enabled === false;
    }, 'a breakpoint that is off');
    const gone = async () => (await view.row(/path docs/u).count()) === 0;
    await until(async () => view.inline(/path docs/u, 'Remove Breakpoint'), gone, 'no breakpoint');
  });

  it('stand beside the verdicts, whose panel says what is known of the judging of a session', async () => {
    const { window } = code;
    await window.run('Coppice: Show Verdicts');
    await window.quickInput.choose('Write the docs');
    const panel = await window.webview('main [role="tablist"]', 40_000);
    await panel.getByText('Nobody judges this session').waitFor();
    await panel.getByRole('tab', { name: 'Calibration' }).click();
    await panel.getByText('That is too few to say much').waitFor();
    await window.screenshot('verdicts');
  });

  it('stand beside gates, whose word is in the Testing view, where they are asked again', async () => {
    const { window, machine } = code;
    const gate = `supervision:\n  model: none\n  gates:\n    - [sh, -c, 'echo I looked; test ! -e bad.md']\n`;
    await writeFile(join(machine.home, 'config.yaml'), gate);
    const work = ['Write it well #write:good.md', '--agent', 'demo', '--mode', 'autonomous'];
    const { id } = await machine.json<{ id: string }>('session', 'start', ...work);
    await soon(async () => (await machine.status(id)) === 'verified', 'work that its gate let through');
    await window.open('Testing');
    const rows = window.page.locator('.test-explorer .monaco-list-row', { hasText: 'Write it well' });
    const row = (state: string) => rows.and(window.page.locator(`[aria-label*="(${state})"]`)).first();
    await row('Passed').waitFor();

    const { worktree } = (await machine.sessions()).find((each) => each.id === id) ?? {};
    await writeFile(join(worktree ?? '', 'bad.md'), 'A person was here.\n');
    const ask = async () => {
      await rows.first().hover({ timeout: 5000 });
      await rows.first().locator('.action-label[aria-label^="Run Test"]').click({ timeout: 5000 });
    };
    await until(ask, row('Failed'), 'a gate that refuses the work');
    await window.screenshot('gates-refused');
  });
});
