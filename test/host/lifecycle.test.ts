/** What the extension does when it comes and when it goes. */
import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { FreshCopy } from './support/fresh-copy.ts';
import { soon } from './support/waiting.ts';

describe('a window that wants nothing of Coppice', () => {
  const folder = vscode.extensions.getExtension('coppice.coppice')?.extensionPath ?? '';
  const home = process.env['COPPICE_HOME'] ?? '';
  let copy: FreshCopy;

  before(() => {
    copy = new FreshCopy(folder);
    copy.activate(folder);
  });
  after(() => copy.deactivate());

  it('reads nothing but the address of an engine, and starts nothing', async () => {
    const address = join(home, 'engine.json');
    // When it is looked for a second time, all that the first search does was done.
    await soon(() => copy.asked.filter((each) => each.endsWith(address)).length > 1, 'a second search');
    const [looks, others] = [[] as string[], [] as string[]];
    for (const each of copy.asked) {
      if (/^fs\/promises\.(readFile|lstat|access|realpath) /u.test(each)) looks.push(each.slice(each.indexOf(' ') + 1));
      else others.push(each);
    }
    assert.deepEqual(others, []);
    assert.deepEqual(
      looks.filter((path) => path !== home && dirname(path) !== home),
      [],
    );
  });

  it('has its commands, views and its item in the status bar', () => {
    for (const name of ['commands.registerCommand', 'window.createTreeView', 'window.createStatusBarItem']) {
      assert.ok(copy.begun.has(name), name);
    }
  });

  it('is rid of all that was begun when it is switched off', async () => {
    assert.ok(copy.open.size > 20, String(copy.open.size));
    copy.deactivate();
    assert.deepEqual([...copy.open.values()], []);
    await soon(() => copy.timers.size === 0, 'the end of all timers');
  });
});
