import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import type { AgentEvent } from '../../../src/core/agent/events.ts';
import type { PanelEvent } from '../../../src/protocol/webview/session-panel.ts';
import { icons } from '../../../webview/shared/icons.ts';
import { oneLine, visible } from '../../../webview/shared/visible.ts';
import { Conversation } from '../../../webview/session/conversation/fold.ts';
import { Offsets } from '../../../webview/session/conversation/offsets.ts';
import { lex, targetOf } from '../../../webview/session/markdown/lex.ts';
import { History } from '../../../webview/session/prompt/history.ts';
import { promptOf, promptTexts } from '../../../webview/session/rows/prompts.ts';
import { lineFor } from '../../../webview/session/rows/line.ts';
import { changeOf, lineOf, partsOf } from '../../../webview/session/tools/view.ts';

const usage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
const end: AgentEvent = { kind: 'turn-ended', outcome: 'success', reason: 'done', usage, denials: 0 };

function fold(...events: readonly AgentEvent[]): Conversation {
  const conversation = new Conversation();
  conversation.append(numbered(events));
  return conversation;
}

function numbered(events: readonly AgentEvent[]): PanelEvent[] {
  return events.map((event, index) => ({ offset: index, part: 0, from: 0, event }));
}

describe('the rows of a conversation', () => {
  it('are turns with what was said and done in them', () => {
    const { rows } = fold(
      { kind: 'prompt-seen', input: 's:1', text: 'do it' },
      { kind: 'message', text: 'ok' },
      { kind: 'tool-started', id: 't', name: 'Edit', input: { path: 'a' } },
      { kind: 'tool-ended', id: 't', ok: true, output: 'done' },
      end,
    );
    assert.deepEqual(
      rows.map(({ kind, turn }) => [kind, turn]),
      [
        ['turn', 1],
        ['message', 1],
        ['tool', 1],
        ['end', 1],
      ],
    );
  });

  it('begin a turn by themselves where no prompt was echoed, and where the agent woke up', () => {
    const { rows, seen } = fold({ kind: 'message', text: 'a' }, end, { kind: 'message', text: 'b' });
    const turns = rows.filter((row) => row.kind === 'turn');
    assert.deepEqual(
      turns.map(({ prompt, byItself }) => [prompt, byItself]),
      [
        [1, undefined],
        [undefined, true],
      ],
    );
    assert.deepEqual([...seen], [1]);
  });

  it('leave no tool running and no question open when the turn is over', () => {
    const { rows } = fold(
      { kind: 'tool-started', id: 't', name: 'Bash', input: {} },
      { kind: 'asked', request: { id: 'q', kind: 'permission', title: 'May I?', detail: '' } },
      end,
    );
    const states = rows.flatMap((row) => (row.kind === 'tool' || row.kind === 'ask' ? [row.state] : []));
    assert.deepEqual(states, ['lost', 'withdrawn']);
  });

  it('name the files that tools changed, not those they failed to change', () => {
    const call = (id: string, name: string, path: string, ok: boolean): AgentEvent[] => [
      { kind: 'tool-started', id, name, input: { file_path: path } },
      { kind: 'tool-ended', id, ok, output: '' },
    ];
    const { touched } = fold(
      ...call('1', 'Edit', 'a', true),
      ...call('2', 'Write', 'b', false),
      ...call('3', 'Read', 'c', true),
    );
    assert.deepEqual([...touched], ['a']);
  });

  it('are the same however the events are cut into batches, and old rows are never changed', () => {
    const id = fc.constantFrom('1', '2', '3');
    const event = fc.oneof(
      fc.record({ kind: fc.constant('message' as const), text: fc.string() }),
      fc.record({ kind: fc.constant('prompt-seen' as const), input: fc.constantFrom('s:1', 's:2', 'x') }),
      fc.record({ kind: fc.constant('tool-started' as const), id, name: fc.constant('Edit'), input: fc.constant({}) }),
      fc.record({ kind: fc.constant('tool-ended' as const), id, ok: fc.boolean(), output: fc.string() }),
      fc.record({ kind: fc.constant('retrying' as const), attempt: fc.nat(), error: fc.constant('e') }),
      fc.record({ kind: fc.constant('unrecognised' as const), what: fc.constant('w') }),
      fc.record({ kind: fc.constant('answer-seen' as const), request: id }),
      id.map((each) => ({
        kind: 'asked' as const,
        request: { id: each, kind: 'permission' as const, title: '', detail: '' },
      })),
      fc.constant(end),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), fc.array(fc.nat({ max: 5 })), (events, sizes) => {
        const whole = fold(...events);
        const pieces = new Conversation();
        const left = numbered(events);
        const frozen: string[] = [];
        while (left.length > 0) {
          const before = pieces.rows.slice();
          const texts = before.map((row) => JSON.stringify(row));
          const first = pieces.append(left.splice(0, (sizes.shift() ?? 1) + 1));
          assert.deepEqual(
            before.map((row) => JSON.stringify(row)),
            texts,
          );
          assert.deepEqual(pieces.rows.slice(0, first), before.slice(0, first));
          frozen.push(...texts);
        }
        assert.deepEqual(pieces.rows, whole.rows);
        assert.deepEqual(
          whole.rows.map(({ key }) => key),
          whole.rows.map((_, index) => index),
        );
      }),
    );
  });

  it('are made of 50,000 events in well under a second', () => {
    const events = numbered(
      Array.from({ length: 50_000 }, (_, n): AgentEvent => ({ kind: 'message', text: `message ${n}` })),
    );
    const begun = performance.now();
    new Conversation().append(events);
    assert.ok(performance.now() - begun < 1000);
  });
});

