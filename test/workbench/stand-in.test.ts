/** The way to VS Code on a desktop, tried where none can be had: attached to a program that stands in for it. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extensionHosts } from './support/host-errors.ts';
import { makeStandIn } from './support/stand-in.ts';
import { soon } from './support/waiting.ts';
import { workbench } from './support/workbench.ts';

describe('the workbench of the tests, attached to a program as on a desktop', function () {
  this.timeout(180_000);
  const size = { width: 1100, height: 700 };
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'd-'));
    await makeStandIn(folder);
  });
  const code = workbench({ size, desktop: () => join(folder, 'code') });
  after(async () => rm(folder, { recursive: true, force: true }));

  it('runs a command in a window of the size that is wanted', async () => {
    assert.deepEqual(code.window.page.viewportSize(), size);
    await code.window.run('Coppice: Show Log');
    await code.window.page.locator('.part.panel', { hasText: 'Output' }).waitFor();
    await soon(async () => (await extensionHosts(code.vsCode.logs)).length > 0, 'a log of an extension host');
  });

  it('is reloaded, and has a second window on the folder that is open', async () => {
    await code.window.reload('lost');
    const second = await code.open(code.machine.repo);
    await second.open('Coppice');
    await second.view('Sessions').welcome.waitFor();
    await second.close();
    await code.window.run('Coppice: Show Log');
  });
});
