import assert from 'node:assert/strict';
import type { AgentEvent } from '../../../../src/core/agent/events.ts';
import { resetOf } from '../../../../src/agents/claude-code/account.ts';
import { ClaudeCodeReader } from '../../../../src/agents/claude-code/reader.ts';
import type { AgentExit } from '../../../../src/agents/agent.ts';

const reader = (): ((fields: object) => readonly AgentEvent[]) => {
  const made = new ClaudeCodeReader();
  return (fields) => made.line(JSON.stringify(fields), { offset: 0 });
};
const one = (fields: object): AgentEvent | undefined => reader()(fields)[0];
const system = (subtype: string, fields: object): AgentEvent | undefined => one({ type: 'system', subtype, ...fields });
const ask = (request: object): Extract<AgentEvent, { kind: 'asked' }>['request'] => {
  const event = one({ type: 'control_request', request_id: 'r', request: { subtype: 'can_use_tool', ...request } });
  assert.equal(event?.kind, 'asked');
  return event.request;
};

describe('Claude Code: kinds of lines that the samples lack', () => {
  it('counts what it does not know, and goes on', () => {
    const feed = reader();
    assert.deepEqual(feed({ type: 'hologram', subtype: 'init' }), [{ kind: 'unrecognised', what: 'hologram' }]);
    assert.deepEqual(feed({ type: 'system', subtype: 'telepathy' }), [
      { kind: 'unrecognised', what: 'system telepathy' },
    ]);
    assert.deepEqual(feed({ nothing: 1 }), [{ kind: 'unrecognised', what: 'a undefined' }]);
    const block = {
      type: 'assistant',
      message: { content: [{ type: 'hologram' }, { type: 'text', text: 'still here' }] },
    };
    assert.deepEqual(
      feed(block).map(({ kind }) => kind),
      ['unrecognised', 'message'],
    );
    const request = { type: 'control_request', request_id: 'r', request: { subtype: 'dance' } };
    assert.deepEqual(feed(request), [{ kind: 'unrecognised', what: 'control_request dance' }]);
  });

  it('tells of a subscription that comes to its limit', () => {
    const limit = (status: string): AgentEvent | undefined =>
      one({ type: 'rate_limit_event', rate_limit_info: { status, rateLimitType: 'five_hour' } });
    assert.equal(limit('allowed'), undefined);
    const used = limit('rejected');
    assert.ok(used?.kind === 'notice' && used.text === 'The five hour limit of the subscription is used up.');
    assert.equal(limit('allowed_warning')?.kind, 'notice');
  });

  it('takes the time at which a used up limit is over in seconds and in milliseconds, and no other', () => {
    const reset = (status: string, resetsAt: unknown): number | undefined =>
      resetOf({ type: 'rate_limit_event', rate_limit_info: { status, resetsAt } });
    assert.equal(reset('rejected', 1_800_000_000), 1_800_000_000_000);
    assert.equal(reset('rejected', 1_800_000_000_000), 1_800_000_000_000);
    for (const other of [0, -1, 'soon', null, undefined]) assert.equal(reset('rejected', other), undefined);
    assert.equal(reset('allowed_warning', 1_800_000_000), undefined);
    assert.equal(resetOf({ type: 'auth_status' }), undefined);
  });

  it('tells of trouble with the account, of a lost conversation, of a refused interrupt', () => {
    assert.deepEqual(one({ type: 'auth_status', error: 'expired' }), {
      kind: 'notice',
      severity: 'critical',
      text: 'expired',
    });
    const lost = system('session_writes_lost', {});
    assert.ok(lost?.kind === 'notice' && lost.severity === 'critical');
    const refused = one({
      type: 'control_response',
      response: { subtype: 'error', request_id: 'interrupt:1', error: 'not now' },
    });
    assert.ok(refused?.kind === 'notice' && refused.text.includes('not now'));
  });

  it('does not count background jobs that are no activity', () => {
    const tasks = [{ task_id: 'a' }, { task_id: 'b', ambient: true }];
    assert.deepEqual(system('background_tasks_changed', { tasks }), { kind: 'background', tasks: 1 });
  });

  it('counts a job that ended between turns until the turn that it causes is over', () => {
    const feed = reader();
    const done = { type: 'result', subtype: 'success', is_error: false, terminal_reason: 'completed' };
    const counts = (fields: object): readonly number[] =>
      feed(fields).flatMap((event) => (event.kind === 'background' ? [event.tasks] : []));
    const level = (...tasks: object[]): object => ({ type: 'system', subtype: 'background_tasks_changed', tasks });
    const told = { type: 'system', subtype: 'task_notification', task_id: 'a', status: 'completed', summary: 's' };
    assert.deepEqual(counts(level({ task_id: 'a' })), [1]);
    assert.deepEqual(counts(done), []);
    assert.deepEqual(counts(told), []);
    assert.deepEqual(counts(level()), [1]);
    assert.deepEqual(counts(done), [0]);
    // A job that was stopped causes no turn; and the agent's word that it is idle is enough.
    assert.deepEqual(counts({ ...told, status: 'killed' }), []);
    assert.deepEqual(counts(level()), [0]);
    assert.deepEqual([counts(told), counts(level())], [[], [1]]);
    assert.deepEqual(counts({ type: 'system', subtype: 'session_state_changed', state: 'idle' }), [0]);
  });

  it('shows a person what is hidden in a request', () => {
    const { title, detail } = ask({ tool_name: 'Bash', input: { command: 'ls \u202e fr- mr\u0007\n# second' } });
    assert.equal(title, 'Bash: ls \\u{202e} fr- mr\\u{7} # second');
    assert.ok(detail.includes('\\u{202e}') && detail.includes('\n# second'));
  });

  it('says how much of a long request is not shown', () => {
    const { detail } = ask({ tool_name: 'Write', input: { file_path: 'a', content: 'x'.repeat(200_000) } });
    assert.ok(detail.length < 70_000);
    assert.match(detail, /… \(\d+ more characters\)$/);
  });

  it('takes questions of any shape, without losing the request', () => {
    const { kind, questions, title } = ask({
      tool_name: 'AskUserQuestion',
      input: { questions: [1, { options: 2 }, null] },
    });
    assert.deepEqual([kind, questions, title], ['question', [], 'A question without text']);
    const request = ask({ tool_name: 'AskUserQuestion', input: 'text' });
    assert.equal(request.kind, 'permission');
  });

  it('takes an answer for taken when its tool goes on, where answers are not echoed', () => {
    const feed = reader();
    feed({
      type: 'control_request',
      request_id: 'r',
      request: { subtype: 'can_use_tool', tool_name: 'Bash', tool_use_id: 't', input: {} },
    });
    const result = { type: 'user', message: { content: [{ type: 'tool_result', tool_use_id: 't', content: 'ok' }] } };
    assert.deepEqual(
      feed(result).map(({ kind }) => kind),
      ['answer-seen', 'tool-ended'],
    );
    assert.deepEqual(
      feed(result).map(({ kind }) => kind),
      ['tool-ended'],
    );
  });
});