describe('the heights of rows', () => {
  it('add up as if they were added one by one', () => {
    const heights = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 3000 });
    const changes = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 500 })), { maxLength: 30 });
    fc.assert(
      fc.property(heights, changes, fc.integer({ min: -10, max: 100_000 }), (given, changed, y) => {
        const offsets = new Offsets();
        const plain = [...given];
        for (const height of given) offsets.push(height);
        for (const [at, height] of changed) {
          plain[at % plain.length] = height;
          offsets.set(at % plain.length, height);
        }
        const total = plain.reduce((sum, height) => sum + height, 0);
        assert.equal(offsets.total, total);
        const middle = Math.floor(plain.length / 2);
        assert.equal(
          offsets.before(middle),
          plain.slice(0, middle).reduce((sum, height) => sum + height, 0),
        );
        const index = offsets.at(y);
        assert.ok(Number.isInteger(index) && index >= 0 && index < plain.length);
        assert.ok(index === 0 || offsets.before(index) <= Math.max(0, y));
        assert.ok(index === plain.length - 1 || offsets.before(index + 1) > y);
      }),
      { numRuns: 200 },
    );
  });
});

describe('text that is shown', () => {
  it('hides nothing and reorders nothing', () => {
    assert.equal(visible('a\u001b[31mb\u001b[0m\r\nc\u202ed\u0000'), 'ab\nc‹U+202E›d‹U+0000›');
    assert.equal(oneLine(`  a\n\tb ${'c'.repeat(300)}`, 10), 'a b ccccc…');
  });

  it('is Markdown only where that is safe and quick', () => {
    assert.ok(lex('**a**'));
    assert.equal(lex('> '.repeat(50)), undefined);
    assert.equal(lex('a'.repeat(40_000)), undefined);
    assert.equal(lex('a'.repeat(1000)), undefined);
  });

  it('links to web pages and files only', () => {
    assert.deepEqual(targetOf('https://a.b/c'), { kind: 'web', href: 'https://a.b/c' });
    assert.deepEqual(targetOf('src/a.ts:12'), { kind: 'file', path: 'src/a.ts', line: 12 });
    assert.deepEqual(targetOf('src/a.ts#L7-L9'), { kind: 'file', path: 'src/a.ts', line: 7 });
    assert.deepEqual(targetOf('a.ts:12'), { kind: 'file', path: 'a.ts', line: 12 });
    for (const bad of [
      'javascript:1',
      '&#106;avascript:1',
      ' JAVASCRIPT:1',
      'data:x',
      '//x',
      '#top',
      '',
      'vscode://x',
      '%ff',
    ])
      assert.deepEqual(targetOf(bad), { kind: 'none' }, bad);
  });
});

