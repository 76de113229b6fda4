/** The window never matters: another repository, an engine of another version, an extension host that dies, a panel out of its mind. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame } from 'playwright-core';
import { makeSampleRepository } from '../../scripts/sample/repository.ts';
import { root } from '../../scripts/workbench/installation.ts';
import { extensionHosts } from './support/host-errors.ts';
import { soon } from './support/waiting.ts';
import { workbench } from './support/workbench.ts';

describe('windows over one engine', function () {
  this.timeout(180_000);
  const code = workbench();
  const engine = async (): Promise<number> =>
    (JSON.parse(await readFile(join(code.machine.home, 'engine.json'), 'utf8')) as { pid: number }).pid;
  const isAlive = (pid: number): boolean => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  before(async () => {
    await code.machine.coppice(['trust']);
    await code.machine.json('session', 'start', '--agent', 'demo', 'Ask for the first #ask:ONE.md');
    await code.window.open('Coppice');
    await code.window
      .view('Needs you')
      .row(/ONE\.md/)
      .first()
      .waitFor();
  });

  it('hears nothing from a panel that is not in the protocol, and the panel goes on', async () => {
    const shown = async () => code.window.shows('main header');
    await code.window.view('Sessions').open(/Ask for the first/, shown, 'a panel');
    const panel = await code.window.webview('main header');
    for (const message of [
      'junk',
      { kind: 'request', id: 'one', name: 'ready', params: {} },
      { kind: 'request', id: 7001, name: 'erase', params: { path: '/' } },
      { kind: 'command', name: 'show', params: { what: 'a shell', command: 'rm -r ~' } },
    ]) {
      await post(panel, message);
    }
    await soon(async () => {
      const log = await code.log();
      return ['no message of the protocol', '(erase)', '"show" with unexpected'].every((text) => log.includes(text));
    }, 'three lines in the log');
    await panel.getByRole('button', { name: 'Allow' }).click();
    await panel.locator('header').getByText('Reported done').waitFor();
  });

  it('is there again when its extension host is killed', async () => {
    code.expectErrors(/Extension host .*terminated unexpectedly/);
    const hosts = async (): Promise<number[]> => (await extensionHosts(code.vsCode.logs)).filter(isAlive);
    const [host] = await hosts();
    assert.ok(host !== undefined, 'there is no extension host');
    process.kill(host, 'SIGKILL');
    await soon(async () => (await hosts()).some((pid) => pid !== host), 'another extension host');
    const { id } = await code.machine.json<{ id: string }>('session', 'start', '--agent', 'demo', 'After the host');
    await code.window
      .view('Sessions')
      .row(/After the host/)
      .waitFor();
    await soon(async () => (await code.machine.status(id)) === 'reported', 'a session that has reported');
    const panel = await code.window.webview('main:has-text("Ask for the first")');
    await panel.locator('header').getByText('Reported done').waitFor();
  });

  it('says of an engine of another version in a line that it is one, shows what was, and mends itself', async () => {
    const { machine, window } = code;
    code.expectErrors(/version 9\.1\.0/);
    const newer = await engineOfAnotherVersion(machine.root);
    // Nothing comes between: a window that needs an engine starts its own.
    await machine.coppice(['engine', 'stop']);
    const child = spawn(process.execPath, [newer], { env: machine.env, stdio: 'ignore' });
    try {
      await soon(async () => (await engine().catch(() => 0)) === child.pid, 'the newer engine');
      const view = window.view('Sessions');
      await view.pane.getByText(/engine is away.*version 9\.1\.0/).waitFor();
      await view.row(/After the host/).waitFor();
      const texts = await window.notifications.texts();
      assert.ok(texts.length <= 1 && texts.every((text) => text.includes('9.1.0')), texts.join('\n'));
      await window.screenshot('windows-another-version');
      assert.ok(isAlive(child.pid ?? 0), 'a newer engine is left alone');
    } finally {
      child.kill('SIGTERM');
    }
    await soon(() => child.exitCode !== null || child.signalCode !== null, 'the end of the newer engine');
    await machine.json('session', 'start', '--agent', 'demo', 'With the old one again');
    await window
      .view('Sessions')
      .row(/With the old one/)
      .waitFor();
    await window
      .view('Sessions')
      .pane.getByText(/engine is away/)
      .waitFor({ state: 'hidden' });
  });

  it('tells it when the worktree of a session is gone', async () => {
    const { machine, window } = code;
    const { id } = await machine.json<{ id: string }>('session', 'start', '--agent', 'demo', 'Lose the place');
    await soon(async () => (await machine.status(id)) === 'reported', 'a session that has reported');
    const { worktree } = (await machine.sessions()).find((each) => each.id === id) ?? {};
    // An engine that is at work may write into it meanwhile.
    await rm(worktree ?? '', { recursive: true, maxRetries: 20 });
    const lost = 'main:has-text("Lose the place")';
    await window.view('Sessions').open(/Lose the place/, async () => window.shows(lost), 'a panel of the session');
    const panel = await window.webview(lost);
    const box = panel.getByRole('textbox', { name: 'Prompt' });
    await box.fill('Go on');
    await box.press('Enter');
    await soon(async () => {
      const shown = await panel.locator('main').innerText();
      return /worktree.*(gone|missing|not there|no longer|removed)/i.test(shown);
    }, 'a sentence about the worktree');
    await window.screenshot('windows-worktree-gone');
  });

  it('each shows its own repository, unless it is told to show all', async () => {
    await code.machine.json('session', 'start', '--agent', 'demo', 'Ask once more #ask:TWO.md');
    await soon(async () => (await code.window.badge('Coppice')) === '1', 'a badge in the first window');
    const other = join(code.machine.root, 'other');
    await makeSampleRepository(other);
    await code.machine.coppice(['trust'], { cwd: other });
    const second = await code.open(other);
    await second.open('Coppice');
    await second
      .view('Sessions')
      .welcome.getByText(/No sessions yet|No coding agent/)
      .waitFor();
    assert.equal(await second.badge('Coppice'), '');
    await mkdir(join(other, '.vscode'));
    await writeFile(join(other, '.vscode', 'settings.json'), '{ "coppice.sessions.show": "all" }');
    await second.reload('lost');
    await second.open('Coppice');
    await second
      .view('Sessions')
      .row(/Ask once more/)
      .waitFor();
    await soon(async () => (await second.badge('Coppice')) === '1', 'a badge in the second window');
    assert.equal(await code.window.badge('Coppice'), '1');
    await second.close();
    await code.window.front();
  });
});

/** Posts to the extension as the page of a panel does. */
async function post(panel: Frame, message: unknown): Promise<void> {
  const outer = panel.parentFrame();
  assert.ok(outer !== null);
  await outer.evaluate((posted) => {
    const send = Reflect.get(globalThis, '__vscode_post_message__') as (command: string, data: unknown) => void;
    send('onmessage', { message: posted });
  }, message);
}

/** An engine as a later release would be: its version is 9.1.0 and it speaks another protocol. The path of its program. */
async function engineOfAnotherVersion(folder: string): Promise<string> {
  const target = join(folder, 'newer');
  await cp(join(root, 'dist'), target, { recursive: true });
  const path = join(target, 'engine.js');
  const text = await readFile(path, 'utf8');
  const changed = text.replace('"0.1.0"', '"9.1.0"').replace('protocol = { major: 1,', 'protocol = { major: 2,');
  assert.notEqual(changed, text);
  await writeFile(path, changed);
  return path;
}
