import { CoppiceError } from '../../core/errors.ts';
import type { RunRecord, RunSpec, Terminal, TerminalPlace } from '../executor.ts';
import { LocalExecutor, type LocalExecutorOptions } from '../local/local-executor.ts';
import { type NewWindow, plainName, shows, type TmuxServer, type TmuxWindow } from './server.ts';

/** How windows are opened. */
export interface TmuxExecutorOptions extends LocalExecutorOptions {
  readonly server: TmuxServer;
  /** The command line that shows a session and lets a person answer and go on; the session's id is its last word. */
  readonly view: (session: string) => readonly string[];
  /** Name of the tmux session that holds the windows of dispatched work. */
  readonly group?: string;
  readonly clock?: () => number;
  /** A window could not be opened; the agent works without. */
  readonly onTrouble?: (session: string, error: unknown) => void;
}

/**
 * Agents on this host, each with a window of tmux where a person watches, answers and goes on. The agent itself lives outside
 * of tmux, under the same wrapper as everywhere: a window that is closed, and a server that is killed, disturb nobody.
 */
export class TmuxExecutor extends LocalExecutor {
  override readonly id: string = 'tmux';
  readonly #options: TmuxExecutorOptions;

  constructor(options: TmuxExecutorOptions) {
    super(options);
    this.#options = options;
  }

  override async detect(_signal: AbortSignal): Promise<string> {
    return `tmux ${await this.#options.server.version()}; on this host, with your rights`;
  }

  override async start(spec: RunSpec, signal: AbortSignal): Promise<RunRecord> {
    const { server, onTrouble } = this.#options;
    // Before anything runs: without tmux this executor is not there.
    await server.require();
    const record = await super.start(spec, signal);
    const { label } = spec;
    if (label !== undefined) {
      await this.show([{ session: spec.session, cwd: spec.cwd, label }]).catch((error: unknown) =>
        onTrouble?.(spec.session, error),
      );
    }
    return record;
  }

  /** Opens the windows of these sessions that are not there, all with one call of tmux. */
  async show(places: readonly TerminalPlace[]): Promise<void> {
    const { server, view } = this.#options;
    const there = await server.windows();
    const missing = places.filter(({ session }) => !there.some((window) => shows(window, view(session))));
    await server.open(
      missing.map((place) => this.#window(place)),
      there,
    );
  }

  override async terminal(place: TerminalPlace): Promise<Terminal> {
    const { server } = this.#options;
    await this.show([place]);
    const [window] = await this.#windowsOf(place.session);
    if (window === undefined) {
      throw new CoppiceError(
        'unreachable',
        'The window of the session closed as soon as it was opened.',
        `Look with \`coppice session attach ${place.session}\`.`,
      );
    }
    const command = server.attach(window);
    return {
      ...{ command, cwd: place.cwd, what: 'The window of the session in tmux. Ctrl-B D leaves it as it is.' },
      lost: {
        code: 1, // of a client that has ended, for whatever reason
        message:
          'The tmux window is not there any more, or could not be shown in this terminal: its last line says why. The agent does not need it.',
        next: 'Open the terminal again: it gets another window.',
      },
    };
  }

  override async forget(session: string): Promise<void> {
    await this.#options.server.close((await this.#windowsOf(session)).map(({ id }) => id));
  }

  async #windowsOf(session: string): Promise<readonly TmuxWindow[]> {
    const { server, view } = this.#options;
    return (await server.windows()).filter((window) => shows(window, view(session)));
  }

  #window({ session, cwd, label }: TerminalPlace): NewWindow {
    const { view, group = 'coppice', clock = Date.now } = this.#options;
    const { task, mode, agent } = label;
    const own = mode === 'interactive';
    return {
      name: own ? agent : plainName(`${task}-${mode}`),
      group: own ? plainName(`${agent}-${task}-${clock()}`) : group,
      cwd,
      command: view(session),
    };
  }
}
