import type { AgentEvent } from '../core/agent/events.ts';
import type { LineMeta } from './agent.ts';
import { plainLine } from './plain-text.ts';

/** A line that cannot be read, with the start of it for people. */
export function malformed(text: string, meta: LineMeta, reason: string): AgentEvent {
  const why =
    meta.truncatedBytes !== undefined
      ? `too long: ${meta.truncatedBytes} bytes were cut off`
      : meta.torn === true
        ? 'cut off by the end of the process'
        : reason;
  return { kind: 'malformed', reason: why, sample: plainLine(text, 160) };
}
