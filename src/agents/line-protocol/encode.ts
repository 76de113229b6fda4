import type { AgentInput } from '../../core/agent/events.ts';
import { jsonLine } from '../json-line.ts';
import type { InMessage } from './messages.ts';

/** An input as a line of the line protocol. */
export function encode(input: AgentInput): string {
  return jsonLine(messageOf(input));
}

function messageOf(input: AgentInput): InMessage {
  switch (input.kind) {
    case 'prompt':
      return { type: 'prompt', id: input.id, text: input.text, steer: input.steer };
    case 'interrupt':
      return { type: 'interrupt', id: input.id };
    case 'answer':
      return { type: 'answer', request: input.request.id, ...input.answer };
  }
}
