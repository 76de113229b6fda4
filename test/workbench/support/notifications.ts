import type { Locator, Page } from 'playwright-core';
import { isVisible, soon } from './waiting.ts';

/** The messages in the corner of the window. */
export class Notifications {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  /** Those that are shown at the moment. */
  get toasts(): Locator {
    return this.#page.locator('.notifications-toasts .notification-list-item');
  }

  /** One with a text. */
  toast(text: string | RegExp): Locator {
    return this.toasts.filter({ hasText: text });
  }

  /** Presses a button of the one with a text; one that has left the corner already is in the list behind the bell. */
  async answer(text: string | RegExp, button: string | RegExp): Promise<void> {
    const asked = this.#page
      .locator('.notifications-toasts .notification-list-item, .notifications-center .notification-list-item')
      .filter({ hasText: text })
      .first();
    const bell = this.#page.locator('[id="status.notifications"]');
    await soon(
      async () => {
        if (!(await isVisible(asked, 10_000))) {
          await bell.click({ timeout: 2000 }).catch(() => undefined);
          return false;
        }
        await asked.hover({ timeout: 2000 }).catch(() => undefined);
        const pressed = asked.locator('.monaco-button', { hasText: button }).click({ timeout: 2000 });
        return pressed.then(
          () => true,
          () => false,
        );
      },
      `a button ${String(button)} on ${String(text)}`,
    );
  }

  async texts(): Promise<string[]> {
    return this.toasts.locator('.notification-list-item-message').allInnerTexts();
  }

  async clear(): Promise<void> {
    for (const close of await this.#page.locator('.notifications-toasts .codicon-notifications-clear').all()) {
      await close.click({ force: true });
    }
  }
}
