import type { Locator, Page } from 'playwright-core';

/** The bar at the bottom of the window. */
export class StatusBar {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** The entry of an extension (`coppice.coppice`), or the one with a text. */
  item(text: string | RegExp): Locator {
    return this.#page.locator('.part.statusbar .statusbar-item', { hasText: text });
  }

  /** All entries of Coppice. */
  get ours(): Locator {
    return this.#page.locator('.part.statusbar .statusbar-item[id^="coppice.coppice"]');
  }

  /** What is shown when the pointer rests on an entry. */
  async tooltip(item: Locator): Promise<string> {
    await item.hover();
    const hover = this.#page.locator('.monaco-hover:visible').last();
    await hover.waitFor();
    return hover.innerText();
  }
}
