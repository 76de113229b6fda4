import type { AgentEvent } from '../../core/agent/events.ts';
import { defined } from '../../core/defined.ts';
import type { AgentExit, LineMeta, StreamReader } from '../agent.ts';
import { deathOf } from '../exit.ts';
import { amountOf, fieldsOf, listOf, numberOf, parseFields, textOf, wordOf, type Fields } from '../fields.ts';
import { malformed } from '../malformed.ts';
import { plainLine, plainText } from '../plain-text.ts';
import { accountEvents, resetOf } from './account.ts';
import { askOf, elicitationOf, planTool } from './ask.ts';
import { Background } from './background.ts';
import { assistantEvents, isOfSubagent, metaOf, toolResult, userTexts } from './conversation.ts';
import { rescue } from './cut-line.ts';
import { interruptPrefix } from './encode.ts';
import { promptOfUuid } from './prompt-id.ts';
import { turnEnded } from './result.ts';
import { systemEvents } from './system.ts';
import { Turn } from './turn.ts';

/** What a command of the agent's own (`/compact`) prints comes back as if it were a prompt. */
const commandOutput = /^<local-command-std(?:out|err)>([\s\S]*?)<\/local-command-std/u;

/** Kinds of lines that carry nothing for us. `stream_event` repeats in pieces what `assistant` says whole. */
const quiet: readonly unknown[] = [
  ...['stream_event', 'keep_alive', 'tool_progress', 'tool_use_summary', 'prompt_suggestion', 'active_goal'],
];

/** Reads the stream of Claude Code (tried with 2.1.197 and 2.1.329) as domain events. */
export class ClaudeCodeReader implements StreamReader {
  readonly #session: string | undefined;
  readonly #background = new Background();
  /** Requests that wait for an answer, by the tool call they are about. */
  readonly #asks = new Map<string, string>();
  /** Tool calls that a person refused. */
  readonly #refused = new Set<string>();
  /** Plans as the model wrote them, by tool call. */
  readonly #plans = new Map<string, Fields>();
  readonly #seenPrompts = new Set<string>();
  #turn = new Turn();
  #spoke = false;

  constructor(session?: string) {
    this.#session = session;
  }

  line(text: string, meta: LineMeta): readonly AgentEvent[] {
    if (text.trim() === '') return [];
    this.#spoke = true;
    if (meta.truncatedBytes !== undefined) return [malformed(text, meta, ''), ...this.#rescued(text, meta)];
    const fields = parseFields(text);
    return fields === undefined ? [malformed(text, meta, 'not a JSON object')] : this.#events(fields);
  }

  end(exit: AgentExit): readonly AgentEvent[] {
    if (this.#turn.isOver) return [];
    const death = deathOf(exit, this.#spoke);
    const usage = this.#turn.usage();
    const context = this.#turn.context();
    this.#turn = Turn.over();
    return [{ kind: 'turn-ended', ...death, usage, ...defined({ context }), denials: 0 }];
  }

  #events(fields: Fields): readonly AgentEvent[] {
    switch (fields['type']) {
      case 'system':
        return this.#system(fields);
      case 'assistant':
        return this.#assistant(fields);
      case 'user':
        return this.#user(fields);
      case 'result':
        return this.#result({ ...turnEnded(fields, this.#turn), ...defined({ position: this.#turn.position }) });
      case 'command_lifecycle':
        return fields['state'] === 'started' ? this.#promptSeen(fields['command_uuid']) : [];
      case 'control_request':
        return this.#asked(wordOf(fields['request_id']), fieldsOf(fields['request']) ?? {});
      case 'control_cancel_request':
        return this.#withdrawn(wordOf(fields['request_id']));
      case 'control_response':
        return this.#responded(fieldsOf(fields['response']) ?? {});
      default:
        this.#turn.usedUp(resetOf(fields));
        return accountEvents(fields) ?? (quiet.includes(fields['type']) ? [] : unrecognised(fields['type']));
    }
  }

  #system(fields: Fields): readonly AgentEvent[] {
    const events = this.#background.event(fields, this.#turn.isOver) ?? systemEvents(fields);
    if (events === undefined) return unrecognised('system', fields['subtype']);
    const delay = numberOf(fields['retry_delay_ms']);
    if (fields['subtype'] === 'api_retry' && delay !== undefined) this.#turn.retried(amountOf(delay));
    return isIdle(fields) ? [...events, ...this.#background.settled()] : events;
  }

  #assistant(fields: Fields): readonly AgentEvent[] {
    this.#turn.open();
    const message = fieldsOf(fields['message']) ?? {};
    this.#turn.count(message, { main: !isOfSubagent(fields) });
    if (!isOfSubagent(fields)) this.#turn.reached(wordOf(fields['uuid']));
    const events = assistantEvents(fields);
    for (const event of events) {
      if (event.kind === 'tool-started' && event.name === planTool) this.#plans.set(event.id, event.input);
    }
    const error = wordOf(fields['error']);
    if (error === undefined || isOfSubagent(fields)) return events;
    // The agent puts words of its own into the model's mouth.
    this.#turn.refused(error);
    const words = events.flatMap((event) => (event.kind === 'message' ? [event.text] : [])).join('\n');
    return [{ kind: 'notice', severity: 'critical', text: plainText(words === '' ? error : words, 2000) }];
  }

  #user(fields: Fields): readonly AgentEvent[] {
    const blocks = listOf(fieldsOf(fields['message'])?.['content']).map((each) => fieldsOf(each) ?? {});
    const results = blocks.filter((block) => block['type'] === 'tool_result');
    if (results.length > 0) return results.flatMap((block) => this.#toolEnded(block, fields));
    if (isOfSubagent(fields)) return [];
    const text = userTexts(fields).join('\n');
    if (fields['isReplay'] === true) return this.#replayed(fields, text);
    if (fields['isSynthetic'] !== true || text === '') return [];
    return [{ kind: 'notice', severity: 'info', text: plainText(text, 300) }];
  }

  #toolEnded(block: Fields, fields: Fields): readonly AgentEvent[] {
    const id = textOf(block['tool_use_id']) ?? '';
    const ask = this.#asks.get(id);
    const meta = metaOf(fields, id);
    const refused = this.#refused.delete(id) || (ask !== undefined && meta?.['non_execution_kind'] === 'user-rejected');
    const ended = toolResult(block, meta, refused);
    // Versions and settings that do not echo an answer show that they took it by going on.
    return ask === undefined ? ended : [...this.#answered(ask), ...ended];
  }

  #replayed(fields: Fields, text: string): readonly AgentEvent[] {
    const output = commandOutput.exec(text)?.[1]?.trim();
    if (output !== undefined) return output === '' ? [] : [{ kind: 'message', text: output }];
    return this.#promptSeen(fields['uuid'], text);
  }

