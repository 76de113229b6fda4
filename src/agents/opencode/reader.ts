import type { AgentEvent } from '../../core/agent/events.ts';
import { amountOf, countOf, fieldsOf, numberOf, shallowOf, textOf, wordOf, type Fields } from '../fields.ts';
import { OneShotReader, type Meaning } from '../one-shot/reader.ts';
import { plainLine, plainText } from '../plain-text.ts';

/** Reads `opencode run --format json`: its last step, and no line of its own, tells of the end. */
export function opencodeReader(): OneShotReader {
  return new OneShotReader((fields) => {
    const meaning = meaningOf(fields);
    const agentSession = wordOf(fields['sessionID']);
    if (meaning === undefined || agentSession === undefined) return meaning;
    return { ...meaning, events: [{ kind: 'identified', agentSession }, ...(meaning.events ?? [])] };
  });
}

function meaningOf(fields: Fields): Meaning | undefined {
  const part = fieldsOf(fields['part']) ?? {};
  switch (fields['type']) {
    case 'step_start':
      return {};
    case 'text':
      return { events: [{ kind: 'message', text: textOf(part['text']) ?? '' }] };
    case 'reasoning':
      return { events: [{ kind: 'message', text: textOf(part['text']) ?? '', thinking: true }] };
    case 'tool_use':
      return { events: toolOf(part) };
    case 'step_finish':
      return finished(part);
    case 'error': {
      const error = fieldsOf(fields['error']) ?? {};
      const said = wordOf(fieldsOf(error['data'])?.['message']) ?? wordOf(error['message']) ?? wordOf(error['name']);
      return { end: { outcome: 'failed', reason: 'error', text: plainText(said ?? 'An error without words.', 2000) } };
    }
    default:
      return undefined;
  }
}

/** A tool is told of when it is over. */
function toolOf(part: Fields): AgentEvent[] {
  const id = wordOf(part['callID']) ?? wordOf(part['id']) ?? 'tool';
  const state = fieldsOf(part['state']) ?? {};
  const output = plainText(textOf(state['output']) ?? textOf(state['error']) ?? '', 32 * 1024);
  // That of a command; nothing (null) where it was killed.
  const { exit = 0 } = fieldsOf(state['metadata']) ?? {};
  return [
    {
      kind: 'tool-started',
      id,
      name: plainLine(wordOf(part['tool']) ?? 'unknown', 100),
      input: shallowOf(state['input']) ?? {},
    },
    { kind: 'tool-ended', id, ok: state['status'] === 'completed' && exit === 0, output },
  ];
}

function finished(part: Fields): Meaning {
  const tokens = fieldsOf(part['tokens']) ?? {};
  const cache = fieldsOf(tokens['cache']) ?? {};
  const costUsd = numberOf(part['cost']);
  const usage = {
    inputTokens: countOf(tokens['input']),
    outputTokens: countOf(tokens['output']),
    cacheReadTokens: countOf(cache['read']),
    cacheWriteTokens: countOf(cache['write']),
    ...(costUsd === undefined ? {} : { costUsd: amountOf(costUsd) }),
  };
  const reason = plainLine(wordOf(part['reason']) ?? 'unknown', 80);
  if (reason === 'tool-calls') return { usage };
  const outcome = reason === 'stop' ? 'success' : reason === 'length' ? 'limit' : 'failed';
  return { usage, end: { outcome, reason } };
}
