import type { TurnOutcome } from '../core/agent/events.ts';
import type { AgentExit } from './agent.ts';
import { plainText, withoutTerminalCodes } from './plain-text.ts';

/** How a turn ended that the end of the process cut off: the outcome, a word for it, and what the agent said. */
export interface Death {
  readonly outcome: TurnOutcome;
  readonly reason: string;
  readonly text?: string;
}

/** Signals that ask a process to end; others, and a process that is simply gone, count as a crash. */
const polite: readonly string[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const stderrLimit = 2000;

/** Judges a turn whose process ended before the turn did. `spoke`: it had printed something before. */
export function deathOf(exit: AgentExit, spoke: boolean): Death {
  const { code, signal } = exit;
  const said = lastWords(exit.stderr);
  const text = said === undefined ? {} : { text: said };
  if (signal !== undefined)
    return { outcome: polite.includes(signal) ? 'interrupted' : 'crashed', reason: signal, ...text };
  if (code === undefined) return { outcome: 'crashed', reason: 'gone', ...text };
  if (code === 0) return { outcome: 'crashed', reason: 'no result', ...text };
  // Whoever refuses its arguments says why on its error output and does nothing else.
  return { outcome: spoke ? 'crashed' : 'failed', reason: `exit code ${code}`, ...text };
}

/** The end of an error output as plain text; undefined when there is nothing in it. */
export function lastWords(stderr: string | undefined): string | undefined {
  const words = withoutTerminalCodes(stderr ?? '').trim();
  return words === '' ? undefined : plainText(words.slice(-stderrLimit), stderrLimit);
}
