import type { Locator, Page } from 'playwright-core';

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

  /** Presses a button of the one with a text. */
  async answer(text: string | RegExp, button: string | RegExp): Promise<void> {
    const toast = this.toast(text).first();
    await toast.hover();
    await toast.locator('.monaco-button', { hasText: button }).click();
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
