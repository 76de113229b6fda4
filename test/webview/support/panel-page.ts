/** The built panels in a real browser: VS Code is played by us, the wire to the extension is the real one. */
import { createServer, type Server } from 'node:http';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { wirePanel, type PanelPort, type PanelWire } from '../../../src/extension/panel/dispatch.ts';
import { pageOf } from '../../../src/extension/panel/page.ts';
import { SessionPanelApi } from '../../../src/protocol/webview/session-panel.ts';
import { sessionPanelSchemas } from '../../../src/protocol/webview/session-panel-schemas.ts';
import { chromiumPath } from './chromium.ts';
import { FakeExtension } from './fake-extension.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const themesFolder = join(import.meta.dirname, '..', 'themes');

export const themes = ['dark', 'light', 'hc-dark', 'hc-light'] as const;
export type Theme = (typeof themes)[number];

/** How the page is opened. */
export interface Opening {
  readonly theme?: Theme;
  readonly width?: number;
  readonly height?: number;
  /** What an earlier page kept. */
  readonly state?: unknown;
  readonly reducedMotion?: boolean;
  /** Translations by English text. */
  readonly texts?: Readonly<Record<string, string>>;
}

/** How a session panel is opened. */
export interface SessionOpening extends Opening {
  readonly extension?: FakeExtension;
}

/** One open page and the extension that it speaks with. */
export interface PanelPage extends ShownPage {
  readonly extension: FakeExtension;
}

/** One open page. */
export interface ShownPage {
  readonly page: Page;
  /** What went wrong in the page: errors, and what its policy forbade. */
  readonly problems: readonly string[];
  /** What the page keeps over a reload. */
  state(): Promise<unknown>;
  close(): Promise<void>;
}

/** A browser, and the files of the panel as VS Code would serve them. */
export class PanelBrowser {
  readonly #browser: Browser;
  readonly #server: Server;
  readonly #origin: string;

  private constructor(browser: Browser, server: Server) {
    this.#browser = browser;
    this.#server = server;
    this.#origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<PanelBrowser> {
    const server = createServer((request, response) => {
      serve(new URL(request.url ?? '/', 'http://x')).then(
        ({ type, body }) => response.setHeader('content-type', type).end(body),
        () => response.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--enable-precise-memory-info'];
    const browser = await chromium.launch({ executablePath: chromiumPath(), args });
    return new PanelBrowser(browser, server);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The session panel, with an extension that is played. */
  async open(opening: SessionOpening = {}): Promise<PanelPage> {
    const { extension = new FakeExtension() } = opening;
    const shown = await this.show('session', opening, (port) => {
      const wire = wirePanel(SessionPanelApi, sessionPanelSchemas, extension.handlers(), port);
      extension.connect(wire);
      return wire;
    });
    return { ...shown, extension };
  }

  /** The page of a bundle; `connect` makes the extension's end of the wire. */
  async show(
    bundle: string,
    opening: Opening,
    connect: (port: PanelPort) => Pick<PanelWire<SessionPanelApi>, 'receive'>,
  ): Promise<ShownPage> {
    const { theme = 'dark', width = 800, height = 900, state } = opening;
    const context = await this.#browser.newContext({
      viewport: { width, height },
      reducedMotion: opening.reducedMotion === true ? 'reduce' : 'no-preference',
    });
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(`console: ${message.text()}`);
    });
    const wire = connect({
      post: async (message) => {
        if (page.isClosed()) return false;
        await page.evaluate((posted) => window.postMessage(posted, '*'), message);
        return true;
      },
      warn: (text) => problems.push(`protocol: ${text}`),
    });
    await page.exposeFunction('postToExtension', (message: unknown) => wire.receive(message));
    await page.addInitScript(becomeWebview, { ...readTheme(theme), defaults: defaultStyles(), state: state ?? null });
    const texts = encodeURIComponent(JSON.stringify(opening.texts ?? {}));
    await page.goto(`${this.#origin}/?bundle=${bundle}&texts=${texts}`);
    return {
      page,
      problems,
      state: () => page.evaluate(() => (window as unknown as { kept: unknown }).kept),
      close: () => context.close(),
    };
  }
}

interface ThemeFile {
  readonly classes: readonly string[];
  readonly variables: Readonly<Record<string, string>>;
}

export function readTheme(theme: Theme): ThemeFile {
  return JSON.parse(readFileSync(join(themesFolder, `${theme}.json`), 'utf8')) as ThemeFile;
}

/** What VS Code itself styles in every webview. */
function defaultStyles(): string {
  return readFileSync(join(themesFolder, 'defaults.css'), 'utf8');
}

/** Runs in the page before anything else: what VS Code does for a webview. */
function becomeWebview({
  classes,
  variables,
  defaults,
  state,
}: ThemeFile & { readonly defaults: string; readonly state: unknown }): void {
  const host = window as unknown as Record<string, unknown>;
  host['kept'] = state ?? undefined;
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) => {
    reportError(new Error(`policy: ${violatedDirective} ${blockedURI} ${sample}`));
  });
  host['acquireVsCodeApi'] = () => ({
    postMessage: (message: unknown) => (host['postToExtension'] as (posted: unknown) => void)(message),
    getState: () => host['kept'],
    setState: (kept: unknown) => (host['kept'] = structuredClone(kept)),
  });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(defaults);
  document.adoptedStyleSheets = [sheet];
  document.addEventListener('readystatechange', () => {
    for (const [name, value] of Object.entries(variables)) document.documentElement.style.setProperty(name, value);
    document.body.classList.add(...classes);
    document.body.dataset['vscodeThemeKind'] = classes.at(-1);
  });
}

const types: Readonly<Record<string, string>> = { js: 'text/javascript', css: 'text/css', ttf: 'font/ttf' };

async function serve({ pathname: path, searchParams }: URL): Promise<{ type: string; body: string | Buffer }> {
  if (path === '/') {
    const texts = JSON.parse(searchParams.get('texts') ?? '{}') as Record<string, string>;
    const bundle = searchParams.get('bundle') ?? '';
    const page = pageOf({
      ...{ title: 'Session', language: 'en', texts, nonce: 'abc123' },
      ...{ source: "'self'", script: `/${bundle}.js`, style: `/${bundle}.css` },
    });
    return { type: 'text/html', body: page };
  }
  const name = /^\/([\w.-]+)$/.exec(path)?.[1] ?? '';
  const type = types[name.split('.').at(-1) ?? ''];
  if (type === undefined) throw new Error(`There is no ${path}.`);
  return { type, body: await readFile(join(root, 'dist', 'webview', name)) };
}