describe('Claude Code: a process that ends without a result', () => {
  const end = (exit: AgentExit, ...lines: object[]): AgentEvent | undefined => {
    const made = new ClaudeCodeReader();
    for (const line of lines) made.line(JSON.stringify(line), { offset: 0 });
    return made.end(exit)[0];
  };
  const working = {
    type: 'assistant',
    message: { id: 'm', content: [], usage: { input_tokens: 7, output_tokens: 1 } },
  };

  for (const [what, stderr] of [
    ['an unknown option', "error: unknown option '--nonsense'\n"],
    [
      'root and bypassed permissions',
      '--dangerously-skip-permissions cannot be used with root/sudo privileges for security reasons\n',
    ],
    ['a conversation id in use', 'Error: Session ID aaaaaaaa-0000-4000-8000-000000000001 is already in use.\n'],
  ] as const) {
    it(`says what its error output says: ${what}`, () => {
      const event = end({ code: 1, stderr });
      assert.ok(event?.kind === 'turn-ended');
      assert.deepEqual([event.outcome, event.reason, event.text], ['failed', 'exit code 1', stderr.trim()]);
    });
  }

  it('is a crash in mid-turn, with what was surely consumed', () => {
    const event = end({ code: 134, stderr: 'Aborted' }, working, working);
    assert.ok(event?.kind === 'turn-ended');
    assert.deepEqual([event.outcome, event.reason, event.usage.inputTokens], ['crashed', 'exit code 134', 7]);
  });

  it('is an interruption when it was asked to end, a crash when it was killed or vanished', () => {
    for (const [exit, outcome, reason] of [
      [{ code: 143, signal: 'SIGTERM' }, 'interrupted', 'SIGTERM'],
      [{ signal: 'SIGKILL' }, 'crashed', 'SIGKILL'],
      [{ code: 139, signal: 'SIGSEGV' }, 'crashed', 'SIGSEGV'],
      [{ gone: true }, 'crashed', 'gone'],
      [{ code: 0 }, 'crashed', 'no result'],
    ] as const) {
      const event = end(exit, working);
      assert.ok(event?.kind === 'turn-ended');
      assert.deepEqual([event.outcome, event.reason], [outcome, reason]);
    }
  });

  it('has nothing to say between two turns, nor twice', () => {
    const made = new ClaudeCodeReader();
    made.line(JSON.stringify({ type: 'result', subtype: 'success', is_error: false }), { offset: 0 });
    assert.deepEqual(made.end({ code: 1 }), []);
    const killed = new ClaudeCodeReader();
    assert.equal(killed.end({ signal: 'SIGKILL' }).length, 1);
    assert.deepEqual(killed.end({ signal: 'SIGKILL' }), []);
  });
});
