import { countOf, fieldsOf, shallowOf, textOf, wordOf, type Fields } from '../fields.ts';
import { OneShotReader, type Meaning } from '../one-shot/reader.ts';
import { plainLine, plainText } from '../plain-text.ts';

/** Reads `gemini --output-format stream-json`. */
export function geminiReader(): OneShotReader {
  return new OneShotReader((fields) => kinds.get(textOf(fields['type']) ?? '')?.(fields));
}

const kinds: ReadonlyMap<string, (fields: Fields) => Meaning | undefined> = new Map([
  ['init', beginning],
  ['message', message],
  ['tool_use', toolStarted],
  ['tool_result', toolEnded],
  ['error', notice],
  ['result', result],
]);

function beginning(fields: Fields): Meaning | undefined {
  const agentSession = wordOf(fields['session_id']);
  const model = wordOf(fields['model']);
  if (agentSession === undefined) return undefined;
  return { events: [{ kind: 'identified', agentSession, ...(model === undefined ? {} : { model }) }] };
}

function message(fields: Fields): Meaning {
  const text = textOf(fields['content']) ?? '';
  return { events: [fields['role'] === 'user' ? { kind: 'prompt-seen', text } : { kind: 'message', text }] };
}

function toolStarted(fields: Fields): Meaning {
  const name = plainLine(wordOf(fields['tool_name']) ?? 'unknown', 100);
  return { events: [{ kind: 'tool-started', id: idOf(fields), name, input: shallowOf(fields['parameters']) ?? {} }] };
}

function toolEnded(fields: Fields): Meaning {
  const said = textOf(fields['output']) ?? textOf(fieldsOf(fields['error'])?.['message']) ?? '';
  const ok = fields['status'] === 'success';
  return { events: [{ kind: 'tool-ended', id: idOf(fields), ok, output: plainText(said, 32 * 1024) }] };
}

function notice(fields: Fields): Meaning {
  const severity = fields['severity'] === 'warning' ? 'warning' : 'critical';
  return { events: [{ kind: 'notice', severity, text: plainText(textOf(fields['message']) ?? '', 2000) }] };
}

function result(fields: Fields): Meaning {
  const stats = fieldsOf(fields['stats']) ?? {};
  const cached = countOf(stats['cached']);
  const usage = {
    inputTokens: Math.max(0, countOf(stats['input_tokens']) - cached),
    outputTokens: countOf(stats['output_tokens']),
    cacheReadTokens: cached,
    cacheWriteTokens: 0,
  };
  const status = plainLine(wordOf(fields['status']) ?? 'unknown', 80);
  if (status === 'success') return { usage, end: { outcome: 'success', reason: 'completed' } };
  const text = plainText(wordOf(fieldsOf(fields['error'])?.['message']) ?? `It ended as ${status}.`, 2000);
  return { usage, end: { outcome: 'failed', reason: status, text } };
}

function idOf(fields: Fields): string {
  return wordOf(fields['tool_id']) ?? 'tool';
}
