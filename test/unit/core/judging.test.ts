import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isCoppiceError } from '../../../src/core/errors.ts';
import type { Evidence } from '../../../src/core/landing/state.ts';
import { nextStep } from '../../../src/core/session/next.ts';
import { reduceSession } from '../../../src/core/session/reducer.ts';
import { statusOf } from '../../../src/core/session/status.ts';
import type { Result, Session } from '../../../src/core/session/state.ts';
import { noUsage } from '../../../src/core/agent/usage.ts';
import { approve, decisionAnswered, requestVerification } from '../../../src/core/supervision/commands.ts';
import { autonomyLevels } from '../../../src/core/supervision/decision.ts';
import { asksForChange, criteriaOf } from '../../../src/core/supervision/criteria.ts';
import { judgingDue, verifyingDue } from '../../../src/core/supervision/due.ts';
import { noAttempts, withFailure } from '../../../src/core/supervision/attempts.ts';
import { breachOf, judge } from '../../../src/core/supervision/judge.ts';
import type { Judgement } from '../../../src/core/supervision/judgement.ts';
import { supervisionFolds } from '../../../src/core/supervision/session-folds.ts';
import { withAnswer, withUnanswered } from '../../../src/core/supervision/unanswered.ts';
import { fingerprintOf } from '../../../src/supervision/fingerprint.ts';

const gates = ['lint', 'test'].map((name) => ({
  kind: 'test' as const,
  command: ['npm', 'run', name],
  from: 'settings',
}));
const said = (name: string, passed: boolean, tree = 'a'): Evidence => ({
  ...{ tree, command: ['npm', 'run', name], passed, code: passed ? 0 : 1, ms: 1, output: '/nowhere' },
});
const judgement = (more: Partial<Judgement> = {}): Judgement => ({
  ...{ id: 's/1', session: 's', repository: 'r', turn: 1, at: 1, tree: 'a', moved: 0 },
  ...{ issues: [], files: 1, lines: 2, evidence: [] },
  ...more,
});
const lastTurn = {
  ...{ n: 1, outcome: 'success' as const, reason: 'completed', usage: noUsage, denials: 0, endedAt: 1, offset: 9 },
};
const place = {
  ...{ path: '/w', slug: 'w', branch: 'feature/w', base: 'main', baseCommit: 'c', admin: '/a', common: '/c' },
  origin: 'created' as const,
};
const session = (more: Partial<Session> = {}): Session => ({
  ...{ id: 's', task: { id: 't', uuid: 'u', title: 'T' }, mode: 'autonomous', agent: 'demo', agentOptions: {} },
  ...{ executor: 'local', priority: 'normal', repository: { id: 'r', root: '/r' }, request: {}, createdAt: 0 },
  ...{ requester: { by: 'user:cli', env: {}, secrets: [], settings: {} }, admission: 'admitted', holding: true },
  ...{ goal: 'g', prompts: [], promptCount: 1, streamOffset: 9, turns: 1, breakpoints: [], usage: noUsage },
  ...{ archived: false, worktree: place, checkpoint: { n: 3, tree: 'a', head: 'h', turn: 1, prompt: 1, gate: 'a' } },
  lastTurn,
  supervision: { level: 'supervised', gates, review: true },
  ...more,
});
const live = { duplex: true, steerable: false, background: 0 };
const by = {
  ...{ failure: undefined, limits: { perError: 3, processRestarts: 3 }, budget: { attempts: 10 }, curve: [] },
  billing: 'subscription' as const,
};

