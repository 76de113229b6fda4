import type { AgentEvent } from '../../core/agent/events.ts';
import { noUsage } from '../../core/agent/usage.ts';
import type { LineMeta } from '../agent.ts';
import { plainLine } from '../plain-text.ts';

/** Where the fields that matter stand when they are there at all, characters. */
const headLength = 4096;

/** First keys of a `result`, in the orders in which versions write them; no other kind of line begins like this. */
const resultStart = /^\{"(?:type":"result"|duration_api_ms":|duration_ms":|is_error":|stop_reason":)/u;
const askStart = /^\{"type":"control_request","request_id":"([^"\\]{1,200})","request":\{"subtype":"can_use_tool"/u;
const toolName = /"tool_name":"([^"\\]{1,200})"/u;

/**
 * What can be saved of a line that was too long to be kept. Two kinds must not get lost, or the session would wait for
 * ever: a request for permission (it can be refused, or allowed as it is) and the end of a turn (which then never counts
 * as a success).
 */
export function rescue(text: string, meta: LineMeta): readonly AgentEvent[] {
  const head = text.slice(0, headLength);
  const length = text.length + (meta.truncatedBytes ?? 0);
  const id = askStart.exec(head)?.[1];
  if (id !== undefined) {
    const tool = plainLine(toolName.exec(head)?.[1] ?? 'a tool', 100);
    const detail = `The request is too long to be shown (about ${length} bytes). It begins:\n${plainLine(head, 1000)}`;
    return [
      { kind: 'asked', request: { id, kind: 'permission', title: `${tool}: too long to be shown`, detail, tool } },
    ];
  }
  if (!resultStart.test(head)) return [];
  const why = `The result of the turn is too long to be read (about ${length} bytes).`;
  return [
    { kind: 'turn-ended', outcome: 'failed', reason: 'unreadable result', text: why, usage: noUsage, denials: 0 },
  ];
}
