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
  /** Facts for the log (paths, ids, exit codes); never secrets. */
  readonly context: Readonly<Record<string, string>>;

  constructor(
    code: ErrorCode,
    message: string,
    next: string,
    options: { context?: Readonly<Record<string, string>>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.next = next;
    this.context = options.context ?? {};
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

/** Any thrown value as an `ErrorRecord`; what is not ours becomes `internal`. */
export function toErrorRecord(error: unknown): ErrorRecord {
  if (error instanceof CoppiceError) return error.toRecord();
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'internal', message, next: 'Run `coppice diagnostics` and report this as a bug.' };
}

/** The operating system's error code (`ENOENT`, `ENOSPC`, …) of a thrown value, if it has one. */
export function systemCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
