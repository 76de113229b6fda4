import type { AgentEvent, AgentQuestion, AgentRequest, TurnOutcome } from '../../core/agent/events.ts';
import { noUsage, type ContextFill, type Usage } from '../../core/agent/usage.ts';
import { defined } from '../../core/defined.ts';
import type { AgentExit, LineMeta, StreamReader } from '../agent.ts';
import { deathOf } from '../exit.ts';
import {
  amountOf,
  countOf,
  fieldsOf,
  listOf,
  numberOf,
  parseFields,
  shallowOf,
  textOf,
  wordOf,
  type Fields,
} from '../fields.ts';
import { malformed } from '../malformed.ts';
import { plainLine, plainText } from '../plain-text.ts';

type Ended = Extract<AgentEvent, { kind: 'turn-ended' }>;

/** Reads the line protocol. */
export class LineProtocolReader implements StreamReader {
  readonly #once: boolean;
  #turn: 'due' | 'open' | 'over' = 'due';
  #spoke = false;
  #lastWords = '';
  /** The result of a command that is judged when it ends. */
  #result: Ended | undefined;

  /** `once`: the command is run once per prompt, and only its exit code 0 makes a success of its result. */
  constructor(options: { once: boolean }) {
    this.#once = options.once;
  }

  line(text: string, meta: LineMeta): readonly AgentEvent[] {
    if (text.trim() === '') return [];
    this.#spoke = true;
    if (meta.truncatedBytes !== undefined) return [malformed(text, meta, '')];
    const fields = parseFields(text);
    if (fields === undefined) return [malformed(text, meta, 'not a JSON object')];
    const event = eventOf(fields);
    return event === undefined ? [unrecognised(fields)] : this.#noted(event);
  }

