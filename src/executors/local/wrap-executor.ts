import { isAbsolute } from 'node:path';
import { CoppiceError, isCoppiceError } from '../../core/errors.ts';
import type { RunRecord, RunSpec } from '../executor.ts';
import { findProgram } from './command.ts';
import { LocalExecutor, type LocalExecutorOptions } from './local-executor.ts';

/** How a wrapped executor is made. */
export interface WrapExecutorOptions extends LocalExecutorOptions {
  readonly id: string;
  /** The command that is put before the agent's: a program and its arguments. Throws when there is none. */
  readonly wrap: () => readonly string[];
}

/** Ids of wrapped executors; the name is the first group. */
export const wrapPattern = /^wrap:([a-z0-9][a-z0-9-]{0,63})$/u;

/**
 * Agents on this host, each started by a command of the user's own: a sandbox, a resource limit, a development shell. Nobody checks
 * what that command keeps from an agent, so it counts as no boundary.
 */
export class WrapExecutor extends LocalExecutor {
  override readonly id: string;
  readonly #wrap: () => readonly string[];

  constructor(options: WrapExecutorOptions) {
    super(options);
    this.id = options.id;
    this.#wrap = options.wrap;
  }

  /** A program that is named by a path from the worktree cannot be looked for before that is there. */
  async requireParts({ path = '' }: { readonly path: string | undefined }): Promise<void> {
    const [program = ''] = this.#wrap();
    if (program.includes('/') && !isAbsolute(program)) return;
    await this.#find(program, '/', { PATH: path });
  }

  override async detect(_signal: AbortSignal, path = process.env['PATH'] ?? ''): Promise<string> {
    const [program = ''] = this.#wrap();
    return `this host, with your rights, started by ${await this.#find(program, '/', { PATH: path })}`;
  }

  override async start(spec: RunSpec, signal: AbortSignal): Promise<RunRecord> {
    const [program = '', ...args] = this.#wrap();
    const command = await this.#find(program, spec.cwd, spec.env);
    // What does not exist must be named as the agent, not as what its wrapper could not find.
    await findProgram(spec);
    const filled = args.map((word) => word.replaceAll(placeholder, (_, name) => values(spec)[String(name)] ?? ''));
    return super.start({ ...spec, command, args: [...filled, spec.command, ...spec.args] }, signal);
  }

  async #find(command: string, cwd: string, env: Readonly<Record<string, string>>): Promise<string> {
    try {
      return await findProgram({ command, cwd, env });
    } catch (error) {
      if (!isCoppiceError(error, 'agent-missing') && !isCoppiceError(error, 'agent-unusable')) throw error;
      const next = `Install it, or correct the plugin \`${this.id.slice('wrap:'.length)}.yaml\`.`;
      throw new CoppiceError('executor-missing', `The program of the executor was not found: ${command}`, next);
    }
  }
}

const placeholder = /\{(worktree|session)\}/gu;

function values({ cwd, session }: RunSpec): Readonly<Record<string, string>> {
  return { worktree: cwd, session };
}
