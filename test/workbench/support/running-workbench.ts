/** VS Code on a machine of its own, for tests, pictures and measurements. */
import { makeSampleRepository } from '../../../scripts/sample/repository.ts';
import { Machine } from '../../integration/cli/machine.ts';
import { calm } from './calm.ts';
import type { Size } from './browser.ts';
import { errorsInLogs, ownLog, watchConsole } from './host-errors.ts';
import { installExtension } from '../../../scripts/workbench/installation.ts';
import { extensionsIn } from '../../../scripts/workbench/places.ts';
import type { Settings } from '../../../scripts/workbench/user-settings.ts';
import { VsCode } from './vs-code.ts';
import { Window } from './window.ts';

/** What is different from the usual: a trusted window on the sample repository. */
export interface WorkbenchOptions {
  readonly settings?: Settings;
  /** False: VS Code asks whether the folder is trusted, as on a desktop. */
  readonly trust?: boolean;
  /** What the first window opens, given the machine; undefined is a window without a folder. */
  readonly folder?: (machine: Machine) => string | undefined;
  /** Makes the repository; the sample repository unless given. */
  readonly repository?: (folder: string) => Promise<void>;
  /** Name of the repository's folder. */
  readonly name?: string;
  /** Done before VS Code is started, e.g. to put things into the home. */
  readonly prepare?: (machine: Machine) => Promise<void>;
  readonly env?: Readonly<Record<string, string>>;
  readonly size?: Size;
  /** Pixels of the picture for one of the window. */
  readonly scale?: number;
  /** Puts extensions where VS Code finds them; the extension of this clone unless given. */
  readonly install?: (extensions: string) => Promise<void>;
  /** A program of the desktop in the place of the browser. */
  readonly desktop?: () => string;
}

const defaultSize: Size = { width: 1280, height: 800 };

/** VS Code on a machine of its own. */
export class Workbench {
  readonly machine: Machine;
  readonly vsCode: VsCode;
  readonly #windows: Window[] = [];
  readonly #console: string[] = [];
  #expected: readonly RegExp[] = [];
  /** Records of logs that were told already; each begins with its time. */
  readonly #seen = new Set<string>();

  private constructor(machine: Machine, vsCode: VsCode) {
    this.machine = machine;
    this.vsCode = vsCode;
  }

  static async start(options: WorkbenchOptions = {}): Promise<Workbench> {
    const machine = await Machine.make(options.repository ?? makeSampleRepository, options.name);
    try {
      await options.prepare?.(machine);
      await (options.install ?? installExtension)(extensionsIn(machine.root));
      const vsCode = await VsCode.start({
        folder: machine.root,
        env: { ...machine.env, ...options.env },
        trust: options.trust ?? true,
        settings: { ...calm, ...options.settings },
        size: options.size ?? defaultSize,
        scale: options.scale ?? 1,
        desktop: options.desktop?.(),
      });
      try {
        const workbench = new Workbench(machine, vsCode);
        await workbench.open(options.folder ? options.folder(machine) : machine.repo);
        return workbench;
      } catch (error) {
        await vsCode.stop();
        throw error;
      }
    } catch (error) {
      await machine.dispose();
      throw error;
    }
  }

  /** The window that was opened first. */
  get window(): Window {
    const [first] = this.#windows;
    if (first === undefined) throw new Error('No window is open.');
    return first;
  }

  /** Opens one more window, on a folder or on none. */
  async open(folder: string | undefined): Promise<Window> {
    const page = await this.vsCode.open(folder);
    watchConsole(page, this.#console);
    const window = new Window(page, this.vsCode);
    this.#windows.push(window);
    page.once('close', () => this.#windows.splice(this.#windows.indexOf(window), 1));
    return window.ready();
  }

  /** Errors that this test provokes on purpose. */
  expectErrors(...patterns: readonly RegExp[]): void {
    this.#expected = patterns;
  }

  /** Errors since the last time that this was asked, without those that are expected. */
  async newErrors(): Promise<string[]> {
    const logged = await errorsInLogs(this.vsCode.logs);
    const all = [...logged.filter((each) => !this.#seen.has(each)), ...this.#console.splice(0)];
    for (const each of logged) this.#seen.add(each);
    const fresh = all.filter((each) => !this.#expected.some((pattern) => pattern.test(each)));
    this.#expected = [];
    return fresh;
  }

  /** What the extension wrote into its output channel. */
  async log(): Promise<string> {
    return ownLog(this.vsCode.logs);
  }

  /** Pictures of all windows, for whoever looks into a failure. */
  async pictures(name: string): Promise<string[]> {
    return Promise.all(this.#windows.map(async (window, index) => window.screenshot(`${name}-${index + 1}`)));
  }

  async stop(): Promise<void> {
    await this.vsCode.stop();
    await this.machine.dispose();
  }
}