  end(exit: AgentExit): readonly AgentEvent[] {
    if (this.#turn === 'over') return [];
    this.#turn = 'over';
    return [
      this.#once
        ? this.#judged(exit)
        : { kind: 'turn-ended', ...deathOf(exit, this.#spoke), usage: noUsage, denials: 0 },
    ];
  }

  #noted(event: AgentEvent): readonly AgentEvent[] {
    if (event.kind === 'message') this.#lastWords = event.text;
    if (event.kind !== 'turn-ended') {
      if (event.kind !== 'identified' && event.kind !== 'notice') this.#turn = 'open';
      return [event];
    }
    if (this.#once) {
      this.#result = event;
      return [];
    }
    this.#turn = 'over';
    return [event];
  }

  #judged(exit: AgentExit): Ended {
    const said = this.#lastWords === '' ? {} : { text: this.#lastWords };
    const result = this.#result ?? { ...success, ...said };
    if (exit.code === 0 && exit.signal === undefined) return result;
    const death = deathOf(exit, this.#spoke);
    const outcome = exit.signal === undefined && exit.code !== undefined ? 'failed' : death.outcome;
    return { ...result, ...death, outcome };
  }
}

const success: Ended = { kind: 'turn-ended', outcome: 'success', reason: 'exit code 0', usage: noUsage, denials: 0 };

function unrecognised(fields: Fields): AgentEvent {
  const type = fields['type'];
  return { kind: 'unrecognised', what: typeof type === 'string' ? plainLine(type, 60) : 'a line without a type' };
}

/** The event of a message; undefined when its type is not known or a field that it needs is missing. */
function eventOf(fields: Fields): AgentEvent | undefined {
  const id = wordOf(fields['id']);
  const text = textOf(fields['text']);
  switch (fields['type']) {
    case 'session':
      return identified(fields);
    case 'prompt':
      return id === undefined ? undefined : { kind: 'prompt-seen', input: id, ...defined({ text }) };
    case 'message':
      return text === undefined
        ? undefined
        : { kind: 'message', text, ...(fields['thinking'] === true ? { thinking: true } : {}) };
    case 'notice':
      return text === undefined
        ? undefined
        : { kind: 'notice', severity: severityOf(fields), text: plainText(text, 2000) };
    case 'retrying': {
      const max = numberOf(fields['max']);
      const error = plainText(text ?? wordOf(fields['error']) ?? 'unknown', 80);
      return { kind: 'retrying', attempt: countOf(fields['attempt']), ...defined({ max }), error };
    }
    case 'result':
      return resultOf(fields);
    default:
      return id === undefined ? undefined : eventWithId(id, fields);
  }
}

function eventWithId(id: string, fields: Fields): AgentEvent | undefined {
  switch (fields['type']) {
    case 'tool':
      return {
        kind: 'tool-started',
        id,
        name: wordOf(fields['name']) ?? 'unknown',
        input: shallowOf(fields['input']) ?? {},
      };
    case 'tool-end': {
      const denied = fields['denied'] === true ? { denied: true } : {};
      return {
        kind: 'tool-ended',
        id,
        ok: fields['ok'] === true,
        ...denied,
        output: plainText(textOf(fields['output']) ?? '', 32 * 1024),
      };
    }
    case 'ask':
      return { kind: 'asked', request: requestOf(id, fields) };
    case 'answered':
      return { kind: 'answer-seen', request: id };
    case 'ask-withdrawn':
      return { kind: 'ask-withdrawn', request: id };
    case 'interrupted':
      return { kind: 'interrupt-seen', input: id };
    default:
      return undefined;
  }
}

function identified(fields: Fields): AgentEvent | undefined {
  const agentSession = wordOf(fields['session']);
  if (agentSession === undefined) return undefined;
  const model = wordOf(fields['model']);
  const version = wordOf(fields['version']);
  return { kind: 'identified', agentSession, ...defined({ model, version }) };
}

function severityOf(fields: Fields): 'info' | 'warning' | 'critical' {
  const severity = fields['severity'];
  return severity === 'warning' || severity === 'critical' ? severity : 'info';
}

function requestOf(id: string, fields: Fields): AgentRequest {
  const kind = fields['kind'] === 'question' || fields['kind'] === 'plan' ? fields['kind'] : 'permission';
  const tool = wordOf(fields['tool']);
  const input = shallowOf(fields['input']);
  const questions = listOf(fields['questions']).flatMap(questionOf);
  return {
    id,
    kind,
    title: plainLine(textOf(fields['title']) ?? `A ${kind} is asked`),
    detail: plainText(textOf(fields['detail']) ?? ''),
    ...(tool === undefined ? {} : { tool: plainLine(tool, 100) }),
    ...defined({ input, use: wordOf(fields['use']) }),
    ...(fields['fixed'] === true ? { fixed: true } : {}),
    ...(questions.length === 0 ? {} : { questions }),
  };
}

function questionOf(value: unknown): AgentQuestion[] {
  const fields = fieldsOf(value) ?? {};
  const question = wordOf(fields['question']);
  if (question === undefined) return [];
  const header = wordOf(fields['header']);
  const options = listOf(fields['options']).flatMap((each) => {
    const option = fieldsOf(each) ?? {};
    const [label, description] = [wordOf(option['label']), wordOf(option['description'])];
    return label === undefined ? [] : [{ label, ...defined({ description }) }];
  });
  return [{ question, ...defined({ header }), options, multiSelect: fields['multiSelect'] === true }];
}

const outcomes: readonly TurnOutcome[] = ['success', 'failed', 'interrupted', 'limit', 'rate-limited'];

function resultOf(fields: Fields): Ended {
  const outcome = outcomes.find((each) => each === fields['outcome']) ?? 'failed';
  const text = wordOf(fields['text']);
  const context = contextOf(fieldsOf(fields['context']));
  const retryAfterS = outcome === 'rate-limited' ? countOf(fields['retryAfterS']) : 0;
  return {
    kind: 'turn-ended',
    outcome,
    reason: plainLine(wordOf(fields['reason']) ?? outcome, 80),
    ...defined({ text, context, position: positionOf(fields['position']) }),
    usage: usageOf(fieldsOf(fields['usage'])),
    denials: countOf(fields['denials']),
    ...(retryAfterS === 0 ? {} : { retryAfterS }),
  };
}

/** It is given back on a command line. */
function positionOf(value: unknown): string | undefined {
  const word = wordOf(value);
  return word !== undefined && /^[\w.:][\w.:-]{0,199}$/u.test(word) ? word : undefined;
}

function usageOf(usage: Fields | undefined): Usage {
  if (usage === undefined) return noUsage;
  const tokens = {
    inputTokens: countOf(usage['inputTokens']),
    outputTokens: countOf(usage['outputTokens']),
    cacheReadTokens: countOf(usage['cacheReadTokens']),
    cacheWriteTokens: countOf(usage['cacheWriteTokens']),
  };
  const costUsd = numberOf(usage['costUsd']);
  return costUsd === undefined ? tokens : { ...tokens, costUsd: amountOf(costUsd) };
}

function contextOf(context: Fields | undefined): ContextFill | undefined {
  const tokens = countOf(context?.['tokens']);
  const window = countOf(context?.['window']);
  if (tokens === 0) return undefined;
  return window === 0 ? { tokens } : { tokens, window };
}
