/**
 * The one door to git: every git process of Coppice starts here.
 *
 * One shape, two carriers. `run` starts git itself (`process.ts`): input, live progress, output as bytes, exit codes
 * that mean something, and on abort or timeout the whole process group ends, filters included. `ask` goes through
 * simple-git's `.raw` (`questions.ts`): a short question, one text answer, its arguments checked once more by that
 * library. Both give git the same environment (`environment.ts`), the same limits, the same log line and the same
 * errors; both take arguments as an array and never see a shell.
 *
 * What keeps a repository from running programs of its own is not here alone: the door switches off what has a switch,
 * and `shield.ts` keeps configuration that nobody confirmed from being read at all.
 */
import { stat, statfs } from 'node:fs/promises';
import { bugNext, CoppiceError, systemCode } from '../core/errors.ts';
import { Coprocess } from './coprocess.ts';
import { lockIn } from './locks.ts';
import { type ConfigEntry, type GitPlace, gitEnvironment } from './environment.ts';
import { machineAttributesEnv } from './machine-attributes.ts';
import { type ProcessCall, type ProcessEnd, runProcess } from './process.ts';
import { askGit } from './questions.ts';
import { Turnstiles } from './turnstile.ts';

/** What the log gets for every git process. */
export interface GitLogEntry {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly ms: number;
  /** Exit code; undefined when git was ended by us or by a signal. */
  readonly code: number | undefined;
}

/** What every git process of a door shares. */
export interface DoorOptions {
  /** The environment that git's own is built from; nothing is read from `process.env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log?: (entry: GitLogEntry) => void;
  /** Git processes at once per lane (repository); 4 unless told. */
  readonly atOnce?: number;
  /** Milliseconds, from any fixed point; for the log only. */
  readonly clock?: () => number;
}

/** What one call of git may do and take. Beyond a limit git is ended and the call fails. */
export interface GitOptions {
  readonly input?: string | Uint8Array;
  /** Default 60 s. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Limit of standard output; default 64 MiB. */
  readonly maxBytes?: number;
  /** Exit codes that are an answer and not a failure; default only 0. */
  readonly okCodes?: readonly number[];
  readonly config?: readonly ConfigEntry[];
  /** Variables of ours, e.g. the author. */
  readonly extraEnv?: Readonly<Record<string, string>>;
  readonly onStderr?: (text: string) => void;
}

/** A place with the lane that bounds its processes. */
export interface DoorPlace extends GitPlace {
  readonly lane: string;
}

/** How git answered, with one of the exit codes that count as an answer. */
export interface GitAnswer {
  readonly code: number;
  readonly stdout: Buffer;
  /** The last 64 KiB. */
  readonly stderr: string;
}

/** The two ways to ask git; both obey the same environment, limits and errors. */
export interface Door {
  /**
   * @throws CoppiceError `git-failed` (context: args, code, stderr), `timed-out`, `disk-full`, `not-found` (the folder
   * does not exist); the signal's reason on abort.
   */
  run(args: readonly string[], place: DoorPlace, options?: GitOptions): Promise<GitAnswer>;
  /** A question with a text answer, without the last line break. Takes no input. Throws like `run`. */
  ask(args: readonly string[], place: DoorPlace, options?: Omit<GitOptions, 'input' | 'onStderr'>): Promise<string>;
  /**
   * A git that stays, for many short questions. It takes no turn in the lane of its repository, since it would keep it.
   * `place` and `options` are asked for at every start. Whoever opens it closes it.
   */
  converse(args: readonly string[], start: () => Promise<Conversation>): Coprocess;
}

/** Where and how a git that stays is started. */
export interface Conversation {
  readonly place: DoorPlace;
  readonly config?: readonly ConfigEntry[];
  readonly extraEnv?: Readonly<Record<string, string>>;
}

const defaultTimeoutMs = 60_000;
const defaultMaxBytes = 64 * 1024 * 1024;
const contextChars = 2000;

