/** How often a task may be tried (C-68, X-21): three counters that know nothing of each other. */
import type { Fingerprint } from './fingerprint.ts';

/** What failed: the model's service, the agent's process, or the task itself. */
export type FailureKind = 'transport' | 'process' | 'task';

/** Failures of a task with the same fingerprint. Times are in milliseconds since 1970. */
export interface Repeated {
  readonly fingerprint: Fingerprint;
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** The failures of a task so far. Tries of the service that it made by itself (`transport`) are counted and never limited here. */
export interface Attempts {
  readonly transport: number;
  readonly process: number;
  readonly errors: readonly Repeated[];
}

export const noAttempts: Attempts = { transport: 0, process: 0, errors: [] };

/** How often something may be tried before a person is asked. */
export interface AttemptLimits {
  /** Failures with one fingerprint after which a person is asked. */
  readonly perError: number;
  readonly processRestarts: number;
}

export const usualAttemptLimits: AttemptLimits = { perError: 3, processRestarts: 3 };

/** The attempts with one failure more. */
export function withFailure(attempts: Attempts, kind: FailureKind, fingerprint: Fingerprint, at: number): Attempts {
  if (kind === 'transport') return withRetry(attempts);
  if (kind === 'process') return { ...attempts, process: attempts.process + 1 };
  const known = attempts.errors.find((each) => each.fingerprint.id === fingerprint.id);
  const one: Repeated = {
    fingerprint,
    count: (known?.count ?? 0) + 1,
    firstAt: known?.firstAt ?? at,
    lastAt: Math.max(at, known?.lastAt ?? at),
  };
  return { ...attempts, errors: [...attempts.errors.filter((each) => each !== known), one] };
}

/** The attempts with one more try of the model's service, which the agent made by itself. */
export function withRetry(attempts: Attempts): Attempts {
  return { ...attempts, transport: attempts.transport + 1 };
}

/** The attempts with one failure of the task less: what it failed with is judged once more, and counts again then. */
export function withoutFailure(attempts: Attempts, { id }: Fingerprint): Attempts {
  const errors = attempts.errors.map((each) =>
    each.fingerprint.id === id ? { ...each, count: each.count - 1 } : each,
  );
  return { ...attempts, errors: errors.filter(({ count }) => count > 0) };
}

/** Success ends a row of restarts; what a task failed with stays counted, since it may come back. */
export function withSuccess(attempts: Attempts): Attempts {
  return { ...attempts, process: 0 };
}

/**
 * What comes after a failure: the same again, with more context, with a stronger model or a reviewer, and then a person.
 */
export const escalations = ['again', 'more-context', 'stronger', 'person'] as const;
export type Escalation = (typeof escalations)[number];

/** What comes after the failure with this fingerprint. The last try that the limit allows is the strongest one. */
export function escalationAfter(attempts: Attempts, fingerprint: string, limits: AttemptLimits): Escalation {
  const count = attempts.errors.find((each) => each.fingerprint.id === fingerprint)?.count ?? 0;
  if (count >= limits.perError) return 'person';
  if (count === 0) return 'again';
  return count === limits.perError - 1 && count > 1 ? 'stronger' : 'more-context';
}

/** Whether a process that ended by itself may be started once more. */
export function mayRestart(attempts: Attempts, limits: AttemptLimits): boolean {
  return attempts.process <= limits.processRestarts;
}

/** The error that came back most often, if any came back. */
export function mostRepeated(attempts: Attempts): Repeated | undefined {
  const [most] = [...attempts.errors].sort((a, b) => b.count - a.count);
  return most !== undefined && most.count > 1 ? most : undefined;
}

/** Whether running time is used up. A box that is not there never is. Both in milliseconds. */
export function isBoxSpent(workedMs: number, boxMs: number | undefined): boolean {
  return boxMs !== undefined && workedMs >= boxMs;
}
