import type { Frame, Locator, Page } from 'playwright-core';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { patienceMs, type Size } from './browser.ts';
import type { Settings } from '../../../scripts/workbench/user-settings.ts';
import { Notifications } from './notifications.ts';
import { QuickInput } from './quick-input.ts';
import { StatusBar } from './status-bar.ts';
import { TreeView } from './tree-view.ts';
import type { VsCode } from './vs-code.ts';
import { isVisible, soon } from './waiting.ts';
import { root } from '../../../scripts/workbench/installation.ts';

/** Themes that VS Code brings, by the class of the workbench that shows them. */
const themes = {
  light: { label: 'Light Modern', css: 'vs' },
  dark: { label: 'Dark Modern', css: 'vs-dark' },
  'high-contrast': { label: 'Dark High Contrast', css: 'hc-black' },
  'high-contrast-light': { label: 'Light High Contrast', css: 'hc-light' },
} as const;

/** A look of the workbench. */
export type Theme = keyof typeof themes;

/** A window of VS Code, used as a person uses it: by what is to be seen in it, keys and mouse. */
export class Window {
  readonly page: Page;
  readonly quickInput: QuickInput;
  readonly notifications: Notifications;
  readonly statusBar: StatusBar;
  readonly #vsCode: VsCode;

  constructor(page: Page, vsCode: VsCode) {
    this.page = page;
    this.#vsCode = vsCode;
    this.quickInput = new QuickInput(page);
    this.notifications = new Notifications(page);
    this.statusBar = new StatusBar(page);
  }

  /** Waits until the workbench is drawn and its extensions have been looked at. */
  async ready(): Promise<this> {
    await this.page.locator('.monaco-workbench .part.statusbar .statusbar-item').first().waitFor({ timeout: 60_000 });
    return this;
  }

  /** Runs a command of the palette by its full title, e.g. `Coppice: Show Log`. */
  async run(title: string): Promise<void> {
    await this.quickInput.run(title);
  }

  /** Runs a command of the palette without the mouse. */
  async runByKeyboard(title: string): Promise<void> {
    await this.quickInput.run(title, 'keyboard');
  }

  /** Titles of the commands that the palette offers for a text. */
  async commands(text: string): Promise<string[]> {
    return this.quickInput.commands(text);
  }

  /** Presses keys one after the other, e.g. `Control+Shift+P`, `Enter`. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.insertText(text);
  }

  /**
   * Opens what an icon of the activity bar stands for. The click on the icon of what is shown hides it, and a window that was
   * reloaded shows it by itself a moment later: so it is looked at until it stays.
   */
  async open(container: string): Promise<void> {
    const icon = this.activity(container);
    await icon.waitFor();
    const shown = this.page.locator('.part.sidebar .title-label', { hasText: container });
    await soon(async () => {
      if (!(await isVisible(shown, 2000))) await icon.click({ force: true }); // the badge lies over the icon
      await delay(500);
      return shown.isVisible();
    }, `${container} in the side bar`);
  }

  /** The icon of a view container in the activity bar. */
  activity(container: string): Locator {
    return this.page.locator(`.activitybar .action-item .action-label[aria-label^="${container}"]`).first();
  }

  /** The number on an icon of the activity bar; empty when there is none. */
  async badge(container: string): Promise<string> {
    const icon = this.page.locator(`.action-label[aria-label^="${container}"]`);
    const item = this.page.locator('.activitybar .action-item', { has: icon });
    return (await item.locator('.badge-content').allInnerTexts()).join('').trim();
  }

  /** A view of the side bar by its title. */
  view(title: string): TreeView {
    return new TreeView(this.page, title);
  }

  /** The tab of an editor. */
  tab(title: string | RegExp): Locator {
    return this.page.locator('.tabs-container .tab', { hasText: title });
  }

