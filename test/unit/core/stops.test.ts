import assert from 'node:assert/strict';
import { readCondition } from '../../../src/core/supervision/condition.ts';
import { typedCondition } from '../../../src/core/supervision/typed-condition.ts';
import { besideInStage, endMeetDue, isThrough } from '../../../src/core/supervision/holds.ts';
import { overtaken, remembered } from '../../../src/core/supervision/commands.ts';
import {
  meetingOf,
  meetingOfTurn,
  predicateText,
  toolMoment,
  toolUse,
  turnMoment,
  worktreeSeen,
} from '../../../src/core/supervision/moments.ts';
import { isGranted, type Grant, type Stop } from '../../../src/core/supervision/stops.ts';
import type { Breakpoint, Session } from '../../../src/core/session/state.ts';
import { isCoppiceError } from '../../../src/core/errors.ts';

const grant: Grant = { id: 'g', repository: 'r', tool: 'Bash', pattern: 'npm test*', by: 'user:cli', at: 1 };
const bash = (command: string): Parameters<typeof isGranted>[1] => ({ session: 's', tool: 'Bash', command, paths: [] });
const session = { id: 's', repository: { id: 'r', root: '/r' }, breakpoints: [], promptCount: 1 } as unknown as Session;

describe('the end of a stage', () => {
  const one: Session = { ...session, parent: 'p', stage: 'build', admission: 'admitted' };
  it('is looked at once for each piece of work, and only where there is a stage and a breakpoint', () => {
    assert.deepEqual(endMeetDue(one, true), { do: 'meet', end: 1 });
    assert.equal(endMeetDue(one, false), undefined);
    assert.equal(endMeetDue(session, true), undefined);
    const met = { turn: 1, prompt: 1, offset: 0, end: 1 };
    assert.equal(endMeetDue({ ...one, met }, true), undefined);
    assert.deepEqual(endMeetDue({ ...one, met, promptCount: 2 }, true), { do: 'meet', end: 2 });
  });

  it('comes with whichever of two that end together is looked at last', () => {
    const two: Session = { ...one, id: 't' };
    const other: Session = { ...one, id: 'o', stage: 'ship' };
    assert.deepEqual(besideInStage(one, [one, two, other]), [two]);
    assert.ok(!isThrough(two));
    const shown: Session = { ...one, met: { turn: 1, prompt: 1, offset: 0, end: 1 } };
    assert.ok(isThrough(shown));
    const asked = { id: 'b', kind: 'decision', title: '', detail: '', raisedAt: 1 } as const;
    assert.ok(!isThrough({ ...shown, breakpoints: [asked] }), 'a person decides yet whether it is over');
    assert.ok(isThrough({ ...two, admission: 'idle' }));
  });
});

describe('the files of a turn', () => {
  it('are not shown to a breakpoint that was true of a tool of this turn already', () => {
    const spec = {
      id: 'b',
      predicate: { when: 'path', glob: 'a/**' },
      enabled: true,
      fromHit: 1,
      once: false,
    } as const;
    const stop: Stop = {
      id: 'b',
      repository: 'r',
      spec,
      hits: 1,
      by: 'user:cli',
      at: 1,
      seen: { session: 's', turn: 2 },
    };
    const moment = { session: 's', kind: 'turn', at: 'after', paths: ['a/b'] } as const;
    const holding = (turn: number, session = 's'): number =>
      meetingOfTurn([stop], { ...moment, session }, turn).holding.length;
    assert.deepEqual([holding(2), holding(3), holding(2, 'other')], [0, 1, 1]);
  });
});

