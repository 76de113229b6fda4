import type { AgentEvent } from '../../core/agent/events.ts';
import { defined } from '../../core/defined.ts';
import { countOf, fieldsOf, listOf, numberOf, textOf, wordOf, type Fields } from '../fields.ts';
import { plainLine, plainText } from '../plain-text.ts';

/** A `system` event that needs nothing but itself to be understood; undefined when its kind is not known. */
export function systemEvents(fields: Fields): readonly AgentEvent[] | undefined {
  const subtype = textOf(fields['subtype']) ?? '';
  return quiet.has(subtype) ? [] : spoken.get(subtype)?.(fields);
}

/** Kinds that say nothing which another event does not say, too. */
const quiet: ReadonlySet<string> = new Set([
  ...['commands_changed', 'control_request_progress', 'elicitation_complete', 'files_persisted', 'hook_progress'],
  ...['hook_response', 'hook_started', 'memory_recall', 'permission_denied', 'plugin_install', 'session_state_changed'],
  ...['task_progress', 'thinking_tokens', 'worker_shutting_down'],
]);

type Speaker = (fields: Fields) => readonly AgentEvent[];
type Severity = Extract<AgentEvent, { kind: 'notice' }>['severity'];

const spoken: ReadonlyMap<string, Speaker> = new Map<string, Speaker>([
  ['init', identified],
  ['api_retry', (fields) => [retrying(fields)]],
  ['compact_boundary', (fields) => [compacted(fields)]],
  ['status', (fields) => (fields['compact_result'] === 'failed' ? say('warning', fields['compact_error']) : [])],
  ['informational', (fields) => say('info', fields['content'])],
  ['local_command_output', (fields) => say('info', fields['content'])],
  ['mirror_error', (fields) => say('warning', fields['error'])],
  ['model_refusal_fallback', (fields) => say('warning', fields['content'])],
  ['model_refusal_no_fallback', (fields) => say('warning', fields['content'])],
  ['notification', (fields) => say(urgency(fields['priority']), fields['text'])],
  ['session_writes_lost', () => say('critical', 'The agent could not save its conversation: it may not be resumed.')],
]);

function say(severity: Severity, text: unknown): AgentEvent[] {
  const words = wordOf(text);
  return words === undefined ? [] : [{ kind: 'notice', severity, text: plainText(words, 2000) }];
}

function urgency(priority: unknown): Severity {
  return priority === 'immediate' || priority === 'high' ? 'warning' : 'info';
}

function identified(fields: Fields): AgentEvent[] {
  const agentSession = wordOf(fields['session_id']);
  if (agentSession === undefined) return [];
  const model = wordOf(fields['model']);
  const version = wordOf(fields['claude_code_version']);
  const tools = listOf(fields['tools']).filter((tool) => typeof tool === 'string');
  return [{ kind: 'identified', agentSession, tools, ...defined({ model, version }) }];
}

function retrying(fields: Fields): AgentEvent {
  const [max, delayMs, status] = ['max_retries', 'retry_delay_ms', 'error_status'].map((name) =>
    numberOf(fields[name]),
  );
  return {
    kind: 'retrying',
    attempt: countOf(fields['attempt']),
    ...defined({ max, delayMs, status }),
    error: plainLine(wordOf(fields['error']) ?? 'unknown', 80),
  };
}

function compacted(fields: Fields): AgentEvent {
  const metadata = fieldsOf(fields['compact_metadata']) ?? {};
  const before = numberOf(metadata['pre_tokens']);
  const size = before === undefined ? '' : ` of ${before} tokens`;
  return { kind: 'notice', severity: 'info', text: `The conversation${size} was replaced by a summary of it.` };
}
