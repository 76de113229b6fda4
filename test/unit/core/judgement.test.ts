import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Evidence } from '../../../src/core/landing/state.ts';
import {
  calibrated,
  goals,
  reliability,
  reportOf,
  saysOf,
  shareOf,
  type Judged,
} from '../../../src/core/supervision/calibration.ts';
import { confidenceOf, type Evidences, type Review } from '../../../src/core/supervision/confidence.ts';
import { autonomyLevels, decide, type Judgement } from '../../../src/core/supervision/decision.ts';
import { verdictOf, type GateVerdict, type QualityGate } from '../../../src/core/supervision/gate.ts';
import { reviewOf, reviewSchema } from '../../../src/core/supervision/review.ts';
import { issueKinds, validate, type IssueKind, type TurnFacts } from '../../../src/core/supervision/validation.ts';

const facts: TurnFacts = {
  outcome: 'success',
  reason: 'completed',
  text: 'The login is fixed and all tests pass.',
  changedFiles: ['src/login.ts'],
  expectedFiles: [],
  presentFiles: [],
  allowedPaths: [],
  needsChange: true,
  unchanged: false,
  malformedLines: 0,
  incomplete: false,
};
const kinds = (change: Partial<TurnFacts>): readonly IssueKind[] =>
  validate({ ...facts, ...change }).map(({ kind }) => kind);

