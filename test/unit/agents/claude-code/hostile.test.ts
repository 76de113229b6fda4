import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AgentEvent } from '../../../../src/core/agent/events.ts';
import { encode } from '../../../../src/agents/claude-code/encode.ts';
import { ClaudeCodeReader } from '../../../../src/agents/claude-code/reader.ts';
import { eventSchema } from '../event-schema.ts';
import { samples } from './samples.ts';

const meta = { offset: 0 };
const allLines = samples.flatMap(({ lines }) => lines);

/** Checks every event, and that what was asked can be answered. */
function check(events: readonly AgentEvent[]): void {
  for (const event of events) {
    eventSchema.parse(event);
    assert.deepEqual(JSON.parse(JSON.stringify(event)), event);
    if (event.kind !== 'asked') continue;
    for (const choice of ['allow', 'deny', 'answer', 'abort'] as const) {
      const line = encode({ kind: 'answer', request: event.request, answer: { choice } });
      assert.match(line, /^[^\n]+\n$/);
      JSON.parse(line);
    }
  }
}

function feed(lines: readonly string[]): readonly AgentEvent[] {
  const reader = new ClaudeCodeReader('aaaaaaaa-0000-4000-8000-0123456789ab');
  return [...lines.flatMap((line) => reader.line(line, meta)), ...reader.end({ code: 1, stderr: lines[0] ?? '' })];
}

/** Keys and values that mean something to the reader, in wrong places. */
const word = fc.constantFrom(
  ...['system', 'assistant', 'user', 'result', 'control_request', 'control_response', 'control_cancel_request'],
  ...['init', 'api_retry', 'can_use_tool', 'elicitation', 'tool_use', 'tool_result', 'text', 'thinking', 'success', ''],
  ...['task_started', 'task_notification', 'background_tasks_changed', 'interrupt:1', 'completed', 'AskUserQuestion'],
  ...[
    'ExitPlanMode',
    'rejected',
    '__proto__',
    'constructor',
    '\u0000\u001b[2J\u202e',
    '\ud800',
    'deny',
    'rate_limit_event',
  ],
);
const key = fc.constantFrom(
  ...['type', 'subtype', 'message', 'content', 'id', 'uuid', 'name', 'input', 'tool_use_id', 'request', 'request_id'],
  ...['response', 'behavior', 'error', 'is_error', 'terminal_reason', 'tool_name', 'questions', 'options', 'label'],
  ...['question', 'usage', 'model_usage_since_last_result', 'permission_denials', 'tasks', 'task_id', 'status', 'text'],
  ...['isReplay', 'isSynthetic', 'parent_tool_use_id', 'tool_result_meta', 'errors', 'result', 'command_uuid', 'state'],
  ...['session_id', 'tools', 'model', 'plan', '__proto__', 'toString', 'costUSD', 'origin', 'patch', 'priority'],
);
const { value: hostile } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    word,
    fc.oneof(fc.boolean(), fc.constant(null), fc.double(), fc.integer(), fc.string({ unit: 'binary', maxLength: 20 })),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 6 }),
  ),
}));