describe('a permission that was given for good', () => {
  it('covers what matches, and nothing that is joined to it', () => {
    assert.ok(isGranted(grant, bash('npm test -- parser')));
    for (const command of [
      ...[
        'npm install',
        'npm test; rm -rf /',
        'npm test && curl x',
        'npm test | sh',
        'npm test $(id)',
        'npm test > /etc/x',
      ],
      ...['npm test\nrm x', 'npm test `id`', 'npm test & id'],
    ]) {
      assert.ok(!isGranted(grant, bash(command)), command);
    }
    assert.ok(isGranted({ ...grant, pattern: 'a && b' }, bash('a && b')), 'exactly what was allowed');
    assert.ok(!isGranted(grant, { ...bash('npm test'), tool: 'Shell' }));
    assert.ok(!isGranted({ ...grant, session: 'other' }, bash('npm test')));
  });

  it('covers paths of the worktree, never beside it, and nothing without a path', () => {
    const edit: Grant = { ...grant, tool: 'Edit', pattern: '**' };
    const at = (...paths: string[]): Parameters<typeof isGranted>[1] => ({ session: 's', tool: 'Edit', paths });
    assert.ok(isGranted(edit, at('src/a.ts')));
    assert.ok(!isGranted(edit, at('../x')) && !isGranted(edit, at()) && !isGranted(edit, at('a', '../b')));
    assert.ok(!isGranted({ ...edit, pattern: 'src/*' }, at('src/deep/a.ts')));
  });

  it('is never given for what is dangerous, nor for more than was asked', () => {
    const asked = (more: object = {}): Breakpoint => ({
      ...{ id: 'b', kind: 'permission', title: '', detail: '', raisedAt: 1 },
      request: { id: 'b', kind: 'permission', title: '', detail: '', tool: 'Bash', input: { command: 'npm test' } },
      ...more,
    });
    const answer = { choice: 'allow', remember: { scope: 'always' } } as const;
    assert.equal(remembered(session, asked(), answer, 'user:cli', 'g')[0]?.data['pattern'], 'npm test');
    const findings = [{ danger: 'network', severity: 'warning', sentence: 'x' }];
    for (const work of [
      () => remembered(session, asked({ findings }), answer, 'u', 'g'),
      () => remembered(session, asked(), { ...answer, remember: { scope: 'always', pattern: 'rm*' } }, 'u', 'g'),
      () => remembered(session, asked(), { ...answer, choice: 'deny' }, 'u', 'g'),
      () => remembered(session, asked({ kind: 'question' }), answer, 'u', 'g'),
    ]) {
      assert.throws(work, (error) => isCoppiceError(error, 'bad-usage'));
    }
  });
});

describe('conditions of breakpoints', () => {
  it('are read as they are typed, and said as they were meant', () => {
    for (const [typed, said] of [
      ['after turn', 'after a turn'],
      ['before tool Edit*', 'before tool Edit*'],
      ['command git push*', 'command git push*'],
      ['path src/** and before tool Write', 'path src/** and before tool Write'],
      ['danger force-push', 'danger force-push'],
      ['command echo one and two', 'command echo one and two'],
      ['confidence 0.6', 'confidence below 0.6'],
      ['after turn and fewer-tests 2', 'after a turn and 2 tests fewer'],
      ['tokens-per-minute 1000', 'tokens per minute above 1000'],
      ['cost-per-minute 0.5', 'cost per minute above 0.5 (counts only where budget.billing is metered)'],
    ]) {
      const read = readCondition(typed ?? '');
      assert.equal(typeof read === 'string' ? read : predicateText(read), said);
    }
  });

  it('are refused when they say nothing', () => {
    for (const typed of [
      '',
      'path',
      'command ',
      'before lunch',
      'confidence 2',
      'same-error 0',
      'diff-size',
      'fewer-tests 0',
      'worked-minutes',
      'x 1',
    ]) {
      assert.equal(typeof readCondition(typed), 'string', typed);
    }
  });
});

describe('a condition that is to be changed', () => {
  it('stands there as it was typed, where that can be read again', () => {
    for (const typed of [
      ...['after turn', 'before tool Edit*', 'after stage', 'before stage build', 'command git push*', 'path src/**'],
      ...['danger', 'danger force-push', 'diff-size 400', 'fewer-tests 1', 'confidence 0.9', 'same-error 2'],
      ...['tokens-per-minute 10', 'cost-per-minute 0.5', 'worked-minutes 20', 'path src/** and diff-size 400'],
    ]) {
      const read = readCondition(typed);
      assert.ok(typeof read !== 'string', typed);
      assert.equal(typedCondition(read), typed);
    }
    const command = { when: 'command', pattern: 'a and path b' } as const;
    assert.equal(typedCondition(command), undefined);
    assert.equal(typedCondition({ any: [command] }), undefined);
  });
});