describe('judging', () => {
  it('goes strictly from the validator over the gates to the review and the decision', () => {
    const steps = [
      undefined,
      judgement(),
      judgement({ evidence: [said('lint', true)] }),
      judgement({ evidence: [said('lint', true), said('test', true)] }),
      judgement({ evidence: [said('lint', true), said('test', true)], reviewed: { failure: 'none' } }),
    ].map((each) => nextStep(session(each === undefined ? {} : { judgement: each }), live));
    assert.deepEqual(
      steps.map((each) => each.do),
      ['validate', 'gate', 'gate', 'review', 'decide'],
    );
    assert.deepEqual(
      steps.flatMap((each) => ('gate' in each ? [each.gate.command[2]] : [])),
      ['lint', 'test'],
    );
  });

  it('asks a gate with which engines end three times in a row and then a person, whatever passed before', () => {
    const tried = fc.constantFrom('killed', 'answered', 'prompt');
    fc.assert(
      fc.property(fc.array(tried, { maxLength: 12 }), (happened) => {
        const [lint] = gates;
        let unanswered: Session['unanswered'] = [];
        let inVain = 0;
        for (const each of happened) {
          const asked = judgingDue(session({ judgement: judgement(), unanswered }));
          assert.equal(asked?.do, inVain < 3 ? 'gate' : 'decide');
          inVain = each === 'killed' ? inVain + 1 : 0;
          if (each === 'killed') unanswered = withUnanswered(unanswered, lint?.command ?? []);
          else unanswered = each === 'prompt' ? [] : withAnswer(unanswered, lint?.command ?? []);
        }
      }),
    );
    const unanswered = [{ command: ['npm', 'run', 'test'], times: 3 }];
    const half = session({ unanswered, judgement: judgement({ evidence: [said('lint', true)] }) });
    assert.equal(judgingDue(half)?.do, 'decide');
    const decided = judge(half, half.judgement ?? judgement(), by);
    assert.equal(decided.action, 'ask');
    assert.match(decided.sentence, /^The gate `npm run test` was asked 3 times/u);
    const verifying = { by: 'user:cli', tree: 'a', moved: 0 };
    assert.equal(
      verifyingDue({ ...half, judgement: judgement(), verifying, proof: [said('lint', true)] })?.do,
      'conclude',
    );
  });

  it('shows no gate what the validator found wrong, and no model what a gate refused', () => {
    const wrong = judgement({ issues: [{ kind: 'empty', sentence: 'Nothing.' }] });
    assert.equal(judgingDue(session({ judgement: wrong }))?.do, 'decide');
    assert.equal(judgingDue(session({ judgement: judgement({ evidence: [said('lint', false)] }) }))?.do, 'decide');
  });

  it('lets a prompt, a person’s stop and a rollback come first, and leaves what a person leads alone', () => {
    const waiting = { n: 2, text: 'x', steer: false, state: 'waiting' as const };
    for (const more of [
      { prompts: [waiting] },
      { cancelling: { reason: 'x', at: 1 } },
      { interrupting: true },
      { mode: 'interactive' as const },
      { lastTurn: { ...lastTurn, outcome: 'interrupted' as const } },
      { supervision: { level: 'supervised' as const, gates: [], review: false } },
    ]) {
      assert.ok(
        !['validate', 'gate', 'review', 'decide'].includes(nextStep(session(more), live).do),
        JSON.stringify(more),
      );
    }
  });

  it('asks again about files that a gate has changed, and gives up when they go on changing', () => {
    const moved = (times: number): Judgement =>
      judgement({ tree: 'b', moved: times, evidence: [said('lint', true, 'a')] });
    assert.equal(judgingDue(session({ judgement: moved(1) }))?.do, 'gate');
    const due = { kind: 'gate', gate: { tree: 'b' }, turn: 1 };
    assert.deepEqual(
      nextStep(session({ judgement: moved(1) }), live),
      { do: 'checkpoint', due },
      'kept before it is asked',
    );
    assert.equal(judgingDue(session({ judgement: moved(3) }))?.do, 'decide');
    const decided = judge(session({ judgement: moved(3) }), moved(3), by);
    assert.equal(decided.action, 'ask');
    assert.match(decided.sentence, /Not all gates could be asked/u);
  });

  it('lets no word of a model and no score pass what a gate refused', () => {
    const review = fc.record({ model: fc.string(), verdict: fc.constant('done' as const), criteria: fc.constant([]) });
    const level = fc.constantFrom('supervised' as const, 'autonomous' as const);
    fc.assert(
      fc.property(review, level, fc.boolean(), fc.boolean(), (said1, lvl, checkedAgain, first) => {
        const evidence = first ? [said('lint', false)] : [said('lint', true), said('test', false)];
        const refused = judgement({ evidence, reviewed: { review: said1 } });
        const all = session({ judgement: refused, checkedAgain, supervision: { level: lvl, gates, review: true } });
        const failure = fingerprintOf('it failed');
        return judge(all, refused, { ...by, failure, curve: [] }).action !== 'finish';
      }),
    );
  });

  it('rolls back what a gate refused only where nobody wants to be asked, and never what a person is to look at', () => {
    const level = fc.constantFrom(...autonomyLevels);
    const input = fc.record({
      level,
      failed: fc.boolean(),
      earlier: fc.integer({ min: 0, max: 4 }),
      same: fc.boolean(),
    });
    fc.assert(
      fc.property(input, fc.option(fc.constantFrom('a', 'b'), { nil: undefined }), (given, began) => {
        const evidence = given.failed ? [said('lint', false)] : [said('lint', true), said('test', true)];
        const turn = judgement({ evidence });
        const failure = fingerprintOf('it failed');
        const repeated = { fingerprint: failure, count: given.earlier, firstAt: 1, lastAt: 1 };
        const attempts = { transport: 0, process: 0, errors: given.earlier === 0 ? [] : [repeated] };
        const all = session({ judgement: turn, attempts, supervision: { level: given.level, gates, review: true } });
        const decided = judge(all, turn, {
          ...by,
          ...(given.failed ? { failure } : {}),
          ...(began === undefined ? {} : { began: { n: 1, tree: began } }),
        });
        const asksAlways = given.level === 'guided' || given.level === 'collaborative';
        if (asksAlways || given.earlier >= 2) assert.equal(decided.action === 'ask' || !given.failed, true);
        const expected = given.level === 'autonomous' && given.failed && began === 'b' && given.earlier < 2;
        assert.equal(decided.rollBack === true, expected, JSON.stringify([given, began, decided]));
        assert.equal(/rolled back/u.test(decided.sentence), expected);
      }),
    );
  });

  it('asks about a critical danger that nobody was asked about, at every level, until somebody has looked', () => {
    const fine = judgement({ evidence: [said('lint', true), said('test', true)] });
    const finding = { danger: 'force-push', severity: 'critical', sentence: 'It overwrites.' } as const;
    const danger = { use: 't1', key: 'k', tool: 'Bash', turn: 1, findings: [finding] };
    for (const level of autonomyLevels) {
      const all = { judgement: fine, supervision: { level, gates, review: true } };
      assert.match(judge(session({ ...all, dangers: [danger] }), fine, by).sentence, /danger: It overwrites/u);
      const asked = judge(session({ ...all, dangers: [{ ...danger, asked: true }] }), fine, by);
      assert.doesNotMatch(asked.sentence, /danger/u);
    }
    const mild = { ...danger, findings: [{ ...finding, severity: 'warning' as const }] };
    assert.equal(judge(session({ judgement: fine, dangers: [mild] }), fine, by).action, 'finish', 'a warning is shown');
  });

  it('asks before it sends more prompts than are allowed, and never holds up what is done for that', () => {
    const refused = judgement({ evidence: [said('lint', false)] });
    const failure = fingerprintOf('other each time');
    const spent = session({ judgement: refused, automatic: 10 });
    assert.match(judge(spent, refused, { ...by, failure }).sentence, /A limit is reached: .* allows 10 attempts/u);
    assert.equal(judge({ ...spent, raised: { attempts: 10 } }, refused, { ...by, failure }).action, 'continue');
    const fine = judgement({ evidence: [said('lint', true), said('test', true)] });
    assert.equal(judge(spent, fine, by).action, 'finish');
  });

  it('counts cost only where it is metered', () => {
    const refused = judgement({ evidence: [said('lint', false)] });
    const dear = session({ judgement: refused, usage: { ...noUsage, costUsd: 5 } });
    const bound = { ...by, failure: fingerprintOf('x'), budget: { costUsd: 1 } };
    assert.equal(judge(dear, refused, bound).action, 'continue');
    assert.equal(judge(dear, refused, { ...bound, billing: 'metered' }).action, 'ask');
  });

  it('lets a prompt through once a person raised the limit, however far it was exceeded, and never what the policy forbids', () => {
    const refused = judgement({ evidence: [said('lint', false)] });
    const bound = { ...by, failure: fingerprintOf('x'), budget: { costUsd: 1 }, most: { costUsd: 4 } };
    const metered = { ...bound, billing: 'metered' } as const;
    const spent = (costUsd: number, inputTokens = 0): Session =>
      session({ judgement: refused, usage: { ...noUsage, costUsd, inputTokens } });
    const raised = (before: Session): Session => {
      const said = { seq: 1, at: 1, actor: 'user:cli', type: 'budget.raised', v: 1, data: { session: before.id } };
      return { ...supervisionFolds['budget.raised'](before, said as never), judgement: refused };
    };
    assert.equal(breachOf(spent(0.5), metered), undefined);
    assert.equal(breachOf(spent(3.5), metered)?.final, false);
    assert.equal(breachOf(raised(spent(3.5)), metered), undefined, 'one raise is enough');
    const failure = fingerprintOf('x');
    const asked = { ...refused, decided: { ...judge(spent(3.5), refused, { ...metered, failure }), failure } };
    const failed = { ...spent(3.5), judgement: asked, attempts: withFailure(noAttempts, 'task', failure, 1) };
    assert.deepEqual(raised(failed).attempts, noAttempts, 'it fails once, however often that is judged');
    const both = { ...metered, budget: { costUsd: 1, tokens: 1000 } };
    const later = { ...raised(spent(0.5, 90_000)), usage: { ...noUsage, costUsd: 1.6, inputTokens: 90_500 } };
    assert.equal(breachOf(later, both)?.resource, 'costUsd', 'tokens that were raised are no money');
    assert.equal(breachOf(raised(spent(4)), metered)?.final, true);
    assert.match(judge(raised(spent(4)), refused, metered).sentence, /any session here, whoever approves it/u);
    assert.equal(breachOf(raised(spent(4)), bound), undefined, 'without metering cost decides nothing');
  });

  it('lets the next prompt of a person through, too: what was raised lasts, but for the prompts, which are counted anew', () => {
    const refused = judgement({ evidence: [said('lint', false)] });
    const budget = { costUsd: 1, tokens: 1000, workMs: 60_000, attempts: 2 };
    const limits = { budget, billing: 'metered' } as const;
    const spent = session({
      ...{ judgement: refused, automatic: 2, workedMs: 90_000, prompts: [], promptCount: 1 },
      usage: { ...noUsage, costUsd: 3, inputTokens: 5000 },
    });
    const at = { seq: 1, at: 1, actor: 'user:cli' as const, v: 1 };
    const raise = { ...at, type: 'budget.raised', data: { session: spent.id } } as const;
    const prompt = { session: spent.id, prompt: 2, text: 'and this', steer: false };
    const raised = reduceSession(spent, raise as never);
    const next = reduceSession(raised, { ...at, type: 'prompt.added', data: prompt } as never);
    assert.ok(next !== undefined);
    assert.equal(breachOf(next, limits), undefined);
    assert.equal(breachOf({ ...next, usage: { ...next.usage, costUsd: 4 } }, limits)?.resource, 'costUsd');
    assert.equal(breachOf({ ...next, automatic: 2 }, limits)?.resource, 'attempts', 'two more, not four');
  });
});

