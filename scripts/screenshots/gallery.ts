import { join } from 'node:path';
import type { Workbench } from '../../test/workbench/support/running-workbench.ts';
import { seedSessions } from '../../test/workbench/support/seed.ts';
import type { Theme, Window } from '../../test/workbench/support/window.ts';
import { play, startStage } from './stage.ts';

const themes: readonly Theme[] = ['light', 'dark', 'high-contrast', 'high-contrast-light'];
const sizes = [
  { width: 400, height: 800 },
  { width: 1600, height: 1000 },
] as const;

/** Takes each view in each theme and size: empty, with some sessions, with 200. */
export async function takeGallery(folder: string): Promise<void> {
  await take('empty', join(folder, 'empty'), async () => undefined);
  await take('some', join(folder, 'some'), play);
  await take('many', join(folder, 'many'), play, 200);
}

async function take(
  name: string,
  folder: string,
  fill: (code: Workbench) => Promise<void>,
  sessions = 0,
): Promise<void> {
  const code = await startStage({
    size: sizes[1],
    prepare: async (machine) => {
      if (sessions > 0) await seedSessions(machine, sessions);
    },
  });
  try {
    const { window } = code;
    await window.open('Coppice');
    await fill(code);
    for (const theme of themes) {
      await window.theme(theme);
      for (const size of sizes) {
        await window.resize(size);
        await window.settled();
        for (const [view, show] of Object.entries(views)) {
          if (!(await show(window))) continue;
          await window.settled();
          console.log(await window.screenshot(`${name}-${view}-${theme}-${size.width}`, folder));
        }
      }
    }
  } finally {
    await code.stop();
  }
}

/** Shows a view; false where there is nothing to show. */
const views: Readonly<Record<string, (window: Window) => Promise<boolean>>> = {
  tree: async (window) => {
    await window.run('View: Close All Editors');
    await window.open('Coppice');
    return true;
  },
  panel: async (window) => openPanel(window, /springs/i, 'All tests pass.'),
  decision: async (window) => openPanel(window, /from a file/i, 'csv-parse@'),
  question: async (window) => openPanel(window, /time zone/i, 'UTC'),
  walkthrough: async (window) => {
    await window.run('Coppice: Open Walkthrough');
    return true;
  },
};

/** By the palette: a narrow window has no room for the tree beside the panel. */
async function openPanel(window: Window, title: RegExp, text: string): Promise<boolean> {
  const row = window.view('Sessions').row(title).first();
  if (!(await row.isVisible())) return false;
  await row.click();
  await window.webview(`main:has-text("${text}")`);
  return true;
}