describe('the validator', () => {
  it('has nothing against a turn that is whole', () => {
    for (const text of [
      'Done.',
      '## Summary\n- fixed it\n- tested it',
      'I changed `a` to `b`:\n```ts\nconst a = 1;\n```',
      'Fixed. The error was: `<tool_use>` was printed',
      'done',
      'The function `foo(` is now parsed.',
      'I cannot reproduce the old error any more, it is fixed.',
    ]) {
      assert.deepEqual(kinds({ text }), [], text);
    }
  });

  const cases: readonly (readonly [IssueKind, Partial<TurnFacts>])[] = [
    ['failed', { outcome: 'failed', reason: 'api_error' }],
    ['failed', { outcome: 'crashed', reason: 'ended by SIGKILL' }],
    ['interrupted', { outcome: 'interrupted', reason: 'aborted_tools' }],
    ['truncated', { outcome: 'limit', reason: 'max_turns' }],
    ['truncated', { outcome: 'failed', reason: 'max_output_tokens' }],
    ['truncated', { text: 'I will now change the' }],
    ['truncated', { text: 'Here it is:\n```ts\nconst a =' }],
    ['truncated', { text: 'The files are:' }],
    ['truncated', { text: 'The reader takes its input from' }],
    ['truncated', { text: 'Done first:\n\nI changed `parse' }],
    ['truncated', { text: 'It now rounds to two places (as the old one' }],
    ['truncated', { text: '| src | updated |\n| ' }],
    ['truncated', { text: '| a.ts | fixed |\n| b.ts |' }],
    ['truncated', { text: 'I will now look at' }],
    ['truncated', { text: 'It is called by' }],
    ['truncated', { text: 'The new type is A |' }],
    ['truncated', { text: 'The sum is a +' }],
    ['truncated', { text: 'I fixed the tests (' }],
    ['truncated', { text: 'The range is [0, (5]' }],
    ['truncated', { incomplete: true }],
    ['empty', { text: ' \n', changedFiles: [], needsChange: false }],
    ['empty', { text: '…', changedFiles: [], needsChange: false }],
    ['malformed', { malformedLines: 2 }],
    ['malformed', { text: '<function_calls>\n<invoke name="Edit">' }],
    ['malformed', { text: '{"name":"Edit","arguments":{}}' }],
    ['malformed', { text: 'On it.\n<function=write_file>\n<parameter=path>a.ts</parameter>' }],
    ['malformed', { text: '<parameter name="path">a.ts</parameter>' }],
    ['malformed', { text: '[TOOL_CALLS][{"name": "edit"}]' }],
    ['malformed', { text: '<｜tool▁calls▁begin｜>function<｜tool▁sep｜>edit' }],
    ['malformed', { text: '<|channel|>commentary to=functions.edit' }],
    ['malformed', { text: '<|python_tag|>edit("a.ts")' }],
    ['malformed', { text: 'I call it:\n{\n  "name": "edit",\n  "arguments": { "path": "a.ts" }\n}' }],
    ['malformed', { text: '{"arguments": {"path": "a.ts"}, "name": "edit"}' }],
    ['malformed', { text: '{"tool_calls": [{"id": "1"}]}' }],
    ['malformed', { text: '<write_to_file>\n<path>a.ts</path>' }],
    ['malformed', { text: '*** Begin Patch\n*** Update File: a.ts' }],
    ['malformed', { text: 'Action: edit\nAction Input: {"path": "a.ts"}' }],
    ['malformed', { text: 'print(default_api.edit(path="a.ts"))' }],
    ['malformed', { text: '\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD' }],
    ['refused', { text: "I'm sorry, but I can't help with that.", changedFiles: [] }],
    ['refused', { text: 'I cannot assist with this request.', changedFiles: [] }],
    ['asks', { text: 'I found two ways. Which of them do you want?' }],
    ['asks', { text: 'Should I delete the old file?' }],
    ['missing-file', { expectedFiles: ['docs/a.md'], presentFiles: [] }],
    ['unexpected-file', { changedFiles: ['src/login.ts', 'package.json'], allowedPaths: ['src'] }],
    ['unexpected-file', { changedFiles: ['srcs/login.ts'], allowedPaths: ['src'] }],
    ['claim-without-change', { changedFiles: [] }],
    ['claim-without-change', { text: 'I’ve fixed it.', changedFiles: [], needsChange: false, unchanged: true }],
    ['empty', { text: 'I looked at it.', changedFiles: [] }],
    ['unfinished', { text: 'The login works. The logout is still open.' }],
    ['unfinished', { text: 'Remaining: the tests.' }],
    ['unfinished', { text: "I didn't get to the second part." }],
    ['unfinished', { text: 'The tests are still failing and I do not know why.' }],
  ];
  for (const [kind, change] of cases) {
    it(`sees ${kind} in ${JSON.stringify(change)}`, () =>
      assert.ok(kinds(change).includes(kind), kinds(change).join()));
  }

  for (const text of [
    'Done. No further steps are needed.',
    'The old code never handled this: it does not do so any more than before, it now throws.',
    'Fixed. I left `is still open` in the comment as it was.',
    'All tests pass. The file is open source, nothing is missing.',
  ]) {
    it(`does not take ${JSON.stringify(text)} for unfinished`, () => assert.deepEqual(kinds({ text }), []));
  }

  for (const text of [
    'It works as before',
    'Changed `parse` (and its tests)',
    'Fixed; the list has 1) a reader and 2) a writer',
    'Done (all tests pass). See:\n\n```ts\nparse(\n```',
    'No luck needed :(\n\nAll tests pass',
    'The work is done.',
    '| File | State |\n|---|---|\n| a.ts | fixed |',
    'Fixed:\n\n| a.ts | `a || b` \\| c |\n| b.ts | fixed |',
    'The parser is now written in C++',
    'Token: abc==',
    'It is in the file you were looking at',
    'Reverted to the commit that it was made from',
    'Added the option that you asked for',
    'Fixed the tests :(',
    'All tests pass :)',
    'Range is (0, 5]',
    'Added the missing `(`',
    'See the appendix, part I',
  ]) {
    it(`does not take ${JSON.stringify(text)} for cut off`, () => assert.ok(!kinds({ text }).includes('truncated')));
  }

  for (const text of [
    'Done. A request now has `{"name": "edit", "arguments": {}}` in its body.',
    'Fixed. The reader takes this:\n```json\n{"name": "edit", "arguments": {}}\n```',
    'Added the component <invoked-by> and the type Map<string, function>.',
    'Done: the type is `<T | undefined>`, and a < b | c > d is parsed as before.',
    'Done. {"name": "coppice", "version": "1"} is the whole package file.',
    'Action: none is needed. All tests pass.',
  ]) {
    it(`does not take ${JSON.stringify(text)} for a call`, () => assert.ok(!kinds({ text }).includes('malformed')));
  }

  it('takes only what an agent says that it did itself for a claim, where nothing has to change', () => {
    const change = { changedFiles: [], needsChange: false };
    assert.deepEqual(kinds({ ...change, text: 'The parser was added last year; it is fixed.', unchanged: true }), []);
    assert.deepEqual(kinds({ ...change, text: 'I have fixed it in the turn before.', unchanged: false }), []);
  });

  it('tells an agent that only spoke that calls which it only wrote were not made, in whatever format', () => {
    for (const text of ['(edit :path "a.ts")', 'edit{path: a.ts} is done', 'I will begin with the parser.']) {
      const [found] = validate({ ...facts, text, changedFiles: [], unchanged: true });
      assert.match(found?.sentence ?? '', /no file is changed\. What is only said, a call of a tool included/u, text);
    }
  });

  it('survives anything, soon', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2000 }), (text) => void kinds({ text })),
      { numRuns: 500 },
    );
    const began = performance.now();
    for (const text of [
      '`'.repeat(1e5),
      ...[' ', '\n', '{', '[{ ', '<|a', '{"args":', '{"name":"a",', 'Action: a\n'].map((each) => each.repeat(1e5)),
      '```\n'.repeat(1e5),
      'which '.repeat(1e5),
      '* '.repeat(1e5),
      'a, '.repeat(1e5),
    ])
      kinds({ text, changedFiles: [] });
    assert.ok(performance.now() - began < 2000, `${performance.now() - began}`);
  });
});

