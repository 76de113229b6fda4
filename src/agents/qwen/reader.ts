import type { AgentEvent } from '../../core/agent/events.ts';
import { addUsage, noUsage, type Usage } from '../../core/agent/usage.ts';
import type { AgentExit, LineMeta, StreamReader } from '../agent.ts';
import { ClaudeCodeReader } from '../claude-code/reader.ts';
import { countOf, fieldsOf, parseFields, type Fields } from '../fields.ts';

/**
 * Reads `qwen --output-format stream-json`: the shapes are those of Claude Code. Only its result counts the whole conversation, so
 * what a turn consumed is added up from its messages, which tell it once each.
 */
export class QwenReader implements StreamReader {
  readonly #reader = new ClaudeCodeReader();
  #usage: Usage = noUsage;

  line(text: string, meta: LineMeta): readonly AgentEvent[] {
    const fields = parseFields(text);
    if (fields?.['type'] === 'assistant') this.#usage = addUsage(this.#usage, usageOf(fields));
    return this.#own(this.#reader.line(text, meta));
  }

  end(exit: AgentExit): readonly AgentEvent[] {
    return this.#own(this.#reader.end(exit));
  }

  #own(events: readonly AgentEvent[]): readonly AgentEvent[] {
    return events.map((event) => (event.kind === 'turn-ended' ? { ...event, usage: this.#usage } : event));
  }
}

function usageOf(fields: Fields): Usage {
  const usage = fieldsOf(fieldsOf(fields['message'])?.['usage']) ?? {};
  const cached = countOf(usage['cache_read_input_tokens']);
  return {
    inputTokens: Math.max(0, countOf(usage['input_tokens']) - cached),
    outputTokens: countOf(usage['output_tokens']),
    cacheReadTokens: cached,
    cacheWriteTokens: 0,
  };
}