  /** The welcome text and buttons of an empty view are in its body. */
  button(name: string | RegExp): Locator {
    return this.page.locator('.monaco-button', { hasText: name });
  }

  /** A question that has to be answered before anything else. */
  get dialog(): Locator {
    return this.page.locator('.monaco-dialog-box');
  }

  /**
   * The content of the webview in which something fits a selector, e.g. `main.session`. The first one takes several seconds;
   * it is a frame in a frame, and VS Code may exchange it.
   */
  async webview(selector: string, timeoutMs = patienceMs): Promise<Frame> {
    return soon(async () => this.#frameWith(selector), `a webview with ${selector}`, timeoutMs);
  }

  /** Whether something that fits a selector is to be seen in a webview. */
  async shows(selector: string): Promise<boolean> {
    return (await this.#frameWith(selector)) !== undefined;
  }

  async #frameWith(selector: string): Promise<Frame | undefined> {
    for (const frame of this.page.frames()) {
      const inner = frame.parentFrame()?.url().includes('extensionId=coppice.coppice') === true;
      if (!inner || frame.isDetached()) continue;
      const shown = await frame
        .locator(selector)
        .first()
        .isVisible()
        .catch(() => false);
      if (shown) return frame;
    }
    return undefined;
  }

  /**
   * Changes settings of the user until their effect is seen. VS Code sometimes misses that its settings file was written, so it
   * is written again every two seconds.
   */
  async set(settings: Settings, effect: () => Promise<boolean>): Promise<void> {
    let written = 0;
    await soon(
      async () => {
        if (performance.now() - written > 2000) {
          await this.#vsCode.set(settings);
          written = performance.now();
        }
        return effect();
      },
      `an effect of ${JSON.stringify(settings)}`,
    );
  }

  /** Chooses a theme as a person does; a change of the settings file is not always followed. */
  async theme(theme: Theme): Promise<void> {
    const { label, css } = themes[theme];
    const shown = this.page.locator(`.monaco-workbench.${css}`);
    if (await shown.isVisible()) return;
    const item = this.quickInput.items.filter({ has: this.page.getByText(label, { exact: true }) }).first();
    // Soon after the start the themes that VS Code brings are not known yet.
    await soon(async () => {
      await this.run('Preferences: Color Theme');
      await this.quickInput.box.fill(label);
      if (!(await isVisible(item, 2000))) return false;
      return item.click({ timeout: 5000 }).then(
        () => true,
        () => false,
      );
    }, `a theme ${label}`);
    await shown.waitFor();
  }

  async resize(size: Size): Promise<void> {
    await this.page.setViewportSize(size);
  }

  /** With the editors that are open, or, which may be quicker, without. */
  async reload(editors: 'kept' | 'lost' = 'kept'): Promise<void> {
    await this.#vsCode.reload(this.page, editors, async (command) => this.run(command));
    await this.ready();
  }

  /** Comes back to this window: what is behind another one is not drawn. */
  async front(): Promise<void> {
    await this.page.bringToFront();
  }

  async close(): Promise<void> {
    await this.page.close();
  }

  /** Waits until two pictures in a row are the same: nothing moves, loads or fades any more; or until the time is over. */
  async settled(limitMs = 10_000): Promise<void> {
    let before = await this.page.screenshot();
    await soon(
      async () => {
        await delay(300);
        const after = await this.page.screenshot();
        const same = after.equals(before);
        before = after;
        return same;
      },
      'a window that is at rest',
      limitMs,
    ).catch(() => undefined); // a session at work never is
  }

  /** Writes a picture into `.cache/workbench/` (or the folder that is given) and gives its path. */
  async screenshot(name: string, folder = join(root, '.cache', 'workbench')): Promise<string> {
    await mkdir(folder, { recursive: true });
    const path = join(folder, `${name.replaceAll(/[^\w.-]+/g, '-').slice(0, 120)}.png`);
    await this.page.screenshot({ path });
    return path;
  }
}
