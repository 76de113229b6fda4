import type { AgentEvent } from '../../core/agent/events.ts';
import { fieldsOf, listOf, numberOf, shallowOf, textOf, wordOf, type Fields } from '../fields.ts';
import { nothing, OneShotReader, type Meaning } from '../one-shot/reader.ts';
import { plainLine, plainText } from '../plain-text.ts';

const outputLimit = 32 * 1024;

/** Reads `codex exec --json`. What its turns consume is told for the whole thread and not for a turn, so it is left out. */
export function codexReader(): OneShotReader {
  return new OneShotReader(meaningOf);
}

function meaningOf(fields: Fields): Meaning | undefined {
  switch (fields['type']) {
    case 'thread.started': {
      const agentSession = wordOf(fields['thread_id']);
      return agentSession === undefined ? undefined : { events: [{ kind: 'identified', agentSession }] };
    }
    case 'turn.started':
    case 'item.updated':
      return nothing;
    case 'item.started':
    case 'item.completed': {
      const item = fieldsOf(fields['item']) ?? {};
      return itemOf(item, fields['type'] === 'item.completed');
    }
    case 'turn.completed':
      return { end: { outcome: 'success', reason: 'completed' } };
    case 'turn.failed': {
      const text = plainText(wordOf(fieldsOf(fields['error'])?.['message']) ?? 'The turn failed.', 2000);
      return { end: { outcome: 'failed', reason: 'turn failed', text } };
    }
    case 'error':
      return { events: [retrying(fields) ?? warning(fields)] };
    default:
      return undefined;
  }
}

function itemOf(item: Fields, completed: boolean): Meaning | undefined {
  const text = textOf(item['text']) ?? '';
  switch (item['type']) {
    case 'agent_message':
      return completed ? { events: [{ kind: 'message', text }] } : nothing;
    case 'reasoning':
      return completed ? { events: [{ kind: 'message', text, thinking: true }] } : nothing;
    case 'todo_list':
      return nothing;
    case 'error':
      return completed ? { events: [warning(item)] } : nothing;
    case 'command_execution':
    case 'file_change':
    case 'mcp_tool_call':
    case 'web_search':
      return toolOf(item, completed);
    default:
      return undefined;
  }
}

/** A change of files is told once, when it is done: then its start is told with it. */
function toolOf(item: Fields, completed: boolean): Meaning | undefined {
  const id = wordOf(item['id']);
  if (id === undefined) return undefined;
  const name = plainLine(wordOf(item['tool']) ?? textOf(item['type']) ?? 'tool', 100);
  const started: AgentEvent = { kind: 'tool-started', id, name, input: inputOf(item) };
  if (!completed) return { events: [started] };
  const code = numberOf(item['exit_code']);
  const ok = item['status'] === 'completed' && (code ?? 0) === 0;
  const output = plainText(textOf(item['aggregated_output']) ?? '', outputLimit);
  const ended: AgentEvent = { kind: 'tool-ended', id, ok, output };
  return { events: item['type'] === 'file_change' ? [started, ended] : [ended] };
}

function inputOf(item: Fields): Readonly<Record<string, unknown>> {
  const command = textOf(item['command']);
  if (command !== undefined) return { command };
  const changes = listOf(item['changes']).flatMap((each) => shallowOf(each) ?? []);
  if (changes.length > 0) return { changes };
  return shallowOf(item['arguments']) ?? {};
}

/** "Reconnecting... 2/5", or, in earlier versions, "stream error: …; retrying 2/5 in 391ms…". */
const again = /^(?:Reconnecting\.\.\.|stream error: .*; retrying) (\d{1,4})\/(\d{1,4})/su;

function retrying(fields: Fields): AgentEvent | undefined {
  const text = plainLine(textOf(fields['message']) ?? '', 200);
  const [, attempt, max] = again.exec(text) ?? [];
  if (attempt === undefined) return undefined;
  return { kind: 'retrying', attempt: Number(attempt), max: Number(max), error: plainLine(text, 80) };
}

function warning(fields: Fields): AgentEvent {
  const text = plainText(textOf(fields['message']) ?? 'An error without words.', 2000);
  return { kind: 'notice', severity: 'warning', text };
}