describe('proof of work at rest', () => {
  const result = (tree: string): Result => ({
    ...{ outcome: 'reported', at: 1, changes: { tree, files: 1, insertions: 1, deletions: 0 } },
  });
  const still = (more: Partial<Session> = {}): Session =>
    session({ admission: 'idle', holding: false, proof: [said('lint', true), said('test', true)], ...more });

  it('is about one tree, and void for every other', () => {
    assert.equal(statusOf(still({ result: result('a') })), 'verified');
    assert.equal(statusOf(still({ result: result('b') })), 'reported');
    assert.equal(statusOf(still({ result: result('a'), seen: 'b' })), 'reported');
    assert.equal(statusOf(still({ result: result('a'), proof: [said('lint', true)] })), 'reported');
  });

  it('does not make work of it that failed', () => {
    const failed = { ...result('a'), outcome: 'failed' as const };
    assert.equal(statusOf(still({ result: failed })), 'failed');
  });

  it('takes a person to accept without it, and says so', () => {
    const unproven = still({ result: result('b') });
    assert.throws(
      () => approve(unproven, 'b', 'user:cli', false),
      (error) => isCoppiceError(error, 'wrong-state'),
    );
    const [given] = approve(unproven, 'b', 'user:cli', true);
    assert.equal(given?.data['unverified'], true);
    const [proven] = approve(still({ result: result('a') }), 'a', 'user:cli', true);
    assert.equal(proven?.data['unverified'], undefined);
    const approval = { tree: 'b', prompts: 1, by: 'x', at: 1 };
    assert.equal(statusOf({ ...unproven, approval }), 'accepted');
    assert.equal(statusOf({ ...unproven, approval, promptCount: 2 }), 'reported');
  });

  it('is asked for once, gate by gate', () => {
    const asked = still({ result: result('a'), verifying: { by: 'x', moved: 0 } });
    assert.deepEqual(requestVerification(asked, gates, 'y'), []);
    assert.throws(() => requestVerification(still({ result: result('a') }), [], 'y'), /no gates are set/u);
    assert.equal(verifyingDue(asked)?.do, 'look');
    const looked = { ...asked, verifying: { by: 'x', moved: 0, tree: 'a' }, proof: [said('lint', true)] };
    const step = nextStep(looked, live);
    assert.deepEqual('gate' in step ? step.gate.command : [], ['npm', 'run', 'test']);
    assert.equal(verifyingDue({ ...looked, proof: [said('lint', false)] })?.do, 'conclude');
  });
});

