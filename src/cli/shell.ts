import type { Connect, Dispose } from './connection.ts';

/** Where output goes. `write` never throws; what a closed pipe refuses is lost quietly. */
export interface Sink {
  readonly isTTY: boolean;
  /** Columns of the terminal; 80 when it is none. */
  readonly columns: number;
  write(text: string): void;
}

/** A person at the keyboard. Questions end early, with `undefined`, when `signal` is aborted or the input ends. */
export interface Keyboard {
  ask(question: string, signal?: AbortSignal): Promise<string | undefined>;
  /** What is typed is not shown. */
  askHidden(question: string, signal?: AbortSignal): Promise<string | undefined>;
}

/** What the command line sees of the process that it runs in. Tests hand in a made-up one. */
export interface Shell {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute. */
  readonly cwd: string;
  /** Data directory of Coppice. Reading it throws `bad-usage` when the environment names one that is no absolute path. */
  readonly home: string;
  readonly version: string;
  readonly nodeVersion: string;
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** Missing when the standard input is not a terminal. */
  readonly keyboard?: Keyboard;
  readonly connect: Connect;
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds from any point, by a clock that nobody sets and that stands still while the machine sleeps: waits are measured by it. */
  steady(): number;
  /** Waits, or ends early when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Ctrl-C. While nobody listens it ends the process. */
  onInterrupt(listener: () => void): Dispose;
  readStdin(limit: number): Promise<Uint8Array>;
  /** Standard input as it comes, for a command that is spoken with. */
  listen(): AsyncIterable<string | Uint8Array>;
  /** Gives the terminal to another program until it ends; its exit status. Missing when there is no terminal to give. */
  exec?(command: readonly string[], cwd: string): Promise<number>;
}
