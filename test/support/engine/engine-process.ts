import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { connect, type Connection } from '../../../src/protocol/client/connect.ts';
import { isCoppiceError } from '../../../src/core/errors.ts';
import type { Plan } from './plan.ts';
import { until } from './waiting.ts';

/** The program of an engine in the sources. */
export const engineProgram = fileURLToPath(new URL('engine-program.ts', import.meta.url));

export interface Start {
  readonly program: string;
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  readonly plan: Plan;
  /** File that gets what it prints. */
  readonly output: string;
}

/** One life of an engine. */
export class EngineProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<NodeJS.Signals | number>;
  #end: NodeJS.Signals | number | undefined;
  readonly #home: string;

  private constructor(child: ChildProcess, home: string) {
    this.child = child;
    this.#home = home;
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#end = signal ?? code ?? 0;
        resolve(this.#end);
      });
    });
  }

  static start({ program, home, env, plan, output }: Start): EngineProcess {
    const file = openSync(output, 'a');
    try {
      const child = spawn(process.execPath, [program, JSON.stringify(plan)], { env, stdio: ['ignore', file, file] });
      return new EngineProcess(child, home);
    } finally {
      closeSync(file);
    }
  }

  /** The exit code or the signal that ended it; undefined while it runs. */
  get end(): NodeJS.Signals | number | undefined {
    return this.#end;
  }

  hasEnded(): boolean {
    return this.#end !== undefined;
  }

  /** A connection; undefined if it ended before there was one. */
  async connection(): Promise<Connection | undefined> {
    return until(
      async () => {
        if (this.hasEnded()) return { found: undefined };
        try {
          return { found: await connect({ home: this.#home, client: 'test', version: '0.0.0-source' }) };
        } catch (error) {
          const early = isCoppiceError(error, 'unreachable') || isCoppiceError(error, 'unknown-outcome');
          if (early || this.hasEnded()) return undefined;
          throw error;
        }
      },
      () => `engine ${this.child.pid ?? 0} cannot be reached`,
    ).then(({ found }) => found);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}
