import assert from 'node:assert/strict';
import fc from 'fast-check';
import { agentLines } from '../../../src/cli/agent-lines.ts';
import { paintWith } from '../../../src/cli/paint.ts';
import type { AgentEvent } from '../../../src/core/agent/events.ts';

const plain = paintWith(false);
const usage = { inputTokens: 1, outputTokens: 2, cacheReadTokens: 0, cacheWriteTokens: 0 };

/** What each kind of event looks like; a kind that is missing here does not compile. */
const shown: { readonly [K in AgentEvent['kind']]: readonly (readonly [Extract<AgentEvent, { kind: K }>, string])[] } =
  {
    identified: [
      [{ kind: 'identified', agentSession: 's', model: 'opus', version: '2.1' }, 'agent: opus, 2.1'],
      [{ kind: 'identified', agentSession: 's' }, ''],
    ],
    'prompt-seen': [
      [{ kind: 'prompt-seen', text: 'one\ntwo' }, '> one\n  two'],
      [{ kind: 'prompt-seen', input: 'x' }, ''],
    ],
    message: [
      [{ kind: 'message', text: ' Hello\n\nthere ' }, 'Hello\n\nthere'],
      [{ kind: 'message', text: 'a\nb', thinking: true }, 'thinking: a b'],
      [{ kind: 'message', text: 'deep', subagent: true }, '  deep'],
      [{ kind: 'message', text: '  ' }, ''],
    ],
    'tool-started': [
      [
        {
          kind: 'tool-started',
          id: 't',
          name: 'Bash',
          input: { command: 'git push -f' },
          findings: [{ danger: 'force-push', severity: 'critical', sentence: 'It overwrites.' }],
        },
        '* Bash git push -f\n  ! It overwrites.',
      ],
      [{ kind: 'tool-started', id: 't', name: 'Edit', input: { file_path: 'a.ts', old: 'x' } }, '* Edit a.ts'],
      [{ kind: 'tool-started', id: 't', name: 'Odd', input: { a: 1 } }, '* Odd {"a":1}'],
      [{ kind: 'tool-started', id: 't', name: 'None', input: {} }, '* None'],
    ],
    'tool-ended': [
      [{ kind: 'tool-ended', id: 't', ok: true, output: 'a\n\nb' }, '  a\n  b'],
      [{ kind: 'tool-ended', id: 't', ok: true, output: '' }, ''],
      [{ kind: 'tool-ended', id: 't', ok: false, output: '' }, '  failed'],
      [{ kind: 'tool-ended', id: 't', ok: false, denied: true, output: 'no' }, '  not allowed'],
    ],
    asked: [[{ kind: 'asked', request: { id: 'r', kind: 'permission', title: 'Bash: ls', detail: '' } }, '? Bash: ls']],
    'ask-withdrawn': [[{ kind: 'ask-withdrawn', request: 'r' }, '  the agent does not wait for the answer any more']],
    'answer-seen': [[{ kind: 'answer-seen', request: 'r' }, '']],
    'interrupt-seen': [[{ kind: 'interrupt-seen' }, 'the agent was interrupted']],
    background: [[{ kind: 'background', tasks: 2 }, '']],
    retrying: [
      [
        { kind: 'retrying', attempt: 2, max: 5, delayMs: 3100, error: 'overloaded' },
        '! overloaded; try 2 of 5 follows in 3 s',
      ],
      [{ kind: 'retrying', attempt: 1, error: 'lost' }, '! lost; try 1 follows'],
    ],
    notice: [
      [{ kind: 'notice', severity: 'critical', text: 'full' }, '! full'],
      [{ kind: 'notice', severity: 'warning', text: 'nearly' }, '! nearly'],
      [{ kind: 'notice', severity: 'info', text: 'by the way' }, '! by the way'],
    ],
    'turn-ended': [
      [
        { kind: 'turn-ended', outcome: 'success', reason: 'completed', usage, denials: 0 },
        'turn ended: success (completed)',
      ],
      [{ kind: 'turn-ended', outcome: 'failed', reason: 'failed', usage, denials: 0 }, 'turn ended: failed'],
    ],
    unrecognised: [[{ kind: 'unrecognised', what: 'x' }, '']],
    malformed: [[{ kind: 'malformed', reason: 'no JSON', sample: '{' }, '! a line could not be read: no JSON']],
  };

function linesOf(event: { kind: string }): string {
  return agentLines({ ...event }, plain)
    .map((line) => line.value)
    .join('\n');
}

describe('what an agent does, for a person', () => {
  for (const [kind, cases] of Object.entries(shown)) {
    it(kind, () => {
      for (const [event, lines] of cases) assert.equal(linesOf(event), lines);
    });
  }

  it('passes over what a later version may send, whatever its shape', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom(...Object.keys(shown), 'constructor', '__proto__'), fc.string()),
        fc.dictionary(
          fc.constantFrom('text', 'input', 'output', 'name', 'request', 'ok', 'outcome', 'attempt'),
          fc.jsonValue({ maxDepth: 1 }),
        ),
        (kind, rest) => {
          const lines = linesOf({ ...rest, kind });
          assert.ok(!/[^\P{Cc}\n\t]/u.test(lines), JSON.stringify(lines));
        },
      ),
    );
  });
});
