import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import type { AgentEvent } from '../../../../src/core/agent/events.ts';
import { labels } from './labels.ts';
import { read, sampleOf, samples, type Read } from './samples.ts';

/** `COPPICE_UPDATE_GOLDEN=1` writes the golden lists anew; look at the difference before committing it. */
const update = process.env['COPPICE_UPDATE_GOLDEN'] === '1';

const decisive: readonly AgentEvent['kind'][] = [
  'asked',
  'ask-withdrawn',
  'answer-seen',
  'interrupt-seen',
  'tool-ended',
];

/** What a session's history hangs on, without ids and words that differ between two recordings. */
function history(events: readonly Read[]): readonly string[] {
  return events.flatMap(([, event]) => {
    if (event.kind === 'turn-ended') return [`${event.outcome} ${event.reason} ${event.denials} ${event.status ?? ''}`];
    if (event.kind === 'asked') return [`asked ${event.request.kind} ${event.request.title} ${event.request.detail}`];
    if (event.kind === 'tool-ended') return [`tool ${event.ok} ${event.denied ?? false}`];
    if (event.kind === 'prompt-seen') return [];
    return decisive.includes(event.kind) ? [event.kind] : [];
  });
}

function promptOf(event: AgentEvent): string | undefined {
  return event.kind === 'prompt-seen' ? event.input : undefined;
}

describe('Claude Code: captured streams', () => {
  it('there is a label for every sample, and a sample for every label', () => {
    const names = samples.map(({ version, name }) => `${version}/${name}`);
    assert.deepEqual(names.toSorted(), Object.keys(labels).toSorted());
  });

  for (const { version, name, lines, golden } of samples) {
    const label = labels[`${version}/${name}`];
    const events = read(lines, label?.exit ?? {});

    it(`${version}/${name} means its golden list of events`, () => {
      const text = events.map((each) => `${JSON.stringify(each)}\n`).join('');
      if (update) writeFileSync(golden, text);
      assert.equal(text, readFileSync(golden, 'utf8'));
    });

    it(`${version}/${name} ends in: ${label?.ends.join(', ') ?? '?'}`, () => {
      const ends = events.flatMap(([, event]) =>
        event.kind === 'turn-ended' ? [`${event.outcome}: ${event.reason}`] : [],
      );
      assert.deepEqual(ends, label?.ends);
    });

    it(`${version}/${name} holds nothing that is not understood`, () => {
      const unread = events.filter(([, { kind }]) => kind === 'unrecognised' || kind === 'malformed');
      assert.deepEqual(unread, []);
    });

    it(`${version}/${name} reads the same again from the start of each turn`, () => {
      const ends = events.flatMap(([line, event]) => (event.kind === 'turn-ended' && line > 0 ? [line] : []));
      for (const end of ends) {
        const told = new Set(events.filter(([line]) => line <= end).map(([, event]) => promptOf(event)));
        // What follows the last turn is nobody's; and only who saw a prompt's first echo knows that another is its second.
        // Nor can anybody else count the jobs that were begun before.
        const later = ([line, event]: Read): boolean =>
          line > end && !told.has(promptOf(event) ?? 'none') && event.kind !== 'background';
        assert.deepEqual(read(lines, {}, end).filter(later), events.filter(later));
      }
    });
  }

  for (const name of [
    ...[
      'allow',
      'deny',
      'deny-abort',
      'question',
      'plan',
      'plan-refused',
      'interrupt',
      'interrupt-asking',
      'duplicate',
    ],
    ...['e400', 'e401', 'e403', 'e404', 'e429x', 'e529x', 'maxtok', 'refusal'],
  ]) {
    it(`both versions say the same of: ${name}`, () => {
      const [old, recent] = (['2.1.197', '2.1.329'] as const).map((version) =>
        history(read(sampleOf(version, name).lines, {})),
      );
      assert.ok((old?.length ?? 0) > 0);
      assert.deepEqual(old, recent);
    });
  }

  it('adds up to the cumulative cost of the last result, also over several turns', () => {
    for (const name of ['background', 'run-task', 'run-bgbash2', 'steer', 'subagent', 'plain-stdin-two', 'compact']) {
      const { lines } = sampleOf('2.1.329', name);
      const last = lines.map((line) => JSON.parse(line) as { type?: string; total_cost_usd?: number });
      const total = last.findLast(({ type }) => type === 'result')?.total_cost_usd ?? -1;
      const costs = read(lines, {}).flatMap(([, event]) =>
        event.kind === 'turn-ended' ? [event.usage.costUsd ?? NaN] : [],
      );
      assert.ok(costs.length > 1);
      assert.ok(
        Math.abs(costs.reduce((sum, cost) => sum + cost, 0) - total) < 1e-9,
        `${name}: ${costs.join()} / ${total}`,
      );
    }
  });

  it('does not count what an earlier process of the conversation had cost', () => {
    const [end] = read(sampleOf('2.1.329', 'run-resume').lines, {}).flatMap(([, event]) =>
      event.kind === 'turn-ended' ? [event] : [],
    );
    assert.deepEqual(end?.usage, {
      inputTokens: 120,
      outputTokens: 30,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      costUsd: 0.00108,
    });
  });

  it('knows how full the main conversation is after a turn, whatever subagents did', () => {
    const fill = (version: '2.1.197' | '2.1.329', name: string): unknown[] =>
      read(sampleOf(version, name).lines, {}).flatMap(([, event]) =>
        event.kind === 'turn-ended' ? [event.context] : [],
      );
    assert.deepEqual(fill('2.1.329', 'run-basic').at(-1), { tokens: 1201, window: 1_000_000 });
    // This version names the model with its window in the result, and without in its messages.
    assert.deepEqual(fill('2.1.197', 'allow'), [{ tokens: 121, window: 1_000_000 }]);
    assert.deepEqual(fill('2.1.329', 'subagent'), [
      { tokens: 121, window: 1_000_000 },
      { tokens: 121, window: 1_000_000 },
    ]);
    assert.deepEqual(fill('2.1.329', 'kill-SIGKILL'), [{ tokens: 121 }]);
    assert.deepEqual(fill('2.1.329', 'e401'), [undefined]);
  });
});
