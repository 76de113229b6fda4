import { join } from 'node:path';
import { isCoppiceError, type CoppiceError } from '../../core/errors.ts';
import { runMark, sessionMark } from '../../executors/mark.ts';
import type { LocalExecutor } from '../../executors/local/local-executor.ts';
import { runScript } from '../../git/script.ts';
import type { GateRunner } from '../../supervision/gates/run.ts';

/** Where and how gates run. */
export interface GateRunnerOptions {
  /** The worktree. */
  readonly cwd: string;
  /** The whole environment, without secrets of the agent. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Takes one file of output per gate; made if it is not there. */
  readonly folder: string;
  readonly maxOutputBytes?: number;
  readonly newId: () => string;
  readonly watch: LocalExecutor['watch'];
}

const sweepLimits = { graceMs: 1000 };

/**
 * Runs a gate as its own user would, in its own process group, and ends whatever it leaves behind, also in sessions of its own. A
 * gate of which something could not be ended has not passed: it may still change the files.
 */
export function gateRunner(options: GateRunnerOptions): GateRunner {
  const { cwd, timeoutMs, folder, newId, watch, maxOutputBytes } = options;
  return async ({ command }, signal) => {
    const mark = newId();
    const output = join(folder, `${mark}.log`);
    const env = { ...options.env, [sessionMark]: mark, [runMark]: '0' };
    const limits = maxOutputBytes === undefined ? {} : { maxOutputBytes };
    const watched = watch(mark);
    const began = performance.now();
    const ms = (): number => Math.round(performance.now() - began);
    try {
      const code = await exitCodeOf(runScript({ command, cwd, env, timeoutMs, outputFile: output, signal, ...limits }));
      const { left } = await watched.end(sweepLimits);
      return { passed: code === 0 && left.length === 0, code, ms: ms(), output };
    } catch (error) {
      await watched.end(sweepLimits);
      throw error;
    }
  };
}

/** 0 for a script that succeeded, null for one that was ended or could not be started. Other errors are not about the gate. */
async function exitCodeOf(script: Promise<unknown>): Promise<number | null> {
  try {
    await script;
    return 0;
  } catch (error) {
    if (!isCoppiceError(error, 'script-failed') && !isCoppiceError(error, 'timed-out')) throw error;
    return codeIn(error);
  }
}

function codeIn({ context, code }: CoppiceError): number | null {
  const said = Number(context['code']);
  // A gate that was ended for its time may still have made up a code on the way out.
  return code === 'script-failed' && Number.isInteger(said) && said !== 0 ? said : null;
}
