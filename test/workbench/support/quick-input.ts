import type { Locator, Page } from 'playwright-core';
import { isVisible, soon } from './waiting.ts';

/** The box at the top of the window: command palette, quick picks, input boxes. */
export class QuickInput {
  readonly #page: Page;
  readonly #widget: Locator;

  constructor(page: Page) {
    this.#page = page;
    this.#widget = page.locator('.quick-input-widget:visible');
  }

  get widget(): Locator {
    return this.#widget;
  }

  /** What is typed into. */
  get box(): Locator {
    return this.#widget.locator('.quick-input-box input, .quick-input-box textarea').first();
  }

  /** The items that are offered (those that are drawn: some 20). */
  get items(): Locator {
    return this.#widget.locator('.quick-input-list .monaco-list-row:visible');
  }

  /** Runs a command of the palette by its full title. It may take a moment until the extension that brings it is known. */
  async run(title: string, by: 'mouse' | 'keyboard' = 'mouse'): Promise<void> {
    const item = this.items.filter({ has: this.#page.getByText(title, { exact: true }) }).first();
    // Whatever else opens a box at the top of the window meanwhile takes the palette's place: so it is opened anew each time.
    await soon(async () => {
      await this.#palette();
      await this.#write(`>${title}`).catch(() => undefined);
      if (!(await isVisible(item, 2000))) return false;
      if (by === 'keyboard') return this.#enter(item);
      return item.click({ timeout: 5000 }).then(
        () => true,
        () => false,
      );
    }, `a command '${title}' in the palette`);
  }

  /** Goes down to an item and presses Enter there: a longer title may be listed before the one that was written. */
  async #enter(item: Locator): Promise<boolean> {
    const focused = item.and(this.#page.locator('.focused'));
    for (let below = await this.items.count(); below > 0; below -= 1) {
      if (await isVisible(focused, 200)) {
        await this.#page.keyboard.press('Enter');
        return true;
      }
      await this.#page.keyboard.press('ArrowDown');
    }
    return false;
  }

  /** Titles of the commands that are offered for a text. */
  async commands(text: string): Promise<string[]> {
    // While the workbench starts, something else may take the keyboard and close the palette.
    await soon(async () => {
      await this.#palette();
      await this.#write(`>${text}`).catch(() => undefined);
      return isVisible(this.items.first(), 2000);
    }, `commands for '${text}'`);
    const found = await this.labels();
    await this.dismiss();
    return found;
  }

  /** The first line of each item that is drawn. */
  async labels(): Promise<string[]> {
    const labels = await this.items.locator('.quick-input-list-rows .label-name').allInnerTexts();
    return labels.map((label) => label.trim());
  }

  /** The title of a step, e.g. `New Session (1/3)`. */
  async title(): Promise<string> {
    return (await this.#widget.locator('.quick-input-title').innerText()).trim();
  }

  /** What is wrong with the input, or what it is for. */
  get message(): Locator {
    return this.#widget.locator('.quick-input-message');
  }

  /** Chooses an item by a part of its text, with the mouse. */
  async choose(text: string | RegExp): Promise<void> {
    await this.items.filter({ hasText: text }).first().click();
  }

  /** Writes into a box that asks for a text and presses Enter. The list of the step before is still there for a moment. */
  async submit(text: string): Promise<void> {
    await this.#widget.locator('.quick-input-list').waitFor({ state: 'hidden' });
    await this.box.waitFor();
    await this.box.fill(text);
    await this.#page.keyboard.press('Enter');
  }

  async dismiss(): Promise<void> {
    await this.#page.keyboard.press('Escape');
    await this.#widget.waitFor({ state: 'hidden' });
  }

  async #palette(): Promise<void> {
    await soon(async () => {
      await this.#page.keyboard.press('F1');
      return isVisible(this.box, 2000);
    }, 'a command palette');
  }

  /** The palette looks again only when the text changes. */
  async #write(text: string): Promise<void> {
    await this.box.fill('>', { timeout: 5000 });
    await this.box.fill(text, { timeout: 5000 });
  }
}
