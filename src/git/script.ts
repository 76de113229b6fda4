/**
 * Set-up and tear-down scripts of a worktree, as the user configured them.
 *
 * A command is a program with its arguments. A single string is a line for `sh -c`, and only the user's own settings
 * may give one: it is run as it was written, nothing is ever put into it.
 */
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { finished } from 'node:stream/promises';
import { CoppiceError, systemCode } from '../core/errors.ts';
import { diskFailure } from './files.ts';
import { type ProcessCall, type ProcessEnd, runProcess } from './process.ts';

/** A script to run, with its limits. */
export interface ScriptOptions {
  /** One word each, or a line for `sh -c`. */
  readonly command: readonly string[] | string;
  /** The worktree. */
  readonly cwd: string;
  /** The whole environment of the script. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** Takes both streams, in the order of arrival; made with its folder, added to. */
  readonly outputFile: string;
  /** Of longer output the middle is dropped, which a line in its place says; the end of it is kept. Default 10 MiB. */
  readonly maxOutputBytes?: number;
  readonly signal?: AbortSignal;
  /** What runs it where the worktree is elsewhere; it rejects with the signal's reason on abort. Default: on this host. */
  readonly run?: (call: ScriptCall) => Promise<Pick<ProcessEnd, 'code' | 'ended'>>;
}

/** A script as it is run, wherever. */
export type ScriptCall = Pick<ProcessCall, 'file' | 'args' | 'env' | 'timeoutMs' | 'signal'> &
  Required<Pick<ProcessCall, 'sink'>>;

/** How a script that succeeded ran. `outputBytes` counts all output, what was dropped included. */
export interface ScriptResult {
  readonly ms: number;
  readonly outputBytes: number;
  /** Output was dropped. */
  readonly cut: boolean;
}

/** What is kept of the end of output that is too long: what went wrong stands there. */
const longestEnd = 64 * 1024;
/** As much of it goes with an error. */
const tailBytes = 4096;

/**
 * Runs to the end. When that is reached, or the time is up (TERM, 2 s later KILL), no process of its group is left.
 *
 * @throws CoppiceError `script-failed` (context `code`, `tail`, `outputFile`), `timed-out` (same context), `disk-full`;
 * the signal's reason on abort.
 */
export async function runScript(options: ScriptOptions): Promise<ScriptResult> {
  const [file = '', ...args] = typeof options.command === 'string' ? ['sh', '-c', options.command] : options.command;
  const output = await openOutput(options.outputFile, options.maxOutputBytes ?? 10 * 1024 * 1024);
  const start = performance.now();
  const { cwd, env, timeoutMs, signal } = options;
  const here = (call: ScriptCall): Promise<ProcessEnd> =>
    runProcess({ ...call, cwd, maxBytes: Number.POSITIVE_INFINITY });
  let end: Pick<ProcessEnd, 'code' | 'ended'>;
  try {
    const call = { file, args, env, timeoutMs, sink: output.take };
    end = await (options.run ?? here)(signal === undefined ? call : { ...call, signal });
  } catch (error) {
    throw notStarted(options, error);
  } finally {
    await output.close();
  }
  if (end.ended === 'aborted') throw options.signal?.reason;
  const context = { code: String(end.code ?? 'none'), tail: output.tail(), outputFile: options.outputFile };
  if (end.ended === 'timeout') {
    const seconds = Math.round(options.timeoutMs / 1000);
    throw new CoppiceError(
      'timed-out',
      `The script "${nameOf(options)}" did not end within ${seconds} s.`,
      'Make it faster, or raise `worktrees.scriptTimeoutSeconds`.',
      { context },
    );
  }
  if (end.code !== 0) {
    const how = end.code === undefined ? 'was killed' : `ended with code ${end.code}`;
    throw new CoppiceError('script-failed', `The script "${nameOf(options)}" ${how}.`, `See ${options.outputFile}.`, {
      context,
    });
  }
  return { ms: performance.now() - start, outputBytes: output.bytes(), cut: output.cut() };
}

function nameOf({ command }: ScriptOptions): string {
  return (typeof command === 'string' ? command : command.join(' ')).slice(0, 100);
}

function notStarted(options: ScriptOptions, error: unknown): unknown {
  const code = systemCode(error);
  if (code !== 'ENOENT' && code !== 'EACCES') return error;
  return new CoppiceError(
    'script-failed',
    `The script "${nameOf(options)}" could not be started.`,
    'Check that the program exists and may be run.',
    { context: { code, tail: '', outputFile: options.outputFile }, cause: error },
  );
}

interface Output {
  readonly take: (chunk: Buffer) => void;
  readonly close: () => Promise<void>;
  readonly bytes: () => number;
  readonly cut: () => boolean;
  readonly tail: () => string;
}

/** A file that takes so much and no more: the beginning as it comes, and the end, kept in memory until then. */
async function openOutput(path: string, limit: number): Promise<Output> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a', 0o600);
  const stream = file.createWriteStream();
  const problem: { error?: Error } = {};
  stream.on('error', (error) => (problem.error ??= error));
  const endBytes = Math.min(longestEnd, Math.floor(limit / 4));
  const beginning = limit - endBytes;
  let seen = 0;
  let end = Buffer.alloc(0);
  return {
    take(chunk) {
      if (seen < beginning && problem.error === undefined) stream.write(chunk.subarray(0, beginning - seen));
      seen += chunk.length;
      end = Buffer.concat([end, chunk.subarray(-longestEnd)]).subarray(-longestEnd);
    },
    async close() {
      const over = seen - beginning;
      if (over > 0 && problem.error === undefined) {
        if (seen > limit) stream.write(`\n[${seen - limit} bytes dropped]\n`);
        stream.write(end.subarray(-Math.min(over, endBytes)));
      }
      stream.end();
      await finished(stream).catch((error: unknown) => {
        throw diskFailure(error, path);
      });
    },
    bytes: () => seen,
    cut: () => seen > limit,
    tail: () => end.subarray(-tailBytes).toString('utf8'),
  };
}
