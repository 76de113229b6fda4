/** What was noticed about an operation of an agent, as data for the journal and for a person. */
import * as z from 'zod';

/** Kinds of dangerous operations (C-52), by what they put at risk. */
export const dangers = [
  'recursive-delete',
  'force-push',
  'history-rewrite',
  'default-branch',
  'stash',
  'shared-git',
  'credential-read',
  'other-worktree',
  'outside-write',
  'network',
  'remote-code',
  'escape',
  'hidden',
] as const;
export type Danger = (typeof dangers)[number];

/** `critical` is never let through or remembered without a person; `warning` is shown. */
export const severities = ['warning', 'critical'] as const;
export type Severity = (typeof severities)[number];

/** One danger in one operation. `sentence` is plain text for a person and names what was seen. */
export interface Finding {
  readonly danger: Danger;
  readonly severity: Severity;
  readonly sentence: string;
}

/** What crosses a process is checked against this. */
export const findingSchema = z.strictObject({
  danger: z.enum(dangers),
  severity: z.enum(severities),
  sentence: z.string(),
});

/** The findings with the most severe first, each danger and sentence once. */
export function ordered(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Map(findings.map((each) => [`${each.severity} ${each.danger} ${each.sentence}`, each]));
  const rank = (each: Finding): number => severities.indexOf(each.severity);
  return [...seen.values()].sort((a, b) => rank(b) - rank(a));
}

/** True when an answer to this operation must never be remembered for others like it. */
export function isNeverRemembered(findings: readonly Finding[]): boolean {
  return findings.length > 0;
}
