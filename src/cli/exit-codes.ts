import type { ErrorCode } from '../core/errors.ts';

/** What the shell is told. An outside contract: numbers never change their meaning. */
export const exits = {
  /** Done, or handed over to the engine (detached). */
  done: 0,
  /** The work failed, or something broke. */
  failed: 1,
  /** The command line or a setting cannot be understood. */
  usage: 2,
  /** Understood and refused; nothing was started. */
  refused: 3,
  /** A person has to decide and none is at the terminal; the session is kept. */
  needsYou: 4,
} as const;
export type Exit = (typeof exits)[keyof typeof exits];

const byCode: Readonly<Record<ErrorCode, Exit>> = {
  'bad-usage': exits.usage,
  'config-invalid': exits.usage,
  'not-found': exits.usage,

  untrusted: exits.refused,
  'host-consent-needed': exits.refused,
  'not-a-repository': exits.refused,
  'bare-repository': exits.refused,
  'unborn-repository': exits.refused,
  'detached-head': exits.refused,
  'default-branch': exits.refused,
  'private-file': exits.refused,
  'worktree-ambiguous': exits.refused,
  'worktree-in-use': exits.refused,
  'worktree-unsafe': exits.refused,
  'path-in-the-way': exits.refused,
  'isolation-failed': exits.refused,
  'no-room': exits.refused,
  'queue-full': exits.refused,
  'agent-missing': exits.refused,
  'agent-unusable': exits.refused,
  'executor-missing': exits.refused,
  'wrong-state': exits.refused,
  'read-only': exits.refused,
  'version-mismatch': exits.refused,
  'engine-busy': exits.refused,

  'git-failed': exits.failed,
  'script-failed': exits.failed,
  'timed-out': exits.failed,
  'disk-full': exits.failed,
  corrupt: exits.failed,
  unreachable: exits.failed,
  'unknown-outcome': exits.failed,
  internal: exits.failed,
};

/** The exit code of an error, by its code alone. */
export function exitOf(code: ErrorCode): Exit {
  return byCode[code];
}