  /** A prompt is told of twice, when its turn begins and when it is echoed, and again when it is written again. */
  #promptSeen(uuid: unknown, text?: string): readonly AgentEvent[] {
    const sent = wordOf(uuid)?.toLowerCase();
    if (sent !== undefined && this.#seenPrompts.has(sent)) return [];
    if (sent !== undefined) this.#seenPrompts.add(sent);
    this.#turn.open();
    const input = sent === undefined ? {} : { input: promptOfUuid(sent, this.#session) };
    return [{ kind: 'prompt-seen', ...input, ...defined({ text }) }];
  }

  #asked(id: string | undefined, request: Fields): readonly AgentEvent[] {
    if (id === undefined) return unrecognised('control_request', 'without an id');
    if (request['subtype'] === 'elicitation') return [{ kind: 'asked', request: elicitationOf(id, request) }];
    if (request['subtype'] !== 'can_use_tool') return unrecognised('control_request', request['subtype']);
    const call = wordOf(request['tool_use_id']);
    if (call !== undefined) this.#asks.set(call, id);
    const plan = call === undefined ? undefined : this.#plans.get(call);
    return [{ kind: 'asked', request: askOf(id, request, plan) }];
  }

  #withdrawn(id: string | undefined): readonly AgentEvent[] {
    if (id === undefined) return unrecognised('control_cancel_request', 'without an id');
    this.#forget(id);
    return [{ kind: 'ask-withdrawn', request: id }];
  }

  /** Answers to our own requests, and the echo of our answers to the agent's. */
  #responded(response: Fields): readonly AgentEvent[] {
    const id = wordOf(response['request_id']) ?? '';
    if (!id.startsWith(interruptPrefix)) {
      const behavior = fieldsOf(response['response'])?.['behavior'];
      if (behavior === 'deny') for (const [call, ask] of this.#asks) if (ask === id) this.#refused.add(call);
      return behavior === undefined ? [] : this.#answered(id);
    }
    if (response['subtype'] === 'success') return [{ kind: 'interrupt-seen', input: id.slice(interruptPrefix.length) }];
    const why = plainLine(textOf(response['error']) ?? 'no reason given');
    return [{ kind: 'notice', severity: 'warning', text: `The agent did not accept an interrupt: ${why}` }];
  }

  #answered(id: string): readonly AgentEvent[] {
    this.#forget(id);
    return [{ kind: 'answer-seen', request: id }];
  }

  #forget(id: string): void {
    for (const [call, ask] of this.#asks) if (ask === id) this.#asks.delete(call);
  }

  #result(ended: AgentEvent): readonly AgentEvent[] {
    this.#turn = Turn.over();
    this.#plans.clear();
    this.#refused.clear();
    return [ended, ...this.#background.settled()];
  }

  #rescued(text: string, meta: LineMeta): readonly AgentEvent[] {
    const events = rescue(text, meta);
    return events.some(({ kind }) => kind === 'turn-ended') ? events.flatMap((event) => this.#result(event)) : events;
  }
}

/** The agent's own word that nothing of it is at work but background jobs. */
function isIdle(fields: Fields): boolean {
  return fields['subtype'] === 'session_state_changed' && fields['state'] === 'idle';
}

function unrecognised(type: unknown, subtype?: unknown): readonly AgentEvent[] {
  const words = subtype === undefined ? [type] : [type, subtype];
  const what = words.map((word) => (typeof word === 'string' ? plainLine(word, 60) : `a ${typeof word}`)).join(' ');
  return [{ kind: 'unrecognised', what }];
}
