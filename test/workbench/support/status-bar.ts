import type { Locator, Page } from 'playwright-core';
import { isVisible, soon } from './waiting.ts';

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

  /** What is shown when the pointer rests on an entry, which loses the pointer when it is drawn again. */
  async tooltip(item: Locator): Promise<string> {
    const hover = this.#page.locator('.monaco-hover:visible').last();
    return soon(async () => {
      await this.#page.mouse.move(0, 0);
      await item.hover({ timeout: 5000 }).catch(() => undefined);
      if (!(await isVisible(hover, 3000))) return undefined;
      const text = await hover.innerText({ timeout: 2000 }).catch(() => undefined);
      return text?.replaceAll('\u00A0', ' '); // Markdown keeps spaces apart
    }, 'a tooltip in the status bar');
  }
}
