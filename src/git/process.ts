/**
 * Runs one program to its end: argument array, own process group, bounded time and output, abortable.
 */
import { spawn } from 'node:child_process';
import { systemCode } from '../core/errors.ts';

/** A program to run once. `env` is its complete environment, `cwd` is absolute. */
export interface ProcessCall {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Written to standard input, which is closed afterwards; without it standard input is empty. */
  readonly input?: string | Uint8Array;
  readonly timeoutMs: number;
  /** Standard output beyond this many bytes ends the program. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
  /** Sees standard error while the program runs, for progress. */
  readonly onStderr?: (text: string) => void;
  /** Takes all output (both streams) instead of `stdout` and `stderr`; `maxBytes` does not apply then. */
  readonly sink?: (chunk: Buffer) => void;
}

/**
 * How a program ended, by itself or by a limit. Output that came before the end is given in any case, unless a sink
 * took it.
 */
export interface ProcessEnd {
  /** The exit code, or undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly stdout: Buffer;
  /** The last 64 KiB. */
  readonly stderr: string;
  readonly ended: 'itself' | 'timeout' | 'aborted' | 'too-much-output';
}

/** A program that is told to end has this long before it is killed. */
const graceMs = 2000;
/** Output of children that outlive their parent is waited for this long. */
const drainMs = 500;
/** So long at most, also when they never stop printing. What the program itself has printed fits into the pipes, and is read by then. */
const longestDrainMs = 10_000;
const stderrBytes = 64 * 1024;

/** Sends a signal to a process group; a group that is gone is no error. */
export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (systemCode(error) !== 'ESRCH' && systemCode(error) !== 'EPERM') throw error;
  }
}

/**
 * Ends when the program has ended and its whole group with it.
 * Rejects only when the program could not be started, with the system's error (`ENOENT`, `EACCES`, …).
 */
export function runProcess(call: ProcessCall): Promise<ProcessEnd> {
  return new Promise((resolve, reject) => {
    if (call.signal?.aborted === true) {
      resolve({ code: undefined, stdout: Buffer.alloc(0), stderr: '', ended: 'aborted' });
      return;
    }
    const child = spawn(call.file, [...call.args], {
      cwd: call.cwd,
      env: { ...call.env },
      detached: true,
      windowsHide: true,
      stdio: [call.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    let outBytes = 0;
    let errors = Buffer.alloc(0);
    let ended: ProcessEnd['ended'] = 'itself';
    let killing: NodeJS.Timeout | undefined;
    let received = 0;
    let leaving: NodeJS.Timeout | undefined;
    let exitedAt = 0;

    const end = (why: ProcessEnd['ended']): void => {
      if (ended !== 'itself' || child.pid === undefined) return;
      ended = why;
      const pid = child.pid;
      signalGroup(pid, 'SIGTERM');
      killing = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
    };
    const limit = setTimeout(() => end('timeout'), call.timeoutMs);
    const onAbort = (): void => end('aborted');
    call.signal?.addEventListener('abort', onAbort, { once: true });
    const settle = (): void => {
      clearTimeout(limit);
      clearTimeout(killing);
      call.signal?.removeEventListener('abort', onAbort);
      clearTimeout(leaving);
    };

    /** Children that keep the pipes open would hold `close` back for ever; output on its way is waited for. */
    const leave = (pid: number, before: number): void => {
      // Everything that is in the pipes by now is read before this runs, also after this process was held up.
      setImmediate(() => {
        if (received !== before && performance.now() - exitedAt < longestDrainMs) {
          leaving = setTimeout(() => leave(pid, received), drainMs);
          return;
        }
        signalGroup(pid, 'SIGKILL');
        child.stdout?.destroy();
        child.stderr?.destroy();
      });
    };
    child.stdout?.on('data', (chunk: Buffer) => {
      received += 1;
      if (call.sink !== undefined) {
        call.sink(chunk);
        return;
      }
      outBytes += chunk.length;
      if (outBytes > call.maxBytes) end('too-much-output');
      else out.push(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      received += 1;
      call.onStderr?.(chunk.toString('utf8'));
      call.sink?.(chunk);
      errors = Buffer.concat([errors, chunk]).subarray(-stderrBytes);
    });
    // A program that ends without reading its input is judged by its exit code.
    child.stdin?.on('error', () => undefined);
    if (call.input !== undefined) child.stdin?.end(call.input);
    child.on('error', (error) => {
      if (child.pid !== undefined) return;
      settle();
      reject(error);
    });
    child.on('exit', () => {
      const pid = child.pid;
      exitedAt = performance.now();
      if (pid !== undefined) leaving = setTimeout(() => leave(pid, received), drainMs);
    });
    child.on('close', (code) => {
      settle();
      if (child.pid === undefined) return;
      signalGroup(child.pid, 'SIGKILL');
      resolve({ code: code ?? undefined, stdout: Buffer.concat(out), stderr: errors.toString('utf8'), ended });
    });
  });
}
