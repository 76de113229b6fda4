import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from '../../test/integration/cli/machine.ts';
import type { Workbench, WorkbenchOptions } from '../../test/workbench/support/running-workbench.ts';
import { isVisible } from '../../test/workbench/support/waiting.ts';
import { trustRepository } from '../../test/workbench/support/person.ts';
import { seedSessions } from '../../test/workbench/support/seed.ts';
import type { Theme, Window } from '../../test/workbench/support/window.ts';
import { judgedTitle, seedJudged } from './judged.ts';
import { play, playPlan, startStage, trust } from './stage.ts';

const themes: readonly Theme[] = ['light', 'dark', 'high-contrast', 'high-contrast-light'];
/** The wide one first: what a window that grows does to its side bar is not what is looked at. */
const sizes = [
  { width: 1600, height: 1000 },
  { width: 400, height: 800 },
] as const;
/** How long a window may take to come to rest: one with a session at work never does, milliseconds. */
const restMs = 2000;

interface Filling {
  readonly fill: (code: Workbench) => Promise<void>;
  /** What is different of the window, e.g. sessions of long ago in its journal. */
  readonly options?: WorkbenchOptions;
}

/** How full the window is. */
const fillings: Readonly<Record<string, Filling>> = {
  'no-folder': { fill: nothing, options: { folder: () => undefined } },
  'no-git': {
    fill: nothing,
    options: { repository: async (folder) => writeFile(join(folder, 'notes.md'), 'Notes\n') },
  },
  restricted: {
    fill: nothing,
    options: { trust: false, settings: { 'security.workspace.trust.startupPrompt': 'never' } },
  },
  away: {
    fill: lookAway,
    options: { prepare: async ({ home }) => writeFile(home, 'A file where a folder is wanted.\n') },
  },
  untrusted: { fill: nothing },
  'no-agent': { fill: async ({ window }) => trustRepository(window) },
  empty: { fill: async ({ window }) => trustRepository(window), options: { prepare: putAgent } },
  some: { fill: play },
  plan: { fill: playPlan },
  many: { fill: play, options: { prepare: async (machine) => seedSessions(machine, 200) } },
  judged: { fill: trust, options: { prepare: seedJudged } },
};

/** An agent that is found; nothing gives it work. The `PATH` of VS Code in a browser is that of a login shell, so it is named. */
async function putAgent(machine: Machine): Promise<void> {
  const folder = join(machine.root, 'agents');
  await mkdir(folder);
  const program = join(folder, 'claude');
  await writeFile(program, "#!/bin/sh\necho '2.1.259 (Claude Code)'\n", { mode: 0o755 });
  await mkdir(machine.home, { mode: 0o700 });
  await writeFile(join(machine.home, 'config.yaml'), `agents:\n  claude-code:\n    command: ${program}\n`);
}

async function nothing(): Promise<void> {
  // the window is as it is to be seen
}

async function lookAway({ window }: Workbench): Promise<void> {
  await window
    .view('Sessions')
    .welcome.getByText(/did not start/)
    .waitFor();
}

/**
 * Takes each view in each theme and size: for each reason why nothing is there, before trust, empty, with some sessions, with 200,
 * with one whose turns were judged. The words choose from it: of the fillings, views, themes and widths those that are named, and
 * all of a kind of which none is.
 */
export async function takeGallery(folder: string, words: readonly string[]): Promise<void> {
  const known = [
    ...Object.keys(fillings),
    ...Object.keys(views),
    ...themes,
    ...sizes.map(({ width }) => String(width)),
  ];
  const unknown = words.filter((word) => !known.includes(word));
  if (unknown.length > 0)
    throw new Error(`There is no ${unknown.join(', ')} to take: choose from ${known.join(', ')}.`);
  const chosen = <T>(all: readonly T[], nameOf: (one: T) => string): readonly T[] => {
    const named = all.filter((one) => words.includes(nameOf(one)));
    return named.length === 0 ? all : named;
  };
  const choice: Choice = {
    views: chosen(Object.entries(views), ([name]) => name),
    themes: chosen(themes, (name) => name),
    sizes: chosen(sizes, ({ width }) => String(width)),
  };
  for (const [name, filling] of chosen(Object.entries(fillings), ([word]) => word)) {
    if (words.length === 0) await rm(join(folder, name), { recursive: true, force: true });
    await take(name, join(folder, name), filling, choice);
  }
}

interface Choice {
  readonly views: readonly (readonly [string, (window: Window) => Promise<boolean>])[];
  readonly themes: readonly Theme[];
  readonly sizes: readonly { readonly width: number; readonly height: number }[];
}

async function take(name: string, folder: string, { fill, options }: Filling, choice: Choice): Promise<void> {
  const code = await startStage({ size: sizes[0], ...options });
  try {
    const { window } = code;
    await window.open('Coppice');
    await fill(code);
    for (const size of choice.sizes) {
      await window.resize(size);
      for (const theme of choice.themes) {
        await window.theme(theme);
        for (const [view, show] of choice.views) {
          if (!(await show(window))) continue;
          await window.page.mouse.move(size.width / 2, size.height - 60); // away from what shows a tip
          await window.settled(restMs);
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
  decision: async (window) => openPanel(window, /harbours from/i, 'csv-parse@'),
  question: async (window) => openPanel(window, /times in the/i, 'UTC'),
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
  breakpoints: async (window) => {
    const { pane } = window.view('Breakpoints');
    if (!(await isVisible(pane, 2000))) return false;
    await window.run('Coppice: Focus on Breakpoints View');
    return true;
  },
  verdicts: async (window) => openVerdicts(window, 'Turns', 'Turn 3'),
  calibration: async (window) => openVerdicts(window, 'Calibration', 'False breakpoints'),
  walkthrough: async (window) => {
    await window.run('View: Close All Editors');
    await window.run('Coppice: Open Walkthrough');
    if (isNarrow(window)) await putSideBarAway(window);
    return true;
  },
};

/** It may be away already, from the view before; the command is then not offered. */
async function putSideBarAway(window: Window): Promise<void> {
  if (!(await window.page.locator('.part.sidebar').isVisible())) return;
  await window.runByKeyboard('View: Close Primary Side Bar');
}

/** A narrow window has no room for the side bar beside the panel: it is put away, as a person would. */
async function openPanel(window: Window, title: RegExp, text: string): Promise<boolean> {
  await window.open('Coppice');
  const row = window.view('Sessions').row(title).first();
  if (!(await isVisible(row, 2000))) return false;
  await row.click({ position: { x: 60, y: 11 } }); // further to the right there are actions
  await window.webview(`main:has-text("${text}")`);
  if (isNarrow(window)) await putSideBarAway(window);
  return true;
}

/** The verdicts of the session that was judged, at one of their pages. */
async function openVerdicts(window: Window, tab: string, text: string): Promise<boolean> {
  await window.open('Coppice');
  if (!(await isVisible(window.view('Sessions').row(judgedTitle).first(), 2000))) return false;
  await window.run('Coppice: Show Verdicts');
  await window.quickInput.choose(judgedTitle);
  const panel = await window.webview('main [role="tablist"]');
  await panel.getByRole('tab', { name: tab }).click();
  await window.webview(`main:has-text("${text}")`);
  if (isNarrow(window)) await putSideBarAway(window);
  return true;
}

function isNarrow({ page }: Window): boolean {
  return (page.viewportSize()?.width ?? Infinity) < 600;
}
