/** A VS Code of a test's own: in a browser (code-server), or the program of a desktop that `COPPICE_TEST_DESKTOP` names. */
import type { Page } from 'playwright-core';
import { dataIn, logsIn } from '../../../scripts/workbench/places.ts';
import { changeSettings, type Settings } from '../../../scripts/workbench/user-settings.ts';
import type { Size } from './browser.ts';
import { OnDesktop } from './desktop.ts';
import { InBrowser } from './in-browser.ts';

/** How it is started. */
export interface VsCodeOptions {
  /** Folder of its own, in which it keeps what it writes; extensions are there before it starts. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly settings: Settings;
  /** Whether folders are trusted without asking. */
  readonly trust: boolean;
  /** Of each window, pixels. */
  readonly size: Size;
  /** Pixels of a picture for one of the window; a desktop has its own. */
  readonly scale: number;
  /** The program of the desktop; a browser when it is undefined. */
  readonly desktop?: string | undefined;
}

/** Where windows come from: all in which a browser and a desktop differ. */
export interface Windows {
  /** Opens a window on a folder, or on none; one more where the folder is open already. */
  open(folder: string | undefined): Promise<Page>;
  /** As the person who reloads the window that is in front, by `run` of a command if need be; with the editors that are open. */
  reload(page: Page, editors: 'kept' | 'lost', run: (command: string) => Promise<void>): Promise<void>;
  /** Ends all of it. */
  stop(): Promise<void>;
}

/** A VS Code that runs. */
export class VsCode {
  readonly logs: string;
  readonly #windows: Windows;
  readonly #data: string;

  private constructor(windows: Windows, folder: string) {
    this.#windows = windows;
    this.#data = dataIn(folder);
    this.logs = logsIn(folder);
  }

  static async start(options: VsCodeOptions): Promise<VsCode> {
    const program = options.desktop ?? process.env['COPPICE_TEST_DESKTOP'];
    const windows = program ? new OnDesktop(program, options) : await InBrowser.start(options);
    return new VsCode(windows, options.folder);
  }

  /** Opens a window on a folder, or on none. */
  async open(folder: string | undefined): Promise<Page> {
    return this.#windows.open(folder);
  }

  /** Reloads a window; `run` runs a command of the palette in it. */
  async reload(page: Page, editors: 'kept' | 'lost', run: (command: string) => Promise<void>): Promise<void> {
    await this.#windows.reload(page, editors, run);
  }

  /** Changes settings of the user; undefined takes one away. Windows follow within a second or two. */
  async set(settings: Settings): Promise<void> {
    await changeSettings(this.#data, settings);
  }

  async stop(): Promise<void> {
    await this.#windows.stop();
  }
}
