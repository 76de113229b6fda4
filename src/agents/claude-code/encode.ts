import type { AgentInput, AgentRequest, Answer } from '../../core/agent/events.ts';
import { jsonLine } from '../json-line.ts';
import { elicitationTool } from './ask.ts';
import { uuidOfPrompt } from './prompt-id.ts';

/** Marks the control requests that are interrupts of ours; their id follows. */
export const interruptPrefix = 'interrupt:';

const refusal = 'A person refused this.';

/** An input as the line that Claude Code reads. A line that is not JSON would end its process. */
export function encode(input: AgentInput): string {
  switch (input.kind) {
    case 'prompt': {
      const uuid = uuidOfPrompt(input.id);
      return jsonLine({
        type: 'user',
        message: { role: 'user', content: [{ type: 'text', text: input.text }] },
        parent_tool_use_id: null,
        ...(uuid === undefined ? {} : { uuid }),
        ...(input.steer ? { priority: 'now' } : {}),
      });
    }
    case 'interrupt':
      return jsonLine({
        type: 'control_request',
        request_id: `${interruptPrefix}${input.id}`,
        request: { subtype: 'interrupt' },
      });
    case 'answer':
      return jsonLine({
        type: 'control_response',
        response: {
          subtype: 'success',
          request_id: input.request.id,
          response: responseTo(input.request, input.answer),
        },
      });
  }
}

function responseTo(request: AgentRequest, answer: Answer): Readonly<Record<string, unknown>> {
  if (request.tool === elicitationTool) return elicited(answer);
  if (answer.choice === 'abort') return { behavior: 'deny', message: answer.reason ?? refusal, interrupt: true };
  const answers = request.kind === 'question' ? answer.answers : undefined;
  // Words in reply to something that is not a question are feedback, and what was asked for does not happen.
  const granted = answer.choice === 'allow' || (answer.choice === 'answer' && answers !== undefined);
  if (!granted) return { behavior: 'deny', message: wordsOf(answer), interrupt: false };
  const input = answer.input ?? request.input;
  // Without an input (a request too long to be read) the tool's own input stands.
  if (input === undefined && answers === undefined) return { behavior: 'allow' };
  return { behavior: 'allow', updatedInput: { ...input, ...(answers === undefined ? {} : { answers }) } };
}

function wordsOf(answer: Answer): string {
  return answer.reason ?? (Object.values(answer.answers ?? {}).join('\n') || refusal);
}

function elicited(answer: Answer): Readonly<Record<string, unknown>> {
  if (answer.choice === 'abort') return { action: 'cancel' };
  if (answer.choice === 'deny') return { action: 'decline' };
  return { action: 'accept', content: answer.input ?? answer.answers ?? {} };
}
