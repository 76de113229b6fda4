import { queues } from '../session/mode.ts';
import type { Session } from '../session/state.ts';
import type { Finding } from './finding.ts';
import type { ToolUse } from './moments.ts';

/**
 * Whether a tool that asks is let through without a person. Only at the level `autonomous`, only where nobody sits at the session,
 * and only if the tool says what it does: a command or a path that could be looked at, and in which nothing dangerous was found.
 */
export function isLetThrough(
  { mode, supervision }: Pick<Session, 'mode' | 'supervision'>,
  { command, paths }: ToolUse,
  findings: readonly Finding[],
): boolean {
  if (supervision?.level !== 'autonomous' || !queues(mode) || findings.length > 0) return false;
  return command !== undefined || (paths.length > 0 && paths.every((path) => !/^(?:\/|\.\.|~)/u.test(path)));
}
