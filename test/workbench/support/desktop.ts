import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser, type Page } from 'playwright-core';
import { dataIn, extensionsIn } from '../../../scripts/workbench/places.ts';
import { endGroup, printedBy } from '../../../scripts/workbench/processes.ts';
import { writeSettings, type Settings } from '../../../scripts/workbench/user-settings.ts';
import { patienceMs } from './browser.ts';
import type { VsCodeOptions, Windows } from './vs-code.ts';
import { soon } from './waiting.ts';

const startLimitMs = 60_000;

/** What the system would draw is drawn in the window: else no test could see it. */
const drawn: Settings = {
  'window.titleBarStyle': 'custom',
  'window.dialogStyle': 'custom',
  'window.menuStyle': 'custom',
  'files.simpleDialog.enable': true,
  'window.restoreWindows': 'none',
};

/** The parts of the environment without which a desktop shows no window. */
const display = ['DISPLAY', 'WAYLAND_DISPLAY', 'XAUTHORITY', 'DBUS_SESSION_BUS_ADDRESS'] as const;

/** The debugging port of a program that runs, and what ends it. */
interface Running {
  readonly process: ChildProcess;
  readonly browser: Browser;
}

/**
 * Windows of VS Code as it is installed on a desktop: Playwright attaches to the debugging port that it is started with. All
 * windows belong to one process; a further one is asked for by starting the program again.
 */
export class OnDesktop implements Windows {
  readonly #program: string;
  readonly #options: VsCodeOptions;
  readonly #known = new Set<Page>();
  readonly #opened = new Set<string>();
  #running: Running | undefined;

  constructor(program: string, options: VsCodeOptions) {
    this.#program = program;
    this.#options = options;
  }

  async open(folder: string | undefined): Promise<Page> {
    const place = folder === undefined ? [] : [await this.#once(folder)];
    if (this.#running === undefined) this.#running = await this.#start(place);
    else await this.#ask(place);
    const { browser } = this.#running;
    const pages = (): Page[] => browser.contexts().flatMap((context) => context.pages());
    const page = await soon(() => pages().find((each) => !this.#known.has(each)), 'a window', startLimitMs);
    this.#known.add(page);
    page.setDefaultTimeout(patienceMs);
    await page.setViewportSize(this.#options.size);
    return page;
  }

  /** As the person who runs the command. The program itself writes down which editors are open. */
  async reload(page: Page, _editors: 'kept' | 'lost', run: (command: string) => Promise<void>): Promise<void> {
    await page.evaluate('globalThis.beforeTheReload = true');
    await run('Developer: Reload Window');
    const isNew = async (): Promise<boolean> =>
      page.evaluate<boolean>('globalThis.beforeTheReload === undefined').catch(() => false); // it is just going
    await soon(isNew, 'a window that was reloaded', startLimitMs);
  }

  async stop(): Promise<void> {
    if (this.#running === undefined) return;
    await this.#running.browser.close();
    await endGroup(this.#running.process);
  }

  async #start(place: readonly string[]): Promise<Running> {
    const { folder, env, settings } = this.#options;
    await mkdir(extensionsIn(folder), { recursive: true });
    await writeSettings(dataIn(folder), { ...settings, ...drawn });
    const process = spawn(this.#program, ['--remote-debugging-port=0', ...this.#arguments, ...place], {
      cwd: folder,
      env: withDisplay(env),
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const address = await printedBy(process, /DevTools listening on (ws:\S+)/, this.#program);
    try {
      // Without Playwright's defaults: a program of Electron refuses some of them.
      return { process, browser: await chromium.connectOverCDP(address, { noDefaults: true, timeout: startLimitMs }) };
    } catch (error) {
      await endGroup(process);
      throw error;
    }
  }

  /** Hands the wish for a window to the process that runs. */
  async #ask(place: readonly string[]): Promise<void> {
    const { folder, env } = this.#options;
    await promisify(execFile)(this.#program, [...this.#arguments, '--new-window', ...place], {
      cwd: folder,
      env: withDisplay(env),
      timeout: startLimitMs,
    });
  }

  get #arguments(): string[] {
    const { folder, trust } = this.#options;
    return [
      ...[`--user-data-dir=${dataIn(folder)}`, `--extensions-dir=${extensionsIn(folder)}`],
      ...['--skip-welcome', '--skip-release-notes', '--disable-updates', '--disable-telemetry', '--no-cached-data'],
      '--use-inmemory-secretstorage', // a key ring would ask for a password
      '--force-disable-user-env', // the environment is the one of the test's machine
      ...['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
      ...(trust ? ['--disable-workspace-trust'] : []),
    ];
  }

  /** A folder that is open already would come to the front in its window: as a workspace of its own it is opened once more. */
  async #once(folder: string): Promise<string> {
    if (!this.#opened.has(folder)) {
      this.#opened.add(folder);
      return folder;
    }
    const file = join(this.#options.folder, `${basename(folder)}-${this.#known.size}.code-workspace`);
    await writeFile(file, JSON.stringify({ folders: [{ path: folder }] }));
    return file;
  }
}

function withDisplay(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...Object.fromEntries(display.map((name) => [name, process.env[name]])), ...env };
}
