import { stat } from 'node:fs/promises';
import type { Window } from '../../test/workbench/support/window.ts';
import { play, startStage } from './stage.ts';

const mostBytes = 150_000;
const size = { width: 1280, height: 800 };

/** Opens the review of a session with its changes in one editor. */
async function reviewSprings(window: Window): Promise<void> {
  await window.run('View: Close All Editors');
  await window.view('Sessions').inline(/springs/i, 'Review Session');
  await window
    .view('Review')
    .row(/moon\.js/)
    .waitFor();
  await window.page.locator('.multiDiffEntry .view-line', { hasText: 'spring' }).first().waitFor();
  await window.page.mouse.move(640, 640); // away from what shows a tip
}

/** Takes the pictures of the README into a folder; a line for each. */
export async function takeReadmePictures(folder: string): Promise<string[]> {
  const lines: string[] = [];
  const code = await startStage({ size });
  const { window } = code;
  const take = async (name: string): Promise<void> => {
    const path = await window.screenshot(name, folder);
    const { size: bytes } = await stat(path);
    if (bytes > mostBytes) throw new Error(`${path} has ${bytes} bytes, more than ${mostBytes}.`);
    lines.push(`${path} (${Math.round(bytes / 1000)} kB)`);
  };
  try {
    await window.open('Coppice');
    await play(code);
    const sessions = window.view('Sessions');
    for (const theme of ['light', 'dark'] as const) {
      await window.theme(theme);
      await sessions
        .row(/springs/i)
        .first()
        .click();
      await window.webview('main:has-text("All tests pass.")');
      await window.settled();
      await take(`session-${theme}`);
      await sessions
        .row(/harbours from/i)
        .first()
        .click();
      await window.webview('main:has-text("csv-parse@")');
      await window.settled();
      await take(`decision-${theme}`);
      await reviewSprings(window);
      await window.settled();
      await take(`review-${theme}`);
      await window.run('Coppice: Close Review');
      await window.run('View: Close All Editors');
    }
    return lines;
  } finally {
    await code.stop();
  }
}