describe('Claude Code: hostile output', () => {
  it('takes any text', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (lines) => check(feed(lines))),
      { numRuns: 120 },
    );
  });

  it('takes any JSON', () => {
    fc.assert(
      fc.property(fc.array(fc.json()), (lines) => check(feed(lines))),
      { numRuns: 120 },
    );
  });

  it('takes its own words in any order and of any type', () => {
    const line = fc
      .tuple(word, fc.dictionary(key, hostile, { maxKeys: 8 }))
      .map(([type, fields]) => ({ ...fields, type }));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (objects) =>
        check(feed(objects.map((each) => JSON.stringify(each)))),
      ),
      { numRuns: 400 },
    );
  });

  it('names a block of an unknown type without what its name would do to a screen', () => {
    const content = [{ type: '\u0000\u001b[2J\u202e' }];
    check(feed([JSON.stringify({ type: 'assistant', message: { role: 'assistant', content } })]));
  });

  it('takes captured lines in any order, with any part of them replaced or cut', () => {
    const mutated = fc
      .tuple(fc.constantFrom(...allLines), fc.nat(), hostile, fc.boolean())
      .map(([line, at, value, cut]) =>
        cut ? line.slice(0, at % line.length) : JSON.stringify(replaced(JSON.parse(line), at, value)),
      );
    fc.assert(
      fc.property(fc.array(mutated, { maxLength: 12 }), (lines) => check(feed(lines))),
      { numRuns: 250 },
    );
  });

  it('gives the same events for the same lines', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...allLines), { maxLength: 30 }), (lines) =>
        assert.deepEqual(feed(lines), feed(lines)),
      ),
      { numRuns: 100 },
    );
  });

  it('never calls a turn a success unless every sign says so', () => {
    const result = fc.record(
      {
        type: fc.constant('result'),
        subtype: fc.constantFrom('success', 'error_during_execution', 'error_max_turns', undefined, 1, ''),
        is_error: fc.constantFrom(true, false, undefined, 'false', 0, null),
        terminal_reason: fc.constantFrom('completed', 'api_error', 'aborted_tools', 'made_up', undefined, null, ''),
        stop_reason: fc.constantFrom('end_turn', 'refusal', null),
        api_error_status: fc.constantFrom(429, 529, 500, null, undefined),
        api_error: fc.constantFrom('completed', 'success', undefined),
      },
      { requiredKeys: ['type'] },
    );
    let successes = 0;
    fc.assert(
      fc.property(result, (fields) => {
        const [event] = new ClaudeCodeReader().line(JSON.stringify(fields), meta);
        assert.ok(event?.kind === 'turn-ended');
        if (event.outcome !== 'success') return;
        successes += 1;
        assert.equal(fields.is_error, false);
        assert.equal(fields.subtype, 'success');
        assert.notEqual(fields.stop_reason, 'refusal');
        assert.ok(['completed', undefined, null, ''].includes(fields.terminal_reason), String(fields.terminal_reason));
      }),
      { numRuns: 1000 },
    );
    assert.ok(successes > 0);
  });

  it('takes a tool input that is nested 100,000 deep, and can be answered', () => {
    const deep = `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    const ask = `{"type":"control_request","request_id":"r","request":{"subtype":"can_use_tool","tool_name":"Bash","input":${deep}}}`;
    const use = `{"type":"assistant","message":{"content":[{"type":"tool_use","id":"t","name":"Bash","input":${deep}}]}}`;
    check(feed([ask, use]));
    assert.deepEqual(feed([use])[0], { kind: 'tool-started', id: 't', name: 'Bash', input: {} });
  });

  it('takes a line of 8 MiB, and keeps what it says short', () => {
    const long = 'x'.repeat(8 * 1024 * 1024);
    const line = JSON.stringify({
      type: 'user',
      message: { content: [{ type: 'tool_result', tool_use_id: 't', content: long }] },
    });
    const [event] = feed([line]);
    assert.ok(event?.kind === 'tool-ended' && event.output.length < 40_000 && event.output.includes('more characters'));
    const [unread] = feed([long]);
    assert.ok(unread?.kind === 'malformed' && unread.sample.length <= 160);
  });

  describe('a line that was cut because it was too long', () => {
    const cut = (line: string, length: number): readonly AgentEvent[] => {
      const events = new ClaudeCodeReader().line(line.slice(0, length), {
        offset: 0,
        truncatedBytes: line.length - length,
      });
      check(events);
      return events;
    };
    const kindOf = (line: string): string => {
      const { type, request } = JSON.parse(line) as { type: string; request?: { subtype: string } };
      return request === undefined ? type : `${type} ${request.subtype}`;
    };

    it('still asks for permission, with the same id', () => {
      const asks = allLines.filter((line) => kindOf(line) === 'control_request can_use_tool');
      assert.ok(asks.length > 5);
      for (const line of asks) {
        const { request_id: id } = JSON.parse(line) as { request_id: string };
        const [unread, event] = cut(line, 200);
        assert.equal(unread?.kind, 'malformed');
        assert.ok(event?.kind === 'asked' && event.request.id === id && event.request.input === undefined);
        const answer = { choice: 'allow' } as const;
        const written: unknown = JSON.parse(encode({ kind: 'answer', request: event.request, answer }));
        const response = { subtype: 'success', request_id: id, response: { behavior: 'allow' } };
        assert.deepEqual(written, { type: 'control_response', response });
      }
    });

    it('still ends the turn, but never as a success', () => {
      const results = allLines.filter((line) => kindOf(line) === 'result');
      assert.ok(results.length > 50);
      for (const line of results) {
        const ends = cut(line, 100).filter(({ kind }) => kind === 'turn-ended');
        assert.deepEqual(
          ends.map((event) => event.kind === 'turn-ended' && event.outcome),
          ['failed'],
        );
      }
    });

    it('does not mistake anything else for either', () => {
      for (const line of allLines) {
        if (['result', 'control_request can_use_tool'].includes(kindOf(line))) continue;
        assert.deepEqual(
          cut(line, 150).map(({ kind }) => kind),
          ['malformed'],
        );
      }
    });
  });

  it('says of a torn last line that it is torn', () => {
    const events = new ClaudeCodeReader().line('{"type":"assis', { offset: 0, torn: true });
    assert.deepEqual(events, [
      { kind: 'malformed', reason: 'cut off by the end of the process', sample: '{"type":"assis' },
    ]);
  });
});

/** The value with its `at`-th part (counted over all levels, from the root) replaced. */
function replaced(root: unknown, at: number, value: unknown): unknown {
  const places: (readonly [holder: object, key: string])[] = [];
  const collect = (holder: unknown): void => {
    if (typeof holder !== 'object' || holder === null) return;
    for (const [name, part] of Object.entries(holder)) {
      places.push([holder, name]);
      collect(part);
    }
  };
  collect(root);
  const place = places[at % places.length];
  if (place !== undefined) Reflect.set(place[0], place[1], value);
  return root;
}
