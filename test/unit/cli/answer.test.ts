import assert from 'node:assert/strict';
import type { BreakpointView } from '../../../src/protocol/schemas.ts';
import { aSession, FakeEngine, sessionId } from './fake-engine.ts';
import { coppice, type FakeOptions, type Ran } from './fake-shell.ts';
import { permission } from './one-session.ts';

const questions: BreakpointView = {
  id: 'q1',
  kind: 'question',
  title: 'Two questions',
  detail: '',
  raisedAt: '2026-01-01T00:00:20.000Z',
  questions: [
    {
      question: 'Which colour?',
      header: 'Colour',
      options: [{ label: 'Red' }, { label: 'Blue', description: 'as the sea' }],
      multiSelect: false,
    },
    { question: 'Is a=b?', options: [{ label: 'Yes' }, { label: 'No' }, { label: 'Both' }], multiSelect: true },
  ],
};
const credential: BreakpointView = {
  ...permission,
  id: 'c1',
  kind: 'credential',
  title: 'A key is missing',
  secrets: ['A_KEY', 'B_KEY'],
};
const plan: BreakpointView = { ...permission, id: 'p1', kind: 'plan', title: 'A plan', detail: '1. do it' };

async function answer(
  needs: readonly BreakpointView[],
  argv: readonly string[],
  options: FakeOptions = {},
): Promise<Ran & { given: unknown }> {
  const engine = new FakeEngine({
    'session/show': () => aSession({ status: 'needs-you', needs: [...needs] }),
    'session/answer': ({ breakpoint }) => ({ breakpoint: breakpoint ?? '' }),
  });
  const ran = await coppice(engine, ['session', 'answer', '1f2e', ...argv], options);
  return { ...ran, given: engine.answers[0] };
}

const to = (breakpoint: string, given: object): object => ({ session: sessionId, breakpoint, answer: given });

