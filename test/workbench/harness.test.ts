/** The tools of the tests of the workbench, tried on the smallest thing that the extension does. */
import { workbench } from './support/workbench.ts';
import { soon } from './support/waiting.ts';

describe('the workbench of the tests', function () {
  this.timeout(180_000);
  const code = workbench();

  it('runs a command of the extension from the palette', async () => {
    await code.window.run('Coppice: Show Log');
    await code.window.page.locator('.part.panel', { hasText: 'Output' }).waitFor();
  });

  it('offers commands of the palette', async () => {
    // What was listed before the text was written may be read once more.
    const offered = async () => (await code.window.commands('Coppice: Show Log')).includes('Coppice: Show Log');
    await soon(offered, 'the command in the palette');
  });

  it('is reloaded and has a second window', async () => {
    await code.window.reload('lost');
    const second = await code.open(undefined);
    await second.run('Coppice: Show Log');
    await second.close();
    await soon(
      async () => (await code.window.commands('Coppice: Show Log')).length > 0,
      'the command in the first window',
    );
  });
});
