import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Workbench } from '../../test/workbench/support/running-workbench.ts';
import { isVisible } from '../../test/workbench/support/waiting.ts';
import { seedSessions } from '../../test/workbench/support/seed.ts';
import type { Theme, Window } from '../../test/workbench/support/window.ts';
import { play, startStage } from './stage.ts';

const themes: readonly Theme[] = ['light', 'dark', 'high-contrast', 'high-contrast-light'];
const sizes = [
  { width: 400, height: 800 },
  { width: 1600, height: 1000 },
] as const;

/** How full the window is: what is played, and how many sessions of long ago there are. */
const fillings: Readonly<Record<string, { readonly fill: (code: Workbench) => Promise<void>; readonly past: number }>> =
  {
    empty: { fill: async () => undefined, past: 0 },
    some: { fill: play, past: 0 },
    many: { fill: play, past: 200 },
  };

/** Takes each view in each theme and size: empty, with some sessions, with 200. `chosen`: only these of the three. */
export async function takeGallery(folder: string, chosen: readonly string[]): Promise<void> {
  for (const [name, { fill, past }] of Object.entries(fillings)) {
    if (chosen.length === 0 || chosen.includes(name)) await take(name, join(folder, name), fill, past);
  }
}

async function take(
  name: string,
  folder: string,
  fill: (code: Workbench) => Promise<void>,
  sessions: number,
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
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
  review: async (window) => {
    await window.open('Coppice');
    const row = window
      .view('Sessions')
      .row(/springs/i)
      .first();
    if (!(await isVisible(row, 2000))) return false;
    await window.run('View: Close All Editors');
    await window.view('Sessions').inline(/springs/i, 'Review Session');
    await window
      .view('Review')
      .row(/moon\.js/)
      .first()
      .waitFor();
    return true;
  },
  walkthrough: async (window) => {
    await window.run('Coppice: Open Walkthrough');
    return true;
  },
};

/** A narrow window has no room for the side bar beside the panel: it is put away, as a person would. */
async function openPanel(window: Window, title: RegExp, text: string): Promise<boolean> {
  await window.open('Coppice');
  const row = window.view('Sessions').row(title).first();
  if (!(await isVisible(row, 2000))) return false;
  await row.click({ position: { x: 60, y: 11 } }); // further to the right there are actions
  await window.webview(`main:has-text("${text}")`);
  if (isNarrow(window)) await window.run('View: Close Primary Side Bar');
  return true;
}

function isNarrow({ page }: Window): boolean {
  return (page.viewportSize()?.width ?? Infinity) < 600;
}
