import assert from 'node:assert/strict';
import { answersIn, gatedSessions, isNews } from '../../../src/extension/gates/gated.ts';
import type { Entry } from '../../../src/extension/sessions/entry.ts';
import type { EvidenceView, SupervisionView } from '../../../src/protocol/supervision-views.ts';
import { detail as detailOf, session as sessionOf } from './given.ts';

const test = ['node', '--test'];
const lint = ['npx', 'eslint', '.'];

function evidence(command: readonly string[], tree: string, passed: boolean): EvidenceView {
  return { command: [...command], tree, passed, code: passed ? 0 : 1, ms: 5, output: `/gates/${tree}.log` };
}

function supervision(changes: Partial<SupervisionView> = {}): SupervisionView {
  return {
    ...{ session: 'x', review: false, standing: '', proof: [], verifying: false, errors: [], automatic: 0 },
    gates: [test, lint].map((command) => ({ kind: 'test', command, from: 'package.json' })),
    ...{ thresholds: { go: 0.8, ask: 0.4 }, judgements: [], tree: 'a', ...changes },
  };
}

function entry(id: string, given: Partial<SupervisionView> | undefined, changes: { archived?: boolean } = {}): Entry {
  const view = given === undefined ? {} : { supervision: supervision(given) };
  const more = { title: `Task ${id}`, createdAt: `2026-01-0${id}T00:00:00.000Z` };
  const detail = detailOf(id, { ...more, ...changes, ...view });
  return { session: detail, detail };
}

describe('gates in the Test Explorer', () => {
  it('are those of sessions that have some, the latest first', () => {
    const bare: Entry = { session: sessionOf('6'), detail: undefined };
    const entries = [entry('1', {}), entry('2', {}), entry('3', undefined), entry('4', { gates: [] }), bare];
    const gated = gatedSessions([...entries, entry('5', {}, { archived: true })]);
    assert.deepEqual(
      gated.map(({ session, label }) => [session, label]),
      [
        ['2', 'Task 2'],
        ['1', 'Task 1'],
      ],
    );
    assert.deepEqual(
      gated[0]?.gates.map(({ label }) => label),
      ['node --test', 'npx eslint .'],
    );
  });

  it('show as text what a repository has put into a command', () => {
    const command = ['sh', '-c', 'echo \u001B[31mred\u202E\nsecond'];
    const [one] = gatedSessions([entry('1', { gates: [{ kind: 'test', command, from: '.coppice.yaml' }] })]);
    assert.equal(one?.gates[0]?.label, 'sh -c echo red second');
  });

  it('have answered where they looked at the files as they are', () => {
    const proof = [evidence(test, 'a', true), evidence(lint, 'b', false)];
    const answers = answersIn({ proof, tree: 'a' });
    assert.deepEqual(
      [...answers.values()].map(({ command, passed }) => [command, passed]),
      [[test, true]],
    );
    assert.equal(answersIn({ proof, tree: 'c' }).size, 0);
  });

  it('have said something else when an answer came, changed or became void', () => {
    const said = (given: Partial<SupervisionView>): string => gatedSessions([entry('1', given)])[0]?.said ?? '?';
    const passed = said({ proof: [evidence(test, 'a', true)] });
    assert.equal(said({}), '');
    assert.notEqual(passed, '');
    assert.equal(passed, said({ proof: [evidence(test, 'a', true)], standing: 'else' }));
    assert.notEqual(passed, said({ proof: [evidence(test, 'a', false)] }));
    assert.equal(said({ proof: [evidence(test, 'a', true)], tree: 'b' }), '');
  });

  it('are told once: by the run that asks them, where one does', () => {
    const [one] = gatedSessions([entry('1', { proof: [evidence(test, 'a', true)] })]);
    assert.ok(one);
    const [nobody, told] = [new Set<string>(), new Map([['1', one.said]])];
    assert.equal(isNews(one, new Map(), nobody), true);
    assert.equal(isNews(one, told, nobody), false);
    assert.equal(isNews({ ...one, said: '' }, told, nobody), true, 'it became void');
    assert.equal(isNews(one, new Map(), new Set(['1'])), false);
  });
});
