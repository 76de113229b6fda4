import assert from 'node:assert/strict';
import type { AgentEvent } from '../../../src/core/agent/events.ts';
import { noUsage } from '../../../src/core/agent/usage.ts';
import { Activity } from '../../../src/engine/sessions/activity.ts';
import { StreamMonitor } from '../../../src/engine/sessions/stream-monitor.ts';

const place = { worktree: '/w/s', home: '/h', others: [], scratch: ['/tmp'], hosts: [], protectedBranches: [] };
const ended: AgentEvent = { kind: 'turn-ended', outcome: 'success', reason: 'end', usage: noUsage, denials: 0 };

type Use = readonly [command: string, ok?: boolean];

describe('the check that an agent ran by itself', () => {
  let monitor: StreamMonitor;
  let uses: number;
  beforeEach(() => {
    [monitor, uses] = [new StreamMonitor(place, new Activity(), [['make', 'sure']]), 0];
  });

  const start = (command: string): string => {
    const id = `u${++uses}`;
    const [name, input] = command.startsWith('edit ')
      ? ['Edit', { file_path: `/w/s/${command.slice(5)}` }]
      : ['Bash', { command }];
    monitor.look({ kind: 'tool-started', id, name, input });
    return id;
  };
  const end = (id: string, ok = true): AgentEvent => monitor.look({ kind: 'tool-ended', id, ok, output: '' });

  function checkedBy(...all: readonly Use[]): string | undefined {
    monitor.look({ kind: 'prompt-seen' });
    for (const [command, ok] of all) end(start(command), ok);
    const seen = monitor.look(ended);
    return seen.kind === 'turn-ended' ? seen.checked : undefined;
  }

  it('is the last that passed, with nothing changed after it', () => {
    assert.equal(checkedBy(['edit a.js'], ['npm test']), 'npm test');
    assert.equal(checkedBy(['edit a.js'], ['make sure'], ['git status']), 'make sure');
    assert.equal(checkedBy(['npm test'], ['edit a.js']), undefined, 'changed after it');
    assert.equal(checkedBy(['npm test'], ['sh ./unknown.sh']), undefined, 'nobody can tell what that does');
    assert.equal(checkedBy(['npm run lint'], ['npm test', false]), undefined, 'the last one failed');
    assert.equal(checkedBy(['npm test', false], ['edit a.js'], ['npm test']), 'npm test');
    assert.equal(checkedBy(['cat a.js']), undefined);
  });

  it('is that of one turn alone', () => {
    assert.equal(checkedBy(['npm test']), 'npm test');
    assert.equal(checkedBy(['cat a.js']), undefined);
  });

  it('is none where something changed files while it ran, or where its end was not told', () => {
    const [change, check] = [start('edit a.js'), start('npm test')];
    end(check);
    end(change);
    assert.equal('checked' in monitor.look(ended), false);
    const [first, second] = [start('npm test'), start('edit a.js')];
    end(second);
    end(first);
    assert.equal('checked' in monitor.look(ended), false);
    start('npm test');
    assert.equal('checked' in monitor.look(ended), false);
  });
});