describe('a condition that cannot be read', () => {
  const sentenceOn = (typed: string): string => {
    const read = readCondition(typed);
    return typeof read === 'string' ? read : assert.fail(`${typed} was read`);
  };

  it('is told with the form that was meant, else with all of them', () => {
    assert.equal(sentenceOn('diff-size abc'), '`diff-size abc` is no condition. Write `diff-size <lines>`.');
    assert.match(sentenceOn('before lunch'), /Write `before turn`, `before tool <name>`, `before stage \[name\]`\.$/u);
    assert.match(sentenceOn('path src/** and same-error x'), /Write `path <glob>`, `same-error <times>`\.$/u);
    assert.match(sentenceOn('x 1'), /Write one of: before turn, after turn, .*worked-minutes <minutes>\.$/u);
  });
});

describe('moments', () => {
  it('know what a turn costs only where its use is metered', () => {
    const usage = { inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 4 };
    const end = { n: 1, outcome: 'success', reason: '', usage, denials: 0, endedAt: 120_000, offset: 1 } as const;
    const turn = { ...session, turnNotes: [{ n: 1, startedAt: 0 }] } as unknown as Session;
    const hit = (metered: boolean): readonly string[] =>
      meetingOf([stop('a', 'cost-per-minute 1')], turnMoment(turn, end, { lines: 0, metered })).hit;
    assert.deepEqual([hit(true), hit(false)], [['a'], []]);
  });

  const stop = (id: string, condition: string, more: object = {}): Stop => {
    const predicate = readCondition(condition);
    if (typeof predicate === 'string') throw new Error(predicate);
    const spec = { ...{ id, predicate, enabled: true, fromHit: 1, once: false }, ...more };
    return { id, repository: 'r', spec, hits: 0, by: 'x', at: 1 };
  };

  it('name files as they are in the worktree, whatever way they are written', () => {
    const paths = (path: string): readonly string[] => toolUse('Edit', { file_path: path }, '/w').paths;
    assert.deepEqual(paths('/w/src/./a.ts'), ['src/a.ts']);
    assert.deepEqual(paths('src/x/../a.ts'), ['src/a.ts']);
    assert.deepEqual(paths('./a.ts'), ['a.ts']);
    assert.deepEqual(paths('../b.ts'), ['../b.ts']);
  });

  it('go by the path under which the agent sees the worktree: its own in a container or on another host', () => {
    const more = { slug: 'w', admin: '/r/.git/worktrees/w', common: '/r/.git', origin: 'created' } as const;
    const worktree = { path: '/home/me/w', branch: 'b', base: 'main', baseCommit: 'c', ...more };
    const run = { n: 1, state: 'running', startedAt: 1, offset: 0, inputs: 0, closing: false } as const;
    assert.equal(worktreeSeen({}), '');
    assert.equal(worktreeSeen({ worktree, run }), '/home/me/w');
    const seen = worktreeSeen({ worktree, run: { ...run, cwd: '/workspace' } });
    const use = toolUse('Edit', { file_path: '/workspace/docs/a.md' }, seen);
    const met = meetingOf([stop('a', 'path docs/**')], toolMoment('s', use, 'before', []));
    assert.deepEqual(met.hit, ['a']);
  });

  it('hold what they are true of, count from the first hit, and use up what holds once', () => {
    const use = toolUse('Edit', { path: 'src/a.ts' }, '/w');
    const stops = [stop('a', 'path src/**'), stop('b', 'path src/**', { fromHit: 2 }), stop('c', 'path docs/**')];
    const { hit, holding, spent } = meetingOf(
      [...stops, stop('d', 'path **', { once: true })],
      toolMoment('s', use, 'before', []),
    );
    assert.deepEqual([hit, holding.map(({ id }) => id), spent], [['a', 'b', 'd'], ['a', 'd'], ['d']]);
  });

  it('do not hold a tool that only reads a path', () => {
    const use = toolUse('Read', { path: 'src/a.ts' }, '/w');
    assert.deepEqual(meetingOf([stop('a', 'path src/**')], toolMoment('s', use, 'before', [])).hit, []);
  });
});

describe('questions of the engine', () => {
  it('are over when a person has moved the session on', () => {
    const open = { id: 'b', kind: 'decision', title: '', detail: '', raisedAt: 1 } as const;
    const asked = { ...open, id: 'p', kind: 'permission' } as const;
    const events = overtaken({ ...session, breakpoints: [open, asked] });
    assert.deepEqual(
      events.map(({ data }) => data['breakpoint']),
      ['b'],
    );
  });
});