describe('session answer', () => {
  const cases: readonly (readonly [needs: BreakpointView, argv: readonly string[], given: object])[] = [
    [permission, ['--allow'], to('b1', { choice: 'allow' })],
    [permission, ['--deny'], to('b1', { choice: 'deny' })],
    [permission, ['--deny', 'Not now'], to('b1', { choice: 'deny', reason: 'Not now' })],
    [permission, ['--abort'], to('b1', { choice: 'abort' })],
    [permission, ['--input', '{"command":"ls"}'], to('b1', { choice: 'allow', input: { command: 'ls' } })],
    [permission, ['--allow', '--input', '{"a":1}'], to('b1', { choice: 'allow', input: { a: 1 } })],
    [
      questions,
      ['--answer', 'Which colour?=blue', '--answer', '2=1,3'],
      to('q1', { choice: 'answer', answers: { 'Which colour?': 'Blue', 'Is a=b?': 'Yes, Both' } }),
    ],
    [
      questions,
      ['--answer', 'is a=b?=own words, no label', '--answer', 'colour=1'],
      to('q1', { choice: 'answer', answers: { 'Which colour?': 'Red', 'Is a=b?': 'own words, no label' } }),
    ],
    [
      questions,
      ['--answer', 'is=yes', '--answer', 'is=no', '--answer', 'which=x=y'],
      to('q1', { choice: 'answer', answers: { 'Which colour?': 'x=y', 'Is a=b?': 'Yes, No' } }),
    ],
    [
      { ...questions, questions: (questions.questions ?? []).slice(0, 1) },
      ['--answer', 'a = b'],
      to('q1', { choice: 'answer', answers: { 'Which colour?': 'a = b' } }),
    ],
    [credential, ['--deny'], to('c1', { choice: 'deny' })],
  ];
  for (const [needs, argv, given] of cases) {
    it(argv.join(' '), async () => {
      const ran = await answer([needs], argv);
      assert.equal(ran.stderr, '');
      assert.equal(ran.exit, 0);
      assert.deepEqual(ran.given, given);
    });
  }

  it('gives a missing secret from this environment', async () => {
    const ran = await answer([credential], ['--allow'], { env: { A_KEY: 'a', B_KEY: 'b', C_KEY: 'c' } });
    assert.deepEqual(ran.given, {
      ...to('c1', { choice: 'allow' }),
      requester: { env: {}, secrets: { A_KEY: 'a', B_KEY: 'b' } },
    });
    assert.ok(!`${ran.stdout}${ran.stderr}`.includes('a\n'));
    const without = await answer([credential], ['--allow'], { env: { A_KEY: 'a' } });
    assert.equal(without.exit, 2);
    assert.match(without.stderr, /B_KEY is not set/);
    assert.equal(without.given, undefined);
  });

  for (const [argv, says] of [
    [['--answer', '1=red'], /No answer is given to "Is a=b\?"/],
    [['--answer', 'third=red'], /names no question/],
    [['--answer', '7=red'], /names no question/],
    [['--input', '[1]'], /no JSON object/],
    [['--input', '{'], /no JSON object/],
    [['--allow'], /is a question: allowing it says nothing/],
    [[], /not said what to answer/],
  ] as const) {
    it(`is not understood: ${argv.join(' ') || 'nothing'}`, async () => {
      const ran = await answer([questions], argv);
      assert.equal(ran.exit, 2);
      assert.match(ran.stderr, says);
      assert.equal(ran.given, undefined);
    });
  }

  it('is refused when nothing is asked, or not that', async () => {
    assert.equal((await answer([], ['--allow'])).exit, 3);
    assert.equal((await answer([permission], ['--allow', '--breakpoint', 'other'])).exit, 3);
    const second = await answer([permission, plan], ['--allow', '--breakpoint', 'p1', '--json']);
    assert.deepEqual(JSON.parse(second.stdout), { session: sessionId, breakpoint: 'p1', choice: 'allow' });
  });

  describe('at a terminal', () => {
    it('shows the evidence and asks', async () => {
      const ran = await answer([permission], [], { types: ['', 'x', 'no', 'Too risky'] });
      assert.match(ran.stdout, /\? Bash: npm test\n {4}npm test --all/);
      assert.deepEqual(ran.given, to('b1', { choice: 'deny', reason: 'Too risky' }));
    });

    it('takes another input', async () => {
      const ran = await answer([permission], [], { types: ['e', 'no json', '{"command":"ls"}'] });
      assert.deepEqual(ran.given, to('b1', { choice: 'allow', input: { command: 'ls' } }));
      assert.ok(ran.shell.keyboard?.questions[1]?.includes('{"command":"npm test --all"}'));
    });

    it('approves a plan and has no input to edit there', async () => {
      const ran = await answer([plan], [], { types: ['e', 'y'] });
      assert.deepEqual(ran.given, to('p1', { choice: 'allow' }));
      assert.match(ran.stdout, /1\. do it/);
    });

    it('asks each question', async () => {
      const ran = await answer([questions], [], { types: ['', '2', 'yes, 2'] });
      assert.match(ran.stdout, /1\. Which colour\?\n {5}1\) Red\n {5}2\) Blue {2}as the sea/);
      assert.deepEqual(
        ran.given,
        to('q1', { choice: 'answer', answers: { 'Which colour?': 'Blue', 'Is a=b?': 'Yes, No' } }),
      );
    });

    it('asks for secrets unseen, and only for those that this environment lacks', async () => {
      const ran = await answer([credential], [], { types: ['p', 'typed'], env: { A_KEY: 'from env' } });
      assert.deepEqual(ran.given, {
        ...to('c1', { choice: 'allow' }),
        requester: { env: {}, secrets: { A_KEY: 'from env', B_KEY: 'typed' } },
      });
      assert.equal(ran.shell.keyboard?.questions[1], 'hidden B_KEY: ');
      assert.ok(!`${ran.stdout}${ran.stderr}`.includes('typed'));
      assert.deepEqual((await answer([credential], [], { types: ['w'] })).given, to('c1', { choice: 'deny' }));
    });

    it('can abort, or answer nothing', async () => {
      for (const needs of [permission, questions, credential]) {
        assert.deepEqual((await answer([needs], [], { types: ['abort'] })).given, to(needs.id, { choice: 'abort' }));
        for (const types of [['later'], []]) {
          const ran = await answer([needs], [], { types });
          assert.deepEqual([ran.exit, ran.given], [0, undefined]);
        }
      }
    });

    it('strips what an agent hides in its question', async () => {
      const hostile = {
        ...permission,
        title: 'Bash: \u001B[8mrm -rf ~\u001B[0m\r\u001B[2Kls',
        detail: 'ls\u202E\u001B]52;c;x\u0007',
        questions: [{ question: 'q\u001B[2J', options: [{ label: 'l\u001B[1A' }], multiSelect: false }],
      };
      const ran = await answer([hostile], [], { types: ['l'] });
      assert.ok(!ran.stdout.includes('\u001B'), JSON.stringify(ran.stdout));
      assert.match(ran.stdout, /rm -rf ~ ls/);
    });
  });
});