/** A door with its own lanes: calls of one lane beyond `atOnce` wait for their turn, in order. */
export function createDoor(options: DoorOptions): Door {
  const lanes = new Turnstiles(options.atOnce ?? 4);
  const attributes = machineAttributesEnv(options.env);
  const clock = options.clock ?? (() => performance.now());

  async function through(
    carrier: (call: ProcessCall) => Promise<ProcessEnd>,
    args: readonly string[],
    place: DoorPlace,
    call: GitOptions,
  ): Promise<GitAnswer> {
    if (args.some((argument) => argument.includes('\0'))) {
      throw new CoppiceError('bad-usage', 'A name given to git contains a NUL character.', 'Use another name.');
    }
    const timeoutMs = call.timeoutMs ?? defaultTimeoutMs;
    const end = await lanes.pass(
      place.lane,
      async () => {
        const start = clock();
        let code: number | undefined;
        try {
          const ending = await carrier({
            file: 'git',
            args,
            cwd: place.cwd,
            env: gitEnvironment(options.env, place, call.config, { ...attributes, ...call.extraEnv }),
            timeoutMs,
            maxBytes: call.maxBytes ?? defaultMaxBytes,
            ...(call.input === undefined ? {} : { input: call.input }),
            ...(call.signal === undefined ? {} : { signal: call.signal }),
            ...(call.onStderr === undefined ? {} : { onStderr: call.onStderr }),
          });
          code = ending.code;
          return ending;
        } catch (error) {
          throw await startFailure(error, place.cwd);
        } finally {
          options.log?.({ args, cwd: place.cwd, ms: clock() - start, code });
        }
      },
      call.signal,
    );
    if (end.ended === 'aborted') throw call.signal?.reason;
    if (end.code !== 0 && end.code !== undefined && (await isDiskFull(end.stderr, place))) {
      throw new CoppiceError(
        'disk-full',
        `The disk is full: git ${args[0] ?? ''} could not write.`,
        'Free some space and try again.',
        { context: { cwd: place.cwd, stderr: end.stderr.slice(-contextChars) } },
      );
    }
    return judge(end, args, timeoutMs, call.okCodes ?? [0]);
  }

  return {
    run: (args, place, call = {}) => through(runProcess, args, place, call),
    async ask(args, place, call = {}) {
      const answer = await through(askGit, args, place, call);
      return answer.stdout.toString('utf8').replace(/\n$/, '');
    },
    converse(args, start) {
      return new Coprocess({
        args,
        start: async () => {
          const { place, config, extraEnv } = await start();
          const env = gitEnvironment(options.env, place, config, { ...attributes, ...extraEnv });
          options.log?.({ args, cwd: place.cwd, ms: 0, code: undefined });
          return { env, cwd: place.cwd };
        },
      });
    },
  };
}

function judge(end: ProcessEnd, args: readonly string[], timeoutMs: number, okCodes: readonly number[]): GitAnswer {
  const context = {
    args: args.join(' ').slice(0, contextChars),
    code: String(end.code ?? 'none'),
    stderr: end.stderr.slice(-contextChars),
  };
  const what = `git ${args[0] ?? ''}`;
  if (end.ended === 'timeout') {
    const seconds = Math.round(timeoutMs / 1000);
    throw new CoppiceError(
      'timed-out',
      `${what} did not finish within ${seconds} s.`,
      'Try again when the machine is less busy.',
      {
        context,
      },
    );
  }
  if (end.ended === 'too-much-output') {
    throw new CoppiceError('git-failed', `${what} printed more than Coppice reads.`, bugNext, {
      context,
      way: 'export-diagnostics',
    });
  }
  if (end.code !== undefined && okCodes.includes(end.code)) {
    return { code: end.code, stdout: end.stdout, stderr: end.stderr };
  }
  const lock = lockIn(end.stderr);
  if (lock !== undefined) {
    throw new CoppiceError(
      'git-failed',
      `${what} failed: another git is at work there, or one that was killed left ${lock}.`,
      `When no git runs in this repository, remove ${lock} and try again.`,
      { context },
    );
  }
  if (/could not fetch \S+ from promisor remote|lazy fetching disabled/u.test(end.stderr)) {
    throw new CoppiceError(
      'git-failed',
      `${what} failed: this partial clone never fetched all that is needed, and Coppice fetches nothing by itself.`,
      'Fetch it, for example with `git fetch --refetch --no-filter`, then try again.',
      { context },
    );
  }
  const firstLine = end.stderr.split('\n').find((line) => line.trim() !== '') ?? `exit code ${context.code}`;
  throw new CoppiceError(
    'git-failed',
    `${what} failed: ${firstLine.slice(0, 300)}`,
    'See the log for the whole message.',
    { context },
  );
}

async function startFailure(error: unknown, cwd: string): Promise<unknown> {
  const folder = await stat(cwd).catch(() => undefined);
  if (folder?.isDirectory() !== true) {
    return new CoppiceError('not-found', `The folder ${cwd} does not exist.`, 'Check the path.', {
      context: { cwd },
      cause: error,
    });
  }
  if (systemCode(error) === 'ENOENT' || systemCode(error) === 'EACCES') {
    return new CoppiceError('git-failed', 'git was not found.', 'Install git 2.38 or later and put it on the PATH.', {
      cause: error,
    });
  }
  return error;
}

/** The parts of a NUL-separated answer, decoded as UTF-8. */
export function zeroSplit(bytes: Buffer): string[] {
  const text = bytes.toString('utf8');
  if (text === '') return [];
  return (text.endsWith('\0') ? text.slice(0, -1) : text).split('\0');
}

/** The answer as text without the last line break. */
export function textOf(answer: GitAnswer): string {
  return answer.stdout.toString('utf8').replace(/\n$/, '');
}

/** With less than this a write that failed has failed for want of space. */
const scarceBytes = 16 * 1024 * 1024;

/**
 * git has no exit code of its own for a full disk and does not always give the system's reason, so its sentences
 * (stable with LC_ALL=C) are read, and for those without a reason the disk is asked.
 */
async function isDiskFull(stderr: string, place: GitPlace): Promise<boolean> {
  if (stderr.includes('No space left on device')) return true;
  if (!/unable to (?:write|create)|could not write|write error/i.test(stderr)) return false;
  for (const path of [place.workTree, place.gitDir, place.indexFile]) {
    const disk = path === undefined ? undefined : await statfs(path).catch(() => undefined);
    if (disk !== undefined && disk.bavail * disk.bsize < scarceBytes) return true;
  }
  return false;
}
