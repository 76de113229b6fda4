import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AgentEvent } from '../../../src/core/agent/events.ts';
import type { AgentExit } from '../../../src/agents/agent.ts';
import { messageOf } from '../../../src/agents/line-protocol/input.ts';
import { encode } from '../../../src/agents/line-protocol/encode.ts';
import { LineProtocolReader } from '../../../src/agents/line-protocol/reader.ts';
import type { OutMessage } from '../../../src/agents/line-protocol/messages.ts';
import { eventSchema } from './event-schema.ts';

const meta = { offset: 0 };

function read(once: boolean, exit: AgentExit | undefined, ...messages: readonly OutMessage[]): readonly AgentEvent[] {
  const reader = new LineProtocolReader({ once });
  const events = messages.flatMap((message) => reader.line(JSON.stringify(message), meta));
  return exit === undefined ? events : [...events, ...reader.end(exit)];
}

describe('the line protocol', () => {
  it('says until when a service puts off, and only of a turn that it puts off', () => {
    const ended = (result: object): unknown => {
      const [event] = read(false, undefined, { type: 'result', outcome: 'rate-limited', ...result });
      return event?.kind === 'turn-ended' ? event.retryAfterS : 'no end';
    };
    assert.deepEqual(
      [{ retryAfterS: 90.5 }, {}, { retryAfterS: -1 }, { retryAfterS: '9' }, { outcome: 'failed', retryAfterS: 9 }].map(
        ended,
      ),
      [90, undefined, undefined, undefined, undefined],
    );
  });

  it('says everything that an agent can say', () => {
    const questions = [{ question: 'Q?', header: 'H', options: [{ label: 'A', description: 'a' }], multiSelect: true }];
    const usage = { inputTokens: 1, outputTokens: 2, cacheReadTokens: 3, cacheWriteTokens: 4, costUsd: 0.5 };
    const events = read(
      false,
      undefined,
      { type: 'session', session: 's', model: 'm', version: '1' },
      { type: 'prompt', id: 'p' },
      { type: 'message', text: 'hm', thinking: true },
      { type: 'tool', id: 't', name: 'Edit', input: { path: 'a' } },
      { type: 'tool-end', id: 't', ok: false, denied: true, output: 'no' },
      { type: 'ask', id: 'a', kind: 'question', title: 'Q?', detail: 'd', questions },
      { type: 'answered', id: 'a' },
      { type: 'ask-withdrawn', id: 'b' },
      { type: 'interrupted', id: 'i' },
      { type: 'notice', severity: 'critical', text: 'careful' },
      {
        type: 'result',
        outcome: 'limit',
        reason: 'budget',
        text: 'end',
        denials: 1,
        usage,
        context: { tokens: 6, window: 100 },
      },
    );
    assert.deepEqual(events, [
      { kind: 'identified', agentSession: 's', model: 'm', version: '1' },
      { kind: 'prompt-seen', input: 'p' },
      { kind: 'message', text: 'hm', thinking: true },
      { kind: 'tool-started', id: 't', name: 'Edit', input: { path: 'a' } },
      { kind: 'tool-ended', id: 't', ok: false, denied: true, output: 'no' },
      { kind: 'asked', request: { id: 'a', kind: 'question', title: 'Q?', detail: 'd', questions } },
      { kind: 'answer-seen', request: 'a' },
      { kind: 'ask-withdrawn', request: 'b' },
      { kind: 'interrupt-seen', input: 'i' },
      { kind: 'notice', severity: 'critical', text: 'careful' },
      {
        kind: 'turn-ended',
        outcome: 'limit',
        reason: 'budget',
        text: 'end',
        denials: 1,
        usage,
        context: { tokens: 6, window: 100 },
      },
    ]);
  });

  it('takes any line', () => {
    const type = fc.constantFrom('session', 'prompt', 'message', 'tool', 'tool-end', 'ask', 'notice', 'result', 'x');
    const name = fc.constantFrom(
      'id',
      'text',
      'kind',
      'input',
      'questions',
      'usage',
      'outcome',
      'session',
      'title',
      'denials',
    );
    const line = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc
        .tuple(type, fc.dictionary(name, fc.jsonValue()))
        .map(([kind, fields]) => JSON.stringify({ ...fields, type: kind })),
    );
    fc.assert(
      fc.property(fc.array(line), fc.boolean(), (lines, once) => {
        const reader = new LineProtocolReader({ once });
        const events = [...lines.flatMap((each) => reader.line(each, meta)), ...reader.end({ code: 0 })];
        for (const event of events) eventSchema.parse(event);
      }),
      { numRuns: 200 },
    );
  });

  it('a live agent that dies has crashed; one that refuses to start says why', () => {
    const [, died] = read(false, { code: 0 }, { type: 'message', text: 'working' });
    assert.ok(died?.kind === 'turn-ended' && died.outcome === 'crashed');
    const [refused] = read(false, { code: 1, stderr: 'no conversation' });
    assert.ok(refused?.kind === 'turn-ended' && refused.outcome === 'failed' && refused.text === 'no conversation');
    assert.deepEqual(read(false, { code: 0 }, { type: 'result', outcome: 'success' }).length, 1);
  });

  describe('of a command that runs once', () => {
    const end = (exit: AgentExit, ...messages: readonly OutMessage[]): Extract<AgentEvent, { kind: 'turn-ended' }> => {
      const ends = read(true, exit, ...messages).filter((event) => event.kind === 'turn-ended');
      assert.equal(ends.length, 1);
      return ends[0] ?? assert.fail();
    };

    it('only exit code 0 makes a success', () => {
      assert.equal(end({ code: 0 }, { type: 'message', text: 'done' }).outcome, 'success');
      assert.equal(end({ code: 0 }, { type: 'message', text: 'done' }).text, 'done');
      assert.equal(end({ code: 0 }, { type: 'result', outcome: 'success', text: 'ok' }).text, 'ok');
      assert.equal(end({ code: 1 }, { type: 'result', outcome: 'success' }).outcome, 'failed');
      assert.equal(end({ signal: 'SIGKILL' }, { type: 'result', outcome: 'success' }).outcome, 'crashed');
      assert.equal(end({ gone: true }, { type: 'result', outcome: 'success' }).outcome, 'crashed');
      assert.equal(end({ code: 143, signal: 'SIGTERM' }).outcome, 'interrupted');
    });

    it('exit code 0 does not make a success of a result that is none', () => {
      assert.equal(end({ code: 0 }, { type: 'result', outcome: 'failed', reason: 'tests' }).outcome, 'failed');
    });
  });

  it('carries inputs that come out as they went in', () => {
    const request = { id: 'a', kind: 'permission', title: 't', detail: 'd' } as const;
    const answer = { choice: 'allow', reason: 'r', input: { path: 'b' }, answers: { 'Q?': 'A' } } as const;
    const prompt = { id: 's:1', text: '-x\n"\u2028', steer: true };
    assert.deepEqual(messageOf(encode({ kind: 'prompt', ...prompt }).trimEnd()), { type: 'prompt', ...prompt });
    assert.deepEqual(messageOf(encode({ kind: 'interrupt', id: 'i' })), { type: 'interrupt', id: 'i' });
    assert.deepEqual(messageOf(encode({ kind: 'answer', request, answer })), {
      type: 'answer',
      request: 'a',
      ...answer,
    });
    for (const line of [
      '',
      'x',
      '{}',
      '{"type":"prompt","id":"1"}',
      '{"type":"answer","request":"a","choice":"yes"}',
    ]) {
      assert.equal(messageOf(line), undefined, line);
    }
  });
});
