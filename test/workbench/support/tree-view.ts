import type { Locator, Page } from 'playwright-core';
import { isHidden, isVisible, soon, until } from './waiting.ts';

/** A tree in the side bar. Only rows that are scrolled into sight exist. */
export class TreeView {
  readonly #page: Page;
  readonly #pane: Locator;

  constructor(page: Page, title: string) {
    this.#page = page;
    this.#pane = page.locator('.pane', { has: page.locator('.pane-header .title', { hasText: title }) }).first();
  }

  /** The whole view: its header, rows, or its welcome text. */
  get pane(): Locator {
    return this.#pane;
  }

  get rows(): Locator {
    return this.#pane.locator('.monaco-list-row');
  }

  /** The rows with a text (label or description). */
  row(text: string | RegExp): Locator {
    return this.rows.filter({ hasText: text });
  }

  /** Label and description of each row, as they are read. */
  async texts(): Promise<string[]> {
    const rows = await this.rows.locator('.monaco-icon-label').allInnerTexts();
    return rows.map((text) => text.replaceAll(/\s+/g, ' ').trim());
  }

  /** The welcome text of an empty view. */
  get welcome(): Locator {
    return this.#pane.locator('.welcome-view-content');
  }

  /** Shows the rows below a row, or hides them. */
  async toggle(text: string | RegExp): Promise<void> {
    await this.row(text).first().locator('.monaco-tl-twistie').click();
  }

  /** Clicks a row until what that opens is seen. The click goes to its beginning: small buttons may lie over the rest. */
  async open(text: string | RegExp, seen: Locator | (() => Promise<boolean>), what: string): Promise<void> {
    await until(
      async () =>
        this.row(text)
          .first()
          .click({ position: { x: 60, y: 11 } }),
      seen,
      what,
    );
  }

  /** Ticks or clears the box of a row. */
  async check(text: string | RegExp, wanted: boolean): Promise<void> {
    const box = this.row(text).locator('.monaco-custom-toggle').first();
    const isSo = async (): Promise<boolean> => (await box.getAttribute('aria-checked')) === String(wanted);
    const act = async (): Promise<void> => ((await isSo()) ? undefined : box.click());
    await until(act, isSo, `a box that is ${wanted ? 'ticked' : 'clear'} on ${String(text)}`);
  }

  /** Presses one of the small buttons that appear on a row. */
  async inline(text: string | RegExp, action: string): Promise<void> {
    const row = this.row(text).first();
    const button = row.locator(`.actions .action-label[aria-label^="${action}"]`).first();
    // A row that is drawn again meanwhile has lost the pointer, and with it its buttons.
    await soon(
      async () => {
        await row.hover();
        return button.click({ timeout: 2000 }).then(
          () => true,
          () => false,
        );
      },
      `a button ${action} on ${String(text)}`,
    );
  }

  /** Titles of the small buttons of a row. */
  async inlineActions(text: string | RegExp): Promise<string[]> {
    const row = this.row(text).first();
    await row.hover();
    const labels = await row.locator('.actions .action-label').all();
    return Promise.all(labels.map(async (label) => (await label.getAttribute('aria-label')) ?? ''));
  }

  /** Opens the context menu of a row and gives its entries. */
  async menu(text: string | RegExp): Promise<Locator> {
    await this.row(text).first().click({ button: 'right' });
    const items = this.#page.locator('.monaco-menu .action-item:not(.disabled) .action-label');
    await items.first().waitFor();
    return items;
  }

  /**
   * Chooses an entry of the context menu of a row. A window that has just been opened enables its entries a moment later, and a
   * menu that has just been opened takes no click yet.
   */
  async choose(text: string | RegExp, entry: string | RegExp): Promise<void> {
    const menu = this.#page.locator('.monaco-menu').first();
    await soon(
      async () => {
        const item = (await this.menu(text)).filter({ hasText: entry }).first();
        if (await isVisible(item, 1000)) {
          await item.click({ delay: 50, timeout: 5000 }).catch(() => undefined);
          if (await isHidden(menu, 2000)) return true;
        }
        await this.#page.keyboard.press('Escape');
        return false;
      },
      `an entry ${String(entry)} in the menu of ${String(text)}`,
    );
  }

  /** Presses a button in the header of the view, which is there only while the pointer is. */
  async action(title: string): Promise<void> {
    const button = this.#pane.locator(`.pane-header .action-label[aria-label^="${title}"]`).first();
    await soon(async () => {
      await this.#pane.locator('.pane-header').hover();
      return button.click({ timeout: 2000 }).then(
        () => true,
        () => false,
      );
    }, `a button ${title} in the header`);
  }

  /**
   * Goes to a row with nothing but keys. `enter` brings the keyboard into the view: done again whenever it is elsewhere, since
   * other parts of a busy workbench may take it.
   */
  async reach(text: string | RegExp, enter: () => Promise<void>): Promise<void> {
    const list = this.#pane.locator('.monaco-list:focus');
    const focused = this.#pane.locator('.monaco-list-row.focused').filter({ hasText: text });
    await soon(
      async () => {
        if (!(await isVisible(list, 500))) await enter();
        await this.#page.keyboard.press('Home');
        for (let below = await this.rows.count(); below >= 0; below -= 1) {
          if ((await list.isVisible()) && (await focused.isVisible())) return true;
          await this.#page.keyboard.press('ArrowDown');
        }
        return false;
      },
      `the keyboard on the row ${String(text)}`,
    );
  }

  /** Puts the keyboard into the tree. */
  async focus(): Promise<void> {
    await this.#pane.locator('.pane-body').click({ position: { x: 2, y: 2 } });
  }
}
