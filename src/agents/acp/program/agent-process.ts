/** The ACP agent as a child process of the bridge. */
import { constants } from 'node:os';
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { Readable, Writable } from 'node:stream';
import { ndJsonStream, type Stream } from '@agentclientprotocol/sdk';

/** How the agent's process ended: its code, or 128 + the signal as a shell tells it. `error`: it could not be started. */
export interface End {
  readonly code: number;
  readonly error?: string;
}

/** A line of an agent may hold a whole file. */
const longestMessage = 64 * 1024 * 1024;
/** Between two stronger ways of asking it to end. */
const patienceMs = 3000;

/** An agent that speaks ACP over its input and output; what it prints as errors goes where the bridge's own goes. */
export class AgentProcess {
  readonly stream: Stream;
  readonly ended: Promise<End>;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve({ code: 127, error: error.message }));
      this.#child.once('exit', (code, signal) => {
        resolve({ code: code ?? 128 + constants.signals[signal ?? 'SIGTERM'] });
      });
    });
    // Writing to one that has ended is no failure of ours: its end is what is told.
    this.#child.stdin.on('error', () => undefined);
    this.stream = ndJsonStream(
      Writable.toWeb(this.#child.stdin) as WritableStream<Uint8Array>,
      Readable.toWeb(this.#child.stdout) as ReadableStream<Uint8Array>,
      { maxMessageBytes: longestMessage },
    );
  }

  /** Ends its input, then asks, then ends it. */
  async end(): Promise<void> {
    this.#child.stdin.end();
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      if (await this.#endsSoon()) return;
      this.#child.kill(signal);
    }
    await this.ended;
  }

  async #endsSoon(): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), patienceMs);
    });
    try {
      return await Promise.race([this.ended.then(() => true), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
