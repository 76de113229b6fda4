export const errorCodes = [
  // the caller asked for something that cannot be understood (CLI exit code 2)
  'bad-usage',
  'config-invalid',
  'not-found',
  // understood, but refused (exit code 3)
  'untrusted',
  'host-consent-needed',
  'not-a-repository',
  'bare-repository',
  'unborn-repository',
  'detached-head',
  'default-branch',
  'private-file',
  'worktree-ambiguous',
  'worktree-in-use',
  'worktree-unsafe',
  'path-in-the-way',
  'isolation-failed',
  'queue-full',
  'no-room',
  'agent-missing',
  'agent-unusable',
  'executor-missing',
  'wrong-state',
  'read-only',
  'version-mismatch',
  'engine-busy',
  // something broke (exit code 1)
  'git-failed',
  'script-failed',
  'timed-out',
  'disk-full',
  'corrupt',
  'unreachable',
  'unknown-outcome',
  'internal',
] as const;

export type ErrorCode = (typeof errorCodes)[number];

/**
 * What a person does next in one step, whatever they sit at: each front end has its own way of it (a command of the shell, a button).
 * `context` says on what: `session`, `checkpoint`, `root`.
 */
export type Way =
  | 'accept-unverified'
  | 'accept'
  | 'add-breakpoint'
  | 'answer'
  | 'cancel'
  | 'continue'
  | 'export-diagnostics'
  | 'find-gates'
  | 'land-all'
  | 'land-private'
  | 'roll-back-or-land'
  | 'restore'
  | 'revert'
  | 'roll-back'
  | 'run-doctor'
  | 'see-breakpoints'
  | 'see-checkpoints'
  | 'see-engine'
  | 'see-landings'
  | 'see-session'
  | 'see-sessions'
  | 'see-verdicts'
  | 'start-engine'
  | 'stop-engine'
  | 'trust'
  | 'trust-host'
  | 'undo-or-land'
  | 'verify'
  | 'verify-journal';

/** What an error looks like when it crosses a process or is journalled. */
export interface ErrorRecord {
  readonly code: ErrorCode;
  readonly message: string;
  readonly next: string;
  readonly context?: Readonly<Record<string, string>>;
}

/**
 * The one error type of Coppice. Every error that a person can meet is a `CoppiceError`: a stable `code` to decide by
 * (never the text), one sentence that says what happened, and one that says what to do next.
 */
export class CoppiceError extends Error {
  override readonly name = 'CoppiceError';
  readonly code: ErrorCode;
  /** One sentence: what the person can do now. */
  readonly next: string;
  /** Facts for the log (paths, ids, exit codes); never secrets. `way` is the `Way` to do it, where there is one. */
  readonly context: Readonly<Record<string, string>>;

  constructor(
    code: ErrorCode,
    message: string,
    next: string,
    options: { context?: Readonly<Record<string, string>>; cause?: unknown; way?: Way | undefined } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.next = next;
    this.context = { ...options.context, ...(options.way === undefined ? {} : { way: options.way }) };
  }

  toRecord(): ErrorRecord {
    return { code: this.code, message: this.message, next: this.next, context: this.context };
  }

  static fromRecord(record: ErrorRecord): CoppiceError {
    return new CoppiceError(record.code, record.message, record.next, { context: record.context ?? {} });
  }
}

/** Whether a thrown value is a `CoppiceError`; with `code`, whether it has that code. */
export function isCoppiceError(error: unknown, code?: ErrorCode): error is CoppiceError {
  return error instanceof CoppiceError && (code === undefined || error.code === code);
}

/** The `CoppiceError` that was thrown; anything else is thrown on. For what goes on without what it could not have. */
export function ours(error: unknown): CoppiceError {
  if (isCoppiceError(error)) return error;
  throw error;
}

/** The next step after what should not happen; its way is `export-diagnostics`. */
export const bugNext = 'Report this as a bug, with the diagnostics.';

/** Any thrown value as an `ErrorRecord`; what is not ours becomes `internal`. */
export function toErrorRecord(error: unknown): ErrorRecord {
  if (error instanceof CoppiceError) return error.toRecord();
  const message = error instanceof Error ? error.message : String(error);
  return new CoppiceError('internal', message, bugNext, { way: 'export-diagnostics' }).toRecord();
}

/** The operating system's error code (`ENOENT`, `ENOSPC`, …) of a thrown value, if it has one. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