describe('a decision that is a person’s', () => {
  const breakpoint = { id: 'b', kind: 'decision' as const, title: '', detail: '', raisedAt: 1, about: { turn: 1 } };
  const types = (choice: 'allow' | 'deny' | 'hand-over' | 'abort', more: object = {}): string[] =>
    decisionAnswered(session(), { ...breakpoint, ...more }, { choice, reason: 'do this' }, 'user:cli').map(
      ({ type }) => type,
    );

  it('lets it through, is the next prompt, raises the limit, or hands it over', () => {
    assert.deepEqual(types('allow'), ['turn.commented']);
    assert.deepEqual(types('allow', { about: { turn: 1, limit: true } }), ['budget.raised']);
    assert.deepEqual(types('deny'), ['turn.commented', 'prompt.added']);
    assert.deepEqual(types('hand-over'), ['session.interrupting']);
    assert.deepEqual(types('abort'), []);
  });
});

describe('criteria of a task', () => {
  it('say whether it can be done without a change', () => {
    for (const task of ['Fix the login.', 'The login hangs. Please make it answer.', 'parse() must keep its input.'])
      assert.equal(asksForChange(task), true, task);
    for (const task of ['What does parse() do?', 'Should the login be slower?', 'Tell me how the cache works.', ''])
      assert.equal(asksForChange(task), false, task);
  });

  it('are its items to tick, and the list below a heading that says so', () => {
    const task =
      'Do it.\n- no criterion\n\n## Acceptance criteria\n\n1. It works.\n2) It is fast.\n\nElse:\n- not this\n- [ ] but this';
    assert.deepEqual(criteriaOf(task), ['It works.', 'It is fast.', 'but this']);
    assert.deepEqual(criteriaOf('Acceptance criteria are none of your business - really'), []);
  });
});
