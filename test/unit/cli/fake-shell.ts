import { runCli } from '../../../src/cli/cli.ts';
import type { Keyboard, Shell, Sink } from '../../../src/cli/shell.ts';
import type { FakeEngine } from './fake-engine.ts';

class Recorder implements Sink {
  readonly isTTY: boolean;
  columns = 100;
  text = '';

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }

  write(text: string): void {
    this.text += text;
  }
}

/** A person who types what was written down beforehand, and then nothing more. */
class Typist implements Keyboard {
  readonly questions: string[] = [];
  readonly #lines: (string | (() => Promise<string | undefined>))[];

  constructor(lines: readonly (string | (() => Promise<string | undefined>))[]) {
    this.#lines = [...lines];
  }

  async ask(question: string, signal?: AbortSignal): Promise<string | undefined> {
    this.questions.push(question);
    const next = this.#lines.shift();
    if (typeof next === 'string') return next;
    const aborted = new Promise<undefined>((resolve) => {
      if (signal?.aborted === true) resolve(undefined);
      signal?.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    return next === undefined ? undefined : Promise.race([next(), aborted]);
  }

  async askHidden(question: string, signal?: AbortSignal): Promise<string | undefined> {
    return this.ask(`hidden ${question}`, signal);
  }
}

export interface FakeOptions {
  /** Standard output and input are a terminal at which a person types these lines. */
  readonly types?: readonly (string | (() => Promise<string | undefined>))[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: Uint8Array;
  readonly cwd?: string;
  readonly columns?: number;
  readonly home?: string;
  /** Waits only end when they are aborted. */
  readonly patient?: true;
  /** Runs a program that is given the terminal; its exit status. */
  readonly exec?: Shell['exec'];
}

export class FakeShell implements Shell {
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly home: string;
  readonly version = '9.9.9';
  readonly nodeVersion = 'v24.0.0';
  readonly stdout: Recorder;
  readonly stderr: Recorder;
  readonly keyboard?: Typist;
  readonly connect: Shell['connect'];
  readonly exec?: NonNullable<Shell['exec']>;
  readonly #stdin: Uint8Array;
  readonly #patient: boolean;
  readonly #interrupts = new Set<() => void>();
  /** Milliseconds that were waited; `sleep` moves them and `time`. */
  waited = 0;
  /** Milliseconds since 1970. */
  time = Date.parse('2026-01-01T00:01:00.000Z');

  constructor(engine: FakeEngine, options: FakeOptions = {}) {
    const terminal = options.types !== undefined;
    this.env = { NO_COLOR: '1', ...options.env };
    this.cwd = options.cwd ?? '/repo/sub';
    this.home = options.home ?? '/home/.coppice';
    this.stdout = new Recorder(terminal);
    this.stderr = new Recorder(terminal);
    this.stdout.columns = options.columns ?? 100;
    if (options.types !== undefined) this.keyboard = new Typist(options.types);
    this.connect = engine.connect;
    if (options.exec !== undefined) this.exec = options.exec;
    this.#patient = options.patient === true;
    this.#stdin = options.stdin ?? new Uint8Array();
  }

  now(): number {
    return this.time;
  }

  steady(): number {
    return this.waited;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    this.time += ms;
    this.waited += ms;
    await new Promise<void>((resolve) => {
      if (!this.#patient) setTimeout(resolve, 1);
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  onInterrupt(listener: () => void): () => void {
    this.#interrupts.add(listener);
    return () => this.#interrupts.delete(listener);
  }

  pressCtrlC(): void {
    for (const listener of [...this.#interrupts]) listener();
  }

  get minded(): boolean {
    return this.#interrupts.size > 0;
  }

  async *listen(): AsyncGenerator<Uint8Array> {
    // In pieces that end anywhere, as a pipe gives them.
    for (let at = 0; at < this.#stdin.length; at += 7) yield this.#stdin.subarray(at, at + 7);
  }

  async readStdin(limit: number): Promise<Uint8Array> {
    return this.#stdin.subarray(0, limit);
  }
}

export interface Ran {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly shell: FakeShell;
}

/** Runs a command line against an engine that is made up. */
export async function coppice(engine: FakeEngine, argv: readonly string[], options: FakeOptions = {}): Promise<Ran> {
  const shell = new FakeShell(engine, options);
  const exit = await runCli(argv, shell);
  return { exit, stdout: shell.stdout.text, stderr: shell.stderr.text, shell };
}

/** Waits, a moment at a time and 2 s at most, until something holds. */
export async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; i < 400; i++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`It never came to be: ${String(holds)}`);
}
