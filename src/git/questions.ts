/**
 * The second carrier of the git door: simple-git's `.raw`, for questions.
 *
 * simple-git checks the arguments before it starts anything (`--upload-pack`, `--exec-path`, aliases, abbreviated
 * options) and sends no input. Its limits say where it is used: it waits another 50 ms when git printed nothing at all,
 * and to end git it can only send SIGINT, to one process and not to a group. So it carries short questions that have an
 * answer and for which git starts nothing else.
 */
import { EventEmitter, once } from 'node:events';
import { simpleGit } from 'simple-git';
import type { ProcessCall, ProcessEnd } from './process.ts';

/** After an abort a process that does not end is given up on after this long. */
const giveUpMs = 5000;

/** The same contract as `runProcess`; `input`, `sink` and `onStderr` are not carried. Always runs `git`. */
export async function askGit(call: ProcessCall): Promise<ProcessEnd> {
  const stop = new AbortController();
  const state: { ended: ProcessEnd['ended']; giveUp?: NodeJS.Timeout } = { ended: 'itself' };
  const lost = new EventEmitter();
  const end = (why: ProcessEnd['ended']): void => {
    if (state.ended !== 'itself') return;
    state.ended = why;
    stop.abort();
    state.giveUp = setTimeout(() => lost.emit('lost'), giveUpMs);
  };
  const onAbort = (): void => end('aborted');
  call.signal?.addEventListener('abort', onAbort, { once: true });
  if (call.signal?.aborted === true) end('aborted');
  const limit = setTimeout(() => end('timeout'), call.timeoutMs);
  let seen: { exitCode: number; stdOut: Buffer[]; stdErr: Buffer[] } | undefined;
  let bytes = 0;
  const git = simpleGit({
    baseDir: call.cwd,
    trimmed: false,
    abort: stop.signal,
    completion: { onClose: true, onExit: false },
    errors: (error, result) => {
      seen = result;
      return result.exitCode === 0 ? error : (error ?? new Error(`exit code ${result.exitCode}`));
    },
    allowEnvironment: Object.keys(call.env).filter((name) => name.startsWith('GIT_')),
    // What the guard would refuse here is `environment.ts` switching these very things off.
    unsafe: {
      allowUnsafeConfigEnvCount: true,
      allowUnsafeConfigPaths: true,
      allowUnsafeFsMonitor: true,
      allowUnsafeHooksPath: true,
      allowUnsafePager: true,
      allowUnsafeEditor: true,
      allowUnsafeAskPass: true,
      allowUnsafeSshCommand: true,
      allowUnsafeCredentialHelper: true,
      allowUnsafeProtocolOverride: true,
      allowUnsafeFilter: true,
      allowUnsafeMergeDriver: true,
    },
  })
    .env({ ...call.env })
    .outputHandler((_command, stdout) => {
      stdout.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > call.maxBytes) end('too-much-output');
      });
    });
  const answer = git.raw([...call.args]).then(
    () => undefined,
    (error: unknown) => error,
  );
  try {
    const problem = await Promise.race([answer, once(lost, 'lost')]);
    if (state.ended === 'itself' && problem instanceof Error && seen === undefined) throw problem;
    return {
      code: state.ended === 'itself' ? seen?.exitCode : undefined,
      stdout: Buffer.concat(seen?.stdOut ?? []),
      stderr: Buffer.concat(seen?.stdErr ?? []).toString('utf8'),
      ended: state.ended,
    };
  } finally {
    clearTimeout(limit);
    clearTimeout(state.giveUp);
    call.signal?.removeEventListener('abort', onAbort);
  }
}