describe('calls of tools', () => {
  it('are told in one line', () => {
    const { subject, code, plus, minus } = lineOf(
      'Edit',
      { file_path: '/w/src/a.ts', old_string: 'a\nb', new_string: 'a\nc\nd' },
      '/w',
    );
    assert.deepEqual([subject, code, plus, minus], ['src/a.ts', true, 2, 1]);
    assert.equal(lineOf('Grep', { pattern: 'x', path: 'src' }, undefined).subject, 'x');
    assert.equal(lineOf('\u202eBash', { command: 'ls\nrm -rf /' }, undefined).subject, 'ls rm -rf /');
  });

  it('show commands, changes, lists and everything else', () => {
    assert.deepEqual(
      partsOf(
        { command: ['git', 'status'], timeout: 5, todos: [{ content: 'a', status: 'completed' }] },
        undefined,
      ).map(({ kind }) => kind),
      ['command', 'todos', 'field'],
    );
    assert.deepEqual(
      changeOf({ patch: '@@ -1 +1 @@\n-a\n+b\n c' }).map(({ sign }) => sign),
      ['@', '-', '+', ' '],
    );
    assert.deepEqual(
      changeOf({
        edits: [
          { old_string: 'a', new_string: 'b' },
          { old_string: 'c', new_string: '' },
        ],
      }).map(({ sign }) => sign),
      ['-', '+', '@', '-'],
    );
    assert.deepEqual(changeOf({ edits: [null, 3, { old_string: 1 }] }), [
      { sign: '@', text: '⋯' },
      { sign: '@', text: '⋯' },
    ]);
  });

  it('hide nothing of what a person allows behind what looks like the change', () => {
    const names = (input: Record<string, unknown>): string[] =>
      partsOf(input, undefined).flatMap((part) => (part.kind === 'field' ? [part.name] : []));
    const real = { old_string: 'safe()', new_string: 'evil()' };
    assert.deepEqual(names({ file_path: '/w/a', ...real }), []);
    assert.deepEqual(names({ file_path: '/w/a', ...real, patch: '-a\n+b' }), ['old_string', 'new_string']);
    assert.deepEqual(names({ path: '/w/a', content: 'evil()', diff: '-a\n+b' }), ['content']);
    assert.deepEqual(names({ path: '/w/a', content: 'evil()', ...real }), ['content']);
    assert.deepEqual(names({ path: '/w/a', edits: [real, { line: 5, text: 'evil()' }] }), ['edits']);
    assert.deepEqual(names({ path: '/w/a', edits: [real, { ...real, replace_all: true }] }), ['edits']);
    assert.deepEqual(names({ path: '/w/a', edits: [real], content: 'evil()' }), ['content']);
    assert.deepEqual(names({ path: '/w/a', content: 'all of it' }), []);
  });

  it('show all of what would run or be written, also what a terminal would leave out', () => {
    const hiding = 'echo hi\u001b]; rm -rf ~\u0007';
    const seen = 'echo hi‹U+001B›]; rm -rf ~';
    const [command] = partsOf({ command: hiding }, undefined);
    assert.ok(command?.kind === 'command' && visible(command.text).startsWith(seen));
    assert.ok(lineOf('Bash', { command: hiding }, undefined).subject.startsWith(seen));
    const [line] = changeOf({ path: 'a.sh', content: hiding });
    assert.ok(line?.text.startsWith(seen));
    const [field] = partsOf({ script: hiding }, undefined);
    assert.ok(field?.kind === 'field' && visible(field.text).startsWith(seen));
  });

  it('show paths and reasons so that nothing in them hides or changes the order', () => {
    const parts = partsOf({ command: 'ls', description: 'list\u202ecod', path: '/w/\u202etxt.sh' }, '/w');
    assert.deepEqual(parts, [
      { kind: 'command', text: 'ls', field: 'input.command', why: 'list‹U+202E›cod' },
      { kind: 'file', path: '\u202etxt.sh', shown: '‹U+202E›txt.sh' },
    ]);
  });
});

describe('prompts', () => {
  it('come from whoever knows them whole', () => {
    const turn = { turn: 2, prompt: 2 };
    const prompts = [{ n: 2, text: 'given here' }];
    const turns = [{ n: 2, startedAt: '', about: 'noted…' }];
    assert.deepEqual(promptOf({ ...turn, text: 'echo' }, prompts, turns), { text: 'echo', part: false });
    assert.deepEqual(promptOf(turn, prompts, turns), { text: 'given here', part: false });
    assert.deepEqual(promptOf(turn, [], turns), { text: 'noted…', part: true });
    assert.equal(promptOf(turn, [], []), undefined);
    const { rows } = fold({ kind: 'prompt-seen', input: 's:1', text: 'first' });
    assert.deepEqual(
      promptTexts(
        rows,
        [
          { n: 1, text: 'first' },
          { n: 2, text: 'waits' },
        ],
        [],
      ),
      ['first', 'waits'],
    );
  });

  it('are brought back one by one, and what was being written is kept', () => {
    const history = new History(['a', 'b', 'b'], 'draft');
    assert.deepEqual([history.older(), history.older(), history.older()], ['b', 'a', undefined]);
    assert.deepEqual([history.newer(), history.newer(), history.newer()], ['b', 'draft', undefined]);
  });
});

describe('the icons of panels', () => {
  it('are those of the codicon font', () => {
    const css = readFileSync(createRequire(import.meta.url).resolve('@vscode/codicons/dist/codicon.css'), 'utf8');
    for (const [name, character] of Object.entries(icons)) {
      const dashed = name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
      const code = new RegExp(`\\.codicon-${dashed}:before \\{ content: "\\\\(\\w+)"`).exec(css)?.[1];
      assert.equal(character.codePointAt(0)?.toString(16), code, name);
    }
  });
});

describe('the line at the end of a turn', () => {
  it('says why it failed, unless that is only that it failed', () => {
    const end = { kind: 'end', key: 1, turn: 1, outcome: 'failed', usage, denials: 0 } as const;
    assert.equal(lineFor({ ...end, reason: 'exit code 1' }, false).detail, 'exit code 1');
    assert.equal(lineFor({ ...end, reason: 'failed' }, false).detail, undefined);
  });
});
