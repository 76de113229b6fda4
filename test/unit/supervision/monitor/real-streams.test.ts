import assert from 'node:assert/strict';
import type { AgentEvent } from '../../../../src/core/agent/events.ts';
import { validate, type IssueKind } from '../../../../src/core/supervision/validation.ts';
import { inspectTool } from '../../../../src/supervision/monitor/tools.ts';
import { read, samples } from '../../agents/claude-code/samples.ts';
import { place } from './commands.ts';

/** What each captured stream of the real Claude Code says, in the worktree `/repo` where it was captured. */
const all = samples.flatMap(({ version, name, lines }) =>
  read(lines, { code: 0 }).map(([, event]) => ({ at: `${version}/${name}`, event })),
);

describe('captured streams of Claude Code', () => {
  it('alarm where the agent left its worktree, and nowhere else', () => {
    const tools = all.flatMap(({ at, event }) => (event.kind === 'tool-started' ? [{ at, event }] : []));
    assert.ok(tools.length >= 60);
    const alarms = tools.flatMap(({ at, event }) =>
      inspectTool(event.name, event.input, { ...place, worktree: '/repo', others: ['/elsewhere'] }).map(
        ({ sentence }) => `${at}: ${sentence}`,
      ),
    );
    assert.deepEqual(alarms, ['2.1.329/run-outside: It writes outside the worktree, to `/opt/outside.txt`.']);
  });

  it('are judged by the validator as their own evidence says', () => {
    const turns = all.flatMap(({ at, event }) => (event.kind === 'turn-ended' ? [{ at, event }] : []));
    assert.ok(turns.length >= 100);
    const wrong = turns.filter(({ event }) => {
      const [issue] = issuesOf(event);
      return event.outcome === 'success' ? issue !== undefined : issue === undefined;
    });
    assert.deepEqual(
      wrong.map(({ at }) => at),
      [],
    );
    const kinds = new Set(turns.flatMap(({ event }) => issuesOf(event)));
    assert.deepEqual([...kinds].toSorted(), ['failed', 'interrupted', 'refused', 'truncated']);
  });
});

function issuesOf(event: Extract<AgentEvent, { kind: 'turn-ended' }>): readonly IssueKind[] {
  const { outcome, reason, text = '' } = event;
  const unknown = { expectedFiles: [], presentFiles: [], allowedPaths: [], malformedLines: 0, incomplete: false };
  return validate({
    outcome,
    reason,
    text,
    changedFiles: ['a.txt'],
    needsChange: true,
    unchanged: false,
    ...unknown,
  }).map(({ kind }) => kind);
}