const gates: readonly QualityGate[] = [
  { kind: 'lint', command: ['npm', 'run', 'lint'], from: 'package.json' },
  { kind: 'test', command: ['npm', 'run', 'test'], from: 'package.json' },
];
const said = (gate: number, tree: string, code: number | null): Evidence => ({
  tree,
  command: gates[gate]?.command ?? [],
  passed: code === 0,
  code,
  ms: 1,
  output: '',
});

describe('gates', () => {
  it('have passed when each said yes about this very tree', () => {
    assert.deepEqual(verdictOf([], [], 't'), { say: 'none' });
    assert.deepEqual(verdictOf(gates, [said(0, 't', 0), said(1, 't', 0)], 't'), { say: 'passed', count: 2 });
    assert.equal(verdictOf(gates, [said(0, 't', 0), said(1, 'u', 0)], 't').say, 'unknown');
    assert.equal(verdictOf(gates, [said(0, 't', 0), said(1, 't', 1)], 't').say, 'failed');
    assert.equal(verdictOf(gates, [said(0, 't', 1)], 't').say, 'failed');
    assert.equal(verdictOf(gates, [said(0, 't', 0), said(1, 't', 1), said(1, 't', 0)], 't').say, 'passed');
    assert.equal(verdictOf(gates, [said(0, 't', 0), { ...said(1, 't', 1), passed: true }], 't').say, 'failed');
    assert.equal(verdictOf(gates, [said(0, 't', 0), said(1, 't', null)], 't').say, 'failed');
  });
});

const review: Review = { verdict: 'done', criteria: [{ criterion: 'It works', met: true }], model: 'qwen' };
const evidences: Evidences = {
  issues: [],
  gates: { say: 'passed', count: 2 },
  review,
  changedLines: 40,
  grown: ['test/a.js', 'test/b.js'],
  sameErrors: 0,
  denials: 0,
  findings: [],
};

