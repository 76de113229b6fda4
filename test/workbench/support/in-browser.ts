import { setTimeout as delay } from 'node:timers/promises';
import type { BrowserContext, Page } from 'playwright-core';
import { CodeServer } from '../../../scripts/workbench/code-server.ts';
import { browserProfile } from './browser.ts';
import type { VsCodeOptions, Windows } from './vs-code.ts';

/** In a browser VS Code writes down which editors are open every five seconds, and not when it is closed. */
const statePeriodMs = 6000;

/** Windows in a browser of the tests, over a code-server. */
export class InBrowser implements Windows {
  readonly #server: CodeServer;
  readonly #profile: BrowserContext;

  private constructor(server: CodeServer, profile: BrowserContext) {
    this.#server = server;
    this.#profile = profile;
  }

  static async start({ size, scale, ...options }: VsCodeOptions): Promise<InBrowser> {
    const server = await CodeServer.start(options);
    try {
      return new InBrowser(server, await browserProfile(size, scale));
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  async open(folder: string | undefined): Promise<Page> {
    const page = await this.#profile.newPage();
    await page.goto(this.#server.windowOn(folder), { waitUntil: 'commit', timeout: 60_000 });
    return page;
  }

  /** As the person who presses F5 in the browser, or the window that crashed. */
  async reload(page: Page, editors: 'kept' | 'lost'): Promise<void> {
    if (editors === 'kept') await delay(statePeriodMs);
    await page.reload({ waitUntil: 'commit' });
  }

  async stop(): Promise<void> {
    await this.#profile.close();
    await this.#server.stop();
  }
}
