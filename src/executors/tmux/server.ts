/** One tmux server of ours: its windows are listed, opened and closed by id, each with a single call of tmux. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { CoppiceError, systemCode } from '../../core/errors.ts';

/** Which server, and how it is reached. */
export interface TmuxServerOptions {
  /** Name of its socket (`tmux -L`): the user's own server has another one. */
  readonly socket: string;
  /** The environment of the server and all its windows. No secrets belong here. */
  readonly env: Readonly<Record<string, string>>;
}

/** A window that is there. */
export interface TmuxWindow {
  /** `@7`: unique for one life of the server. */
  readonly id: string;
  readonly name: string;
  /** Name of the tmux session that it is in. */
  readonly group: string;
  /** The command line that it was opened with, quoted by tmux. */
  readonly command: string;
  readonly cwd: string;
}

/** A window to be opened. */
export interface NewWindow {
  readonly name: string;
  /** Name of the tmux session; made when it is not there. */
  readonly group: string;
  readonly cwd: string;
  readonly command: readonly string[];
}

const run = promisify(execFile);
const limitMs = 15_000;
const historyLines = 50_000;
const maxBytes = 16 * 1024 * 1024;
const format = ['#{window_id}', '#{window_name}', '#{session_name}', '#{pane_start_path}', '#{pane_start_command}'];
/** tmux prints other separators as text. */
const separator = '\\t';

/** A name by which a person can address a session or window of tmux: `.` and `:` are its own separators. */
export function plainName(text: string): string {
  return text.replaceAll(/[.:\s]/gu, '_');
}

/** Where windows are looked at by a person. What is at work must not depend on it: a server that dies takes its windows along. */
export class TmuxServer {
  readonly #options: TmuxServerOptions;
  #found = false;

  constructor(options: TmuxServerOptions) {
    this.#options = options;
  }

  /** The command line of a terminal that shows a window. */
  attach(window: TmuxWindow): readonly string[] {
    return ['tmux', '-L', this.#options.socket, 'attach-session', '-t', window.id];
  }

  /** Version as tmux tells it, e.g. `3.3a`. Throws `executor-missing`. */
  async version(): Promise<string> {
    const said = await this.#tmux(['-V']);
    return /\b(\d+\.\S+)/u.exec(said)?.[1] ?? said.trim();
  }

  /** Whether tmux is there; once it was, it is not asked again. Throws `executor-missing`. */
  async require(): Promise<void> {
    if (!this.#found) await this.version();
    this.#found = true;
  }

  /** All windows; none when no server runs. */
  async windows(): Promise<readonly TmuxWindow[]> {
    const args = [...this.#socket(), 'list-panes', '-a', '-F', format.join(separator)];
    const said = await this.#tmux(args).catch((error: unknown) => {
      if (isNoServer(error)) return '';
      throw error;
    });
    return (
      said
        // A folder's name may have an end of line in it.
        .split(/\n(?=@\d)/u)
        .filter((line) => line !== '')
        .map((line) => {
          const [id = '', name = '', group = '', cwd = '', ...command] = line.split(separator);
          return { id, name, group, cwd, command: command.join(separator).trimEnd() };
        })
    );
  }

  /** Opens windows, however many, with one call of tmux. `known` are those that were there a moment ago. */
  async open(windows: readonly NewWindow[], known?: readonly TmuxWindow[]): Promise<void> {
    if (windows.length === 0) return;
    try {
      await this.#open(windows, new Set((known ?? (await this.windows())).map(({ group }) => group)));
    } catch (error) {
      // Somebody else made the session, or the server ended, between the look and the call.
      if (!/duplicate session|can't find session|no server|lost server|server exited/u.test(said(error))) throw error;
      const there = await this.windows();
      const missing = windows.filter(({ command }) => !there.some((each) => shows(each, command)));
      if (missing.length > 0) await this.#open(missing, new Set(there.map(({ group }) => group)));
    }
  }

  /** Closes windows by id. One that is gone is no error. */
  async close(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      await this.#tmux([...this.#socket(), 'kill-window', '-t', id]).catch((error: unknown) => {
        if (!isNoServer(error) && !/can't find window/u.test(said(error))) throw error;
      });
    }
  }

  async #open(windows: readonly NewWindow[], there: Set<string>): Promise<void> {
    const commands = windows.map(({ name, group, cwd, command }) => {
      const place = there.has(group)
        ? ['new-window', '-d', '-t', `=${group}:`]
        : ['new-session', '-d', '-s', literal(group)];
      there.add(group);
      return [...place, '-n', literal(name), '-c', literal(cwd), '--', ...command].map(plain);
    });
    const history = ['start-server', ';', 'set-option', '-g', 'history-limit', String(historyLines)];
    await this.#tmux([...this.#socket(), ...history, ...commands.flatMap((each) => [';', ...each])]);
  }

  /** Names are told as they are, whatever the locale; without the user's configuration, which could run anything in our server. */
  #socket(): string[] {
    return ['-u', '-L', this.#options.socket, '-f', '/dev/null'];
  }

  async #tmux(args: readonly string[]): Promise<string> {
    const options = { env: { ...this.#options.env }, timeout: limitMs, maxBuffer: maxBytes, cwd: '/' };
    try {
      return (await run('tmux', [...args], options)).stdout;
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
      throw new CoppiceError(
        'executor-missing',
        'tmux was not found, so nothing can be shown in its windows.',
        'Install tmux (for example `apt install tmux` or `brew install tmux`), or use `--executor local`.',
        { cause: error },
      );
    }
  }
}

/** Whether a window was opened with this command. Ids of sessions occur in it as they are, whatever tmux quotes. */
export function shows({ command }: Pick<TmuxWindow, 'command'>, wanted: readonly string[]): boolean {
  const last = wanted.at(-1);
  return last !== undefined && command.includes(last);
}

/** tmux ends a command at a word that ends with `;`. */
function plain(word: string): string {
  return word.endsWith(';') ? `${word.slice(0, -1)}\\;` : word;
}

/**
 * Names and folders are formats to tmux: `C#Sharp` would lead to another folder, and `#(…)` be run by a shell. It takes two `#` for
 * one, but before a `[` each for itself.
 */
function literal(text: string): string {
  return text.replaceAll(/#+(?![#[])/gu, '$&$&');
}

function isNoServer(error: unknown): boolean {
  return /no server running|error connecting to|No such file|lost server|server exited|no current target/u.test(
    said(error),
  );
}

function said(error: unknown): string {
  const stderr = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : '';
  return stderr === '' && error instanceof Error ? error.message : stderr;
}