describe('confidence', () => {
  it('is a sum of factors that can be seen, the weightiest first', () => {
    const { score, factors } = confidenceOf(evidences);
    assert.ok(score > 0.97 && score < 1, `${score}`);
    assert.deepEqual(
      factors.map(({ name }) => name),
      ['gates', 'review', 'criteria', 'tests added'],
    );
    const sum = factors.reduce((total, { weight }) => total + weight, 0);
    assert.ok(Math.abs(1 / (1 + Math.exp(-sum)) - score) < 1e-12);
  });

  it('is never sure without gates, whatever a model says', () => {
    assert.ok(confidenceOf({ ...evidences, gates: { say: 'none' } }).score < 0.85);
    assert.ok(confidenceOf({ ...evidences, gates: { say: 'failed', evidence: said(1, 't', 1) } }).score < 0.6);
  });
});

const judgement: Judgement = {
  level: 'supervised',
  issues: [],
  gates: { say: 'passed', count: 2 },
  review,
  confidence: confidenceOf(evidences),
  calibratedScore: confidenceOf(evidences).score,
  escalation: 'again',
  openDangers: [],
  cancelled: false,
  checkedAgain: false,
};
const failing: GateVerdict = { say: 'failed', evidence: said(1, 't', 1) };

describe('the decision', () => {
  const table: readonly (readonly [Partial<Judgement>, string, RegExp])[] = [
    [
      {},
      'finish',
      /^It is done: All 2 gates passed on this tree; qwen says: done; 1 of 1 criteria are met \(99 % sure\)\.$/u,
    ],
    [{ cancelled: true }, 'stop', /cancelled/u],
    [{ breach: { budget: 'task', resource: 'tokens', limit: 5, wanted: 9 } }, 'ask', /allows 5 tokens/u],
    [
      { openDangers: [{ danger: 'force-push', severity: 'critical', sentence: 'It overwrites.' }] },
      'ask',
      /danger: It overwrites/u,
    ],
    [{ issues: [{ kind: 'asks', sentence: 'The agent asks something.' }] }, 'ask', /asks something/u],
    [{ issues: [{ kind: 'interrupted', sentence: 'x' }] }, 'stop', /interrupted/u],
    [{ issues: [{ kind: 'empty', sentence: 'Nothing came.' }] }, 'retry', /Nothing came\. It is tried once more/u],
    [
      { gates: failing, escalation: 'more-context' },
      'continue',
      /`npm run test` ended with code 1\. It goes on with the error/u,
    ],
    [
      { gates: failing, escalation: 'stronger' },
      'escalate',
      /last try [^]* with the same model: no stronger one is set/u,
    ],
    [
      { gates: failing, escalation: 'stronger', stronger: 'big' },
      'escalate',
      /last try [^]*the stronger model big, since/u,
    ],
    [{ gates: failing, escalation: 'person' }, 'ask', /as often as allowed/u],
    [{ gates: { say: 'unknown', missing: gates } }, 'ask', /Not all gates/u],
    [
      {
        review: { ...review, verdict: 'not-done', criteria: [{ criterion: 'It logs', met: false }] },
        escalation: 'more-context',
      },
      'continue',
      /^The model qwen finds that it is not done: It logs/u,
    ],
    [
      { gates: failing, escalation: 'more-context', canRollBack: true },
      'continue',
      /code 1\. It goes on with the error/u,
    ],
    [
      { gates: failing, escalation: 'more-context', canRollBack: true, level: 'autonomous' },
      'continue',
      /code 1\. What the turn changed is rolled back\. It goes on/u,
    ],
    [{ gates: failing, level: 'autonomous' }, 'retry', /code 1\. It is tried once more/u],
    [{ gates: failing, level: 'collaborative' }, 'ask', /code 1\. A person decides after each turn/u],
    [
      { issues: [{ kind: 'empty', sentence: 'Nothing came.' }], level: 'guided' },
      'ask',
      /Nothing came\. A person decides/u,
    ],
    [{ level: 'guided' }, 'ask', /after each turn/u],
    [{ level: 'collaborative' }, 'ask', /after each turn/u],
    [{ level: 'autonomous' }, 'finish', /done/u],
    [{ calibratedScore: 0.7 }, 'continue', /70 % sure is not enough/u],
    [{ calibratedScore: 0.7, checkedAgain: true }, 'ask', /not enough/u],
    [{ calibratedScore: 0.5 }, 'ask', /50 % sure is not enough/u],
    [{ calibratedScore: NaN }, 'ask', /not enough/u],
    [{ gates: { say: 'none' }, calibratedScore: 0.99 }, 'continue', /84 % sure is not enough/u],
  ];
  for (const [change, action, sentence] of table) {
    it(`is ${action} with ${JSON.stringify(change).slice(0, 90)}`, () => {
      const decision = decide({ ...judgement, ...change });
      assert.equal(decision.action, action, decision.sentence);
      assert.match(decision.sentence, sentence);
      assert.match(decision.sentence, /^[A-Z0-9][^\n]*\.$/u);
    });
  }

  it('never finishes what a deterministic check rejected, whatever model, score or level say', () => {
    const issue = fc.constantFrom(...issueKinds).map((kind) => ({ kind, sentence: 'x.' }));
    const gate = fc.constantFrom<GateVerdict>(
      failing,
      { say: 'unknown', missing: gates },
      { say: 'passed', count: 2 },
      { say: 'none' },
    );
    const danger = fc.constant({ danger: 'force-push' as const, severity: 'critical' as const, sentence: 'x.' });
    const anything = fc.record({
      level: fc.constantFrom(...autonomyLevels),
      issues: fc.array(issue, { maxLength: 2 }),
      gates: gate,
      verdict: fc.constantFrom('done' as const, 'unsure' as const, 'not-done' as const),
      calibratedScore: fc.oneof(fc.double(), fc.constantFrom(0, 1, 0.85)),
      score: fc.oneof(fc.double(), fc.constantFrom(0, 1)),
      escalation: fc.constantFrom('again' as const, 'more-context' as const, 'stronger' as const, 'person' as const),
      openDangers: fc.array(danger, { maxLength: 1 }),
      cancelled: fc.boolean(),
      checkedAgain: fc.boolean(),
    });
    fc.assert(
      fc.property(anything, ({ verdict, score, ...rest }) => {
        const all: Judgement = { ...rest, review: { ...review, verdict }, confidence: { score, factors: [] } };
        if (decide(all).action !== 'finish') return;
        assert.equal(all.gates.say, 'passed');
        assert.ok(all.issues.length === 0 && all.openDangers.length === 0 && !all.cancelled && verdict !== 'not-done');
        assert.ok(all.calibratedScore >= 0.85 && score >= 0.6);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('the review of a model', () => {
  it('counts only for the question that it answers, and only what it says about each criterion', () => {
    const schema = reviewSchema('k1', 2);
    const answer = { key: 'k1', verdict: 'done', criteria: [{ number: 1, met: true }], reason: '' };
    assert.deepEqual(
      reviewOf(schema.parse(answer), ['a', 'b'], 'm').criteria.map(({ met }) => met),
      [true, false],
    );
    const both = {
      ...answer,
      criteria: [
        { number: 1, met: true },
        { number: 1, met: false },
      ],
    };
    assert.equal(reviewOf(schema.parse(both), ['a', 'b'], 'm').criteria[0]?.met, false);
    assert.equal(reviewOf(schema.parse(answer), ['a', 'b'], 'm').reason, undefined);
    const told = { ...answer, reason: ' \u001B[31mb is missing\u202E ' };
    assert.equal(reviewOf(schema.parse(told), ['a', 'b'], 'm').reason, 'b is missing');
    for (const wrong of [
      { ...answer, key: 'k2' },
      { ...answer, approve: true },
      { ...answer, criteria: [{ number: 3, met: true }] },
    ]) {
      assert.ok(!schema.safeParse(wrong).success);
    }
  });
});

describe('calibration', () => {
  const many = (count: number, score: number, good: number): Judged[] =>
    Array.from({ length: count }, (_, at) => ({ score, good: at < good }));

  it('leaves a score as it is without data, and moves it with them', () => {
    assert.equal(calibrated(0.9, reliability([])), 0.9);
    const curve = reliability([...many(200, 0.95, 100), ...many(200, 0.25, 20)]);
    assert.ok(calibrated(0.95, curve) < 0.6 && calibrated(0.25, curve) < 0.2);
  });

  it('never turns the order around, and stays between 0 and 1', () => {
    const one = fc.record({ score: fc.double({ min: 0, max: 1, noNaN: true }), good: fc.boolean() });
    const pair = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }));
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 60 }), pair, (cases, [a, b]) => {
        const curve = reliability(cases);
        const [low, high] = [calibrated(Math.min(a, b), curve), calibrated(Math.max(a, b), curve)];
        assert.ok(low <= high + 1e-9 && low >= 0 && high <= 1 + 1e-9);
      }),
    );
  });

  it('comes nearer to the truth with data', () => {
    const truth = (score: number): number => score * score;
    const cases = Array.from({ length: 4000 }, (_, at) => ({
      score: ((at * 37) % 1000) / 1000,
      good: ((at * 7919) % 1000) / 1000 < truth(((at * 37) % 1000) / 1000),
    }));
    const curve = reliability(cases);
    for (const score of [0.15, 0.35, 0.55, 0.75, 0.95])
      assert.ok(Math.abs(calibrated(score, curve) - truth(score)) < 0.08, `${score}`);
  });

  it('reports with the number of cases and intervals', () => {
    assert.deepEqual(shareOf(0, 0), { hits: 0, count: 0, share: undefined, low: 0, high: 1 });
    const share = shareOf(1, 20);
    assert.ok(Math.abs(share.low - 0.0089) < 0.001 && Math.abs(share.high - 0.2361) < 0.001, JSON.stringify(share));
    const report = reportOf([
      ...many(10, 0.9, 9).map((each) => ({ ...each, accepted: true })),
      { score: 0.2, good: false, asked: true },
      { score: 0.5, good: true, asked: true, unnecessary: true },
    ]);
    assert.deepEqual(
      [
        report.falseAccepts.hits,
        report.falseAccepts.count,
        report.falseBreakpoints.hits,
        report.falseBreakpoints.count,
      ],
      [1, 10, 1, 2],
    );
    assert.deepEqual(reportOf([]).correlation, undefined);
    const { low = 0, high = 0 } = reportOf([...many(2, 0.9, 2), ...many(2, 0.1, 0)]).correlation ?? {};
    assert.ok(low < 0.99 && high > low, 'four cases do not make it certain');
    assert.ok((reportOf([...many(5, 0.9, 5), ...many(5, 0.1, 0)]).correlation?.value ?? 0) > 0.99);
  });

  it('says that a goal is reached or missed only where all of the interval is on one side', () => {
    const { falseBreakpoints, correlation } = goals;
    assert.equal(saysOf(shareOf(0, 0), falseBreakpoints), 'too-few');
    assert.equal(saysOf(shareOf(0, 14), falseBreakpoints), 'too-few');
    assert.equal(saysOf(shareOf(1, 3), falseBreakpoints), 'too-few');
    assert.equal(saysOf(shareOf(0, 200), falseBreakpoints), 'met');
    assert.equal(saysOf(shareOf(40, 100), falseBreakpoints), 'missed');
    assert.equal(saysOf(undefined, correlation), 'too-few');
    assert.equal(saysOf({ low: 0.81, high: 0.9, count: 40 }, correlation), 'met');
    assert.equal(saysOf({ low: 0.5, high: 0.7, count: 40 }, correlation), 'missed');
  });
});
