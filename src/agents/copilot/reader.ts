import { fieldsOf, numberOf, shallowOf, textOf, wordOf, type Fields } from '../fields.ts';
import { nothing, OneShotReader, type Meaning } from '../one-shot/reader.ts';
import { plainLine, plainText } from '../plain-text.ts';

/** Reads `copilot --output-format json`, which tells a great deal for its own screen. */
export function copilotReader(): OneShotReader {
  return new OneShotReader(meaningOf);
}

function meaningOf(fields: Fields): Meaning | undefined {
  const type = textOf(fields['type']) ?? '';
  if (type === 'result') return result(fields);
  const known = kinds.get(type)?.(fieldsOf(fields['data']) ?? {});
  return known ?? (isForItsScreen(fields, type) ? nothing : undefined);
}

/** By the kind of a line: what its `data` means. */
const kinds: ReadonlyMap<string, (data: Fields) => Meaning> = new Map<string, (data: Fields) => Meaning>([
  ['user.message', (data: Fields) => ({ events: [{ kind: 'prompt-seen', text: contentOf(data) } as const] })],
  ['assistant.message', message],
  [
    'assistant.reasoning',
    (data: Fields) => ({ events: [{ kind: 'message', text: contentOf(data), thinking: true } as const] }),
  ],
  ['tool.execution_start', toolStarted],
  ['tool.execution_complete', toolEnded],
  ['session.error', (data: Fields) => notice(data, 'critical')],
  ['session.warning', (data: Fields) => notice(data, 'warning')],
]);

function message(data: Fields): Meaning {
  const text = contentOf(data);
  return text === '' ? nothing : { events: [{ kind: 'message', text }] };
}

function toolStarted(data: Fields): Meaning {
  const name = plainLine(wordOf(data['toolName']) ?? 'unknown', 100);
  return { events: [{ kind: 'tool-started', id: idOf(data), name, input: shallowOf(data['arguments']) ?? {} }] };
}

function toolEnded(data: Fields): Meaning {
  const said = textOf(fieldsOf(data['result'])?.['content']) ?? textOf(fieldsOf(data['error'])?.['message']) ?? '';
  const output = plainText(said, 32 * 1024);
  const { exitCode = 0 } = fieldsOf(data['shellExecution']) ?? {};
  return { events: [{ kind: 'tool-ended', id: idOf(data), ok: data['success'] === true && exitCode === 0, output }] };
}

function notice(data: Fields, severity: 'warning' | 'critical'): Meaning {
  return { events: [{ kind: 'notice', severity, text: plainText(textOf(data['message']) ?? '', 2000) }] };
}

function result(fields: Fields): Meaning {
  const code = numberOf(fields['exitCode']);
  const agentSession = wordOf(fields['sessionId']);
  const events = agentSession === undefined ? [] : [{ kind: 'identified', agentSession } as const];
  if (code === 0) return { events, end: { outcome: 'success', reason: 'completed' } };
  return { events, end: { outcome: 'failed', reason: `exit code ${code ?? 'unknown'}` } };
}

/** What it forgets itself, and the frame around turns and calls of its model. */
function isForItsScreen(fields: Fields, type: string): boolean {
  return fields['ephemeral'] === true || /^(?:session|model|assistant|tool|hook)\./u.test(type);
}

function contentOf(data: Fields): string {
  return textOf(data['content']) ?? '';
}

function idOf(data: Fields): string {
  return wordOf(data['toolCallId']) ?? 'tool';
}
