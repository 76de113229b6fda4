/** Commands of the palette that are needed now and then, each run as a person does, in one window over one engine. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Machine } from '../integration/cli/machine.ts';
import { OllamaDouble } from '../support/ollama/index.ts';
import { choice, prepareSession } from './support/person.ts';
import { isVisible, soon, until } from './support/waiting.ts';
import { workbench } from './support/workbench.ts';

const go = (machine: Machine): string => join(machine.root, 'go');

describe('commands of the palette', function () {
  this.timeout(180_000);
  let models: OllamaDouble | undefined;
  const code = workbench({
    prepare: async (machine) => {
      models = await OllamaDouble.start();
      await mkdir(machine.home, { recursive: true, mode: 0o700 });
      const gate = JSON.stringify(['sh', '-c', `while [ ! -e '${go(machine)}' ]; do sleep 0.1; done`]);
      await writeFile(
        join(machine.home, 'config.yaml'),
        `limits:\n  running: 1\nlanding:\n  gates:\n    - ${gate}\nsession:\n  autoCommit:\n    autonomous: true\nsupervision:\n  endpoint: ${models.base}\n`,
      );
    },
  });
  const sessions = () => code.window.view('Sessions');
  const named = async (title: string) => {
    const found = (await code.machine.sessions()).find((each) => each.prompt.startsWith(title));
    return found ?? assert.fail(`no session ${title}`);
  };
  /** Runs a command and chooses the session that it is about. */
  const runOn = async (command: string, title: string | RegExp): Promise<void> => {
    await code.window.run(command);
    await code.window.quickInput.items.filter({ hasText: title }).first().click({ timeout: 10_000 });
  };

  /**
   * Has a question asked, or a window opened. Twice that would be there twice, and a second question lies over the window: so it
   * is waited for long before it is asked for again, and what asks does nothing under a question.
   */
  const asked = async (act: () => Promise<void>, seen: Parameters<typeof until>[1], what: string): Promise<void> => {
    const { dialog } = code.window;
    await until(async () => ((await dialog.isVisible()) ? undefined : act()), seen, what, 60_000);
  };

  after(async () => models?.stop());
  before(async () => {
    const { machine, window } = code;
    await machine.coppice(['trust']);
    await machine.json('session', 'start', '--agent', 'demo', 'Note the tides #write:TIDES.md');
    await soon(async () => (await named('Note')).status === 'reported', 'work that is done');
    for (const title of ['Watch the harbour', 'Count the gulls', 'Paint the boat'])
      await machine.json('session', 'start', '--agent', 'demo', `${title} #slow:7200`);
    await window.open('Coppice');
    await sessions().row(/Paint/u).waitFor();
  });

  it('Land Session tells of gates at work, with who else waits where, in the tooltip and at the top of the view', async () => {
    const { window, machine } = code;
    const land = window.dialog.getByRole('button', { name: /Land/u });
    const ask = async (): Promise<void> => {
      await runOn('Coppice: Land Session…', 'Note the tides');
      await window.quickInput.choose(/Merge/u);
    };
    await asked(ask, land, 'what would land');
    await land.click();
    const bar = sessions().pane.locator('.monaco-progress-container.active');
    await bar.waitFor();
    const { statusBar } = window;
    const told = async (): Promise<string> => statusBar.tooltip(statusBar.ours.first());
    const text = await soon(async () => {
      const found = await told();
      return found.includes('at its gates') && found;
    }, 'a landing at its gates in the tooltip');
    await window.screenshot('commands-tooltip');
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    const wanted = [
      /1 running, 2 in the queue, 1 ended/u,
      /Watch the harbour/u,
      /Count the gulls .*1 in line/u,
      /Paint the boat .*2 in line/u,
      /Note the tides .*: On its way into main · at its gates/u,
    ];
    for (const [index, line] of wanted.entries()) assert.match(lines[index + 1] ?? '', line, text);
    await writeFile(go(machine), '');
    await soon(async () => (await named('Note')).status === 'landed', 'work that has landed');
    await bar.waitFor({ state: 'hidden' });
  });

  it('Rename Session gives it another title', async () => {
    const { window } = code;
    const box = window.quickInput.box.and(window.page.locator('[placeholder*="a title of one line"]'));
    await until(async () => runOn('Coppice: Rename Session…', 'Note the tides'), box, 'its title in a box');
    assert.equal(await box.inputValue(), 'Note the tides #write:TIDES.md');
    await window.screenshot('commands-rename');
    await window.quickInput.submit('Tides of the year');
    await sessions()
      .row(/Tides of the year/u)
      .waitFor();
  });

  it('Archive Session takes it from the list, where it is shown when that is wanted', async () => {
    const { window } = code;
    const gone = async () => (await sessions().row(/Tides/u).count()) === 0;
    await until(async () => runOn('Coppice: Archive Session', 'Tides of the year'), gone, 'a list without it');
    const archive = sessions().row(/Archived/u);
    await until(async () => window.run('Coppice: Show Archived Sessions'), archive, 'the archive');
    const row = sessions().row(/Tides/u);
    await until(async () => sessions().toggle(/Archived/u), row, 'it in the archive');
    await window.screenshot('commands-archived');
  });

  it('Open Worktree in New Window opens it there', async () => {
    const { page } = code.window;
    const { worktree } = await named('Watch the harbour');
    const others = (): Page[] =>
      page
        .context()
        .pages()
        .filter((each) => each !== page);
    const ask = async (): Promise<void> => runOn('Coppice: Open Worktree in New Window', 'Watch the harbour');
    try {
      await asked(ask, async () => others().length > 0, 'a second window');
      const isThere = (): boolean => others().some((each) => decodeURIComponent(each.url()).includes(worktree ?? '?'));
      await soon(isThere, 'the worktree in the second window');
    } finally {
      for (const other of others()) await other.close();
      await code.window.front();
    }
  });

  it('Show Log brings its own log to the front', async () => {
    const { window } = code;
    const line = window.page.locator('.part.panel .view-line', { hasText: /Connected.to.engine/u }).first();
    await until(async () => window.run('Coppice: Show Log'), line, 'what the window wrote down');
    await window.screenshot('commands-log');
  });

  it('Export Diagnostics writes a report where one says, and shows it', async () => {
    const { window, machine } = code;
    const path = join(machine.root, 'home', 'coppice-diagnostics.json');
    const box = window.quickInput.widget.getByText('Export Diagnostics').first();
    await until(async () => window.run('Coppice: Export Diagnostics…'), box, 'the question where to');
    await soon(async () => (await window.quickInput.box.inputValue()) === path, 'a place in the home folder');
    await window.screenshot('commands-diagnostics');
    await until(
      async () => ((await box.isVisible()) ? window.press('Enter') : undefined),
      async () => existsSync(path),
      'a report',
    );
    await window.tab('coppice-diagnostics.json').waitFor();
    const report = JSON.parse(await readFile(path, 'utf8')) as { window: { vscode: string } };
    assert.match(report.window.vscode, /^\d+\.\d+/u);
    await window.screenshot('commands-report');
    await window.run('View: Close All Editors');
  });

  it('Stop All Sessions asks, and stops them', async () => {
    const { window, machine } = code;
    const yes = window.dialog.getByRole('button', { name: 'Stop All' });
    await asked(async () => window.run('Coppice: Stop All Sessions…'), yes, 'the question');
    assert.match(await window.dialog.innerText(), /Stop 3 sessions\?/u);
    await window.screenshot('commands-stop-all');
    await yes.click();
    await soon(async () => {
      const all = await machine.sessions();
      return all.length === 3 && all.every(({ status }) => status === 'cancelled');
    }, 'no session at work');
  });

  it('Free Disk Space says what it would remove and what stays, and removes it', async () => {
    const { window, machine } = code;
    const worktrees = await machine.json<{ path: string; branch: string | null }[]>('worktrees', 'list');
    const path = worktrees.find(({ branch }) => branch?.includes('note-the-tides'))?.path ?? '';
    assert.ok(existsSync(path), JSON.stringify(worktrees));
    const yes = window.dialog.getByRole('button', { name: 'Remove', exact: true });
    await asked(async () => window.run('Coppice: Free Disk Space…'), yes, 'what would be removed');
    const said = await window.dialog.innerText();
    assert.match(said, /Remove 1 worktree\?[^]*Kept:/u);
    assert.ok(said.includes(`• ${basename(path)}: merged`), said);
    await window.screenshot('commands-free');
    await yes.click();
    await soon(() => !existsSync(path), 'a worktree that is gone');
  });

  it('Reset says what it takes away and what stays, and takes it', async () => {
    const { window, machine } = code;
    const [mode, interactive] = [choice(window, 'Mode…'), choice(window, 'Interactive')];
    const start = await prepareSession(window, 'Talk about the weather');
    await until(async () => mode.click({ timeout: 5000 }), interactive, 'the modes');
    await interactive.click();
    await start.filter({ hasText: 'Interactive' }).waitFor();
    const begun = async () => (await machine.sessions()).length === 4;
    await until(async () => start.click({ timeout: 5000 }), begun, 'an interactive session');
    assert.match(await (await prepareSession(window, 'Talk on')).innerText(), /Interactive/u);
    await window.quickInput.dismiss();
    const yes = window.dialog.getByRole('button', { name: 'Reset', exact: true });
    await asked(async () => window.run('Coppice: Reset Coppice…'), yes, 'the question');
    const said = await window.dialog.innerText();
    for (const each of ['No secret is stored.', 'remembered choices', machine.home]) assert.ok(said.includes(each));
    await window.screenshot('commands-reset');
    await yes.click();
    await soon(async () => isVisible(window.statusBar.item('Coppice was reset.'), 2000), 'a word that it was done');
    // The archive is shown no more, and nothing else is gone.
    await sessions()
      .row(/Archived/u)
      .waitFor({ state: 'hidden' });
    assert.equal((await machine.sessions()).length, 4);
    assert.match(await (await prepareSession(window, 'Talk on')).innerText(), /Autonomous/u);
    await window.quickInput.dismiss();
  });

  it('New Session takes agent and executor from the settings again after others were chosen', async () => {
    const { window } = code;
    const [start, executor, again] = ['Start', 'Executor…', 'As in the Settings'].map((label) => choice(window, label));
    assert.ok(start !== undefined && executor !== undefined && again !== undefined);
    await prepareSession(window, 'Ring the bell');
    const take = async (row: typeof start, next: typeof start): Promise<void> =>
      until(async () => row.click({ timeout: 5000 }), next, 'the next step');
    await take(executor, choice(window, 'local'));
    await take(choice(window, 'local'), start);
    assert.match(await start.innerText(), /demo · .* · local · /u);
    await take(executor, again);
    await window.screenshot('commands-executor');
    await take(again, start);
    assert.doesNotMatch(await start.innerText(), /local/u);
    assert.match(await executor.innerText(), /as in the settings/u);
    await window.quickInput.dismiss();
    const ask = async (): Promise<void> => {
      await window.run('Coppice: New Session…');
      await window.quickInput.submit('Ring the bell');
    };
    await until(ask, again, 'the agents');
    await take(again, start);
    assert.match(await start.innerText(), /agent as in the settings · /u);
    await window.quickInput.dismiss();
  });

  it('New Session has the prompt of a session that was not started again', async () => {
    const { window } = code;
    const { quickInput } = window;
    const [agent, start] = [choice(window, 'claude-code'), choice(window, 'Start')];
    const ask = async (): Promise<void> => {
      await window.run('Coppice: New Session…');
      await quickInput.submit('Mend the clock of the tower');
    };
    await until(ask, agent, 'the agents');
    await until(async () => agent.click({ timeout: 5000 }), start, 'the last step');
    await asked(
      async () => start.click({ timeout: 5000 }),
      window.dialog,
      'a question whether it may work on this host',
    );
    await window.press('Escape');
    await window.dialog.waitFor({ state: 'hidden' });
    const box = quickInput.box.and(window.page.locator('[placeholder*="What should the agent do?"]'));
    await until(async () => window.run('Coppice: New Session…'), box, 'the question for the prompt');
    assert.equal(await box.inputValue(), 'Mend the clock of the tower');
    await quickInput.dismiss();
  });

  it('Send Follow-Up has the prompt again that was not given', async () => {
    const { window, machine } = code;
    const { quickInput } = window;
    const box = quickInput.box.and(window.page.locator('[placeholder*="What should the agent do next?"]'));
    const ask = async (): Promise<void> => {
      await runOn('Coppice: Send Follow-Up…', /Watch the harbour/u);
    };
    await machine.coppice(['trust', '--revoke']);
    await until(ask, box, 'the question for the prompt');
    await asked(async () => quickInput.submit('Note the moon, too'), window.dialog, 'a question whether it is trusted');
    await window.press('Escape');
    await window.dialog.waitFor({ state: 'hidden' });
    await until(ask, box, 'the question for the prompt');
    assert.equal(await box.inputValue(), 'Note the moon, too');
    await machine.coppice(['trust']);
    await quickInput.submit('Note the moon, too');
    await soon(async () => (await named('Watch')).status !== 'cancelled', 'a session that goes on');
    await until(ask, box, 'the question for the prompt');
    assert.equal(await box.inputValue(), '', 'what was given is not kept');
    await quickInput.dismiss();
  });

  it('Open Configuration File, where a file has a mistake, opens that file at its line', async () => {
    const { window, machine } = code;
    code.expectErrors(/coppice\.yaml:3:7/u);
    const file = join(machine.repo, '.coppice.yaml');
    await writeFile(file, 'approval:\n  forbid:\n    - commnd git push*\n');
    await window.run('Coppice: Run Demo');
    await window.notifications.answer(/coppice\.yaml:3:7/u, 'Open Configuration File');
    await window.tab('.coppice.yaml').waitFor();
    await window.statusBar.item(/Ln 3, Col 1/u).waitFor();
    await window.run('View: Close All Editors');
    await rm(file);
  });

  it('Open Guide to the Settings shows the page that came with the extension', async () => {
    const { window } = code;
    await window.run('Coppice: Open Guide to the Settings');
    await window.tab(/Preview configuration\.md/u).waitFor();
    await window.screenshot('commands-guide');
    await window.run('View: Close All Editors');
  });

  it('Pull Supervisor Model names the size first, fetches nothing without a yes, and is stopped where it shows how far it is', async () => {
    const { window } = code;
    assert.ok(models !== undefined);
    const server = models;
    server.reset();
    server.models = [];
    server.pull = [{ status: 'pulling a', digest: 'a', total: 4e9, completed: 1e9 }];
    server.pullHangs = true;
    const pulls = (): number => server.asked.filter(({ path }) => path === '/api/pull').length;
    await asked(async () => window.run('Coppice: Pull Supervisor Model…'), window.dialog, 'the question');
    assert.match(await window.dialog.innerText(), /Pull qwen\S+ \([\d.]+ [GM]B\)\?/u);
    assert.equal(pulls(), 0);
    await window.screenshot('commands-pull-model');
    await window.dialog.getByRole('button', { name: 'Pull', exact: true }).click();
    const shown = window.notifications.toast(/Pulling qwen/u);
    await shown.getByText(/1\.0 GB of 4\.0 GB/u).waitFor();
    await window.screenshot('commands-pull-progress');
    await shown.getByRole('button', { name: 'Cancel', exact: true }).click();
    await soon(() => server.cancelled > 0, 'the server to be told');
    await shown.waitFor({ state: 'hidden' });
    assert.equal(pulls(), 1);
  });
});
