import assert from 'node:assert/strict';
import { ceilingWithoutGates, confidenceOf, type Evidences } from '../../../src/core/supervision/confidence.ts';
import { decide, type Judgement } from '../../../src/core/supervision/decision.ts';
import { strayFiles } from '../../../src/core/supervision/stray.ts';
import type { ChangedFile } from '../../../src/core/supervision/tests.ts';

const added = (path: string): ChangedFile => ({ path, status: 'added', insertions: 1, deletions: 0 });
const modified = (path: string): ChangedFile => ({ path, status: 'modified', insertions: 1, deletions: 1 });
const task = 'slugify() loses letters with accents. Keep them as plain letters.';

describe('files beside the task', () => {
  const stray: readonly (readonly [ChangedFile, string])[] = [
    [added('.github/workflows/release.yml'), 'Run the tests in CI on each push.'],
    [modified('.gitlab-ci.yml'), 'The pipeline runs twice.'],
    [modified('package-lock.json'), 'Upgrade left-pad.'],
    [added('web/yarn.lock'), 'Bump the dependencies.'],
    [added('logs/run.txt'), 'Keep the log files of each run.'],
    [added('src/slug.js.bak'), 'Leave slug.js.bak there.'],
    [added('fix.sh'), 'Write a script that mends the names.'],
    [added('debug-slug.js'), 'Add debug-slug.js.'],
    [modified('.vscode/settings.json'), 'Set up VS Code.'],
  ];
  for (const [file, other] of stray) {
    it(`${file.path} is one, unless the task speaks of it`, () => {
      assert.deepEqual(strayFiles([modified('src/slug.js'), file], task), [file.path]);
      assert.deepEqual(strayFiles([modified('src/slug.js'), file], other), []);
    });
  }
  const expected = [
    'src/slug.js',
    'docs/slug.md',
    'CHANGELOG.md',
    'src/workflows/run.ts',
    'tests/run.sh',
    'src/debugger.ts',
  ];
  for (const path of expected) it(`${path} is none`, () => assert.deepEqual(strayFiles([added(path)], task), []));

  it('are none where they follow from another change, or were there before', () => {
    assert.deepEqual(strayFiles([modified('web/package.json'), modified('web/package-lock.json')], task), []);
    assert.deepEqual(strayFiles([modified('package.json'), modified('web/package-lock.json')], task), [
      'web/package-lock.json',
    ]);
    assert.deepEqual(strayFiles([modified('scripts/run.sh'), modified('logs/kept.txt')], task), []);
  });
});

const evidences: Evidences = {
  issues: [],
  gates: { say: 'passed', count: 1 },
  changedLines: 10,
  sameErrors: 0,
  denials: 0,
  findings: [],
};

function decided(more: Partial<Evidences>): ReturnType<typeof decide> {
  const confidence = confidenceOf({ ...evidences, ...more });
  const judgement: Judgement = {
    level: 'supervised',
    issues: [],
    gates: more.gates ?? evidences.gates,
    confidence,
    calibratedScore: confidence.score,
    escalation: 'again',
    openDangers: [],
    cancelled: false,
    checkedAgain: more.checkedAgain === true,
  };
  return decide(judgement);
}

describe('what an agent can explain or put right', () => {
  for (const more of [{ weakened: ['test/a.js'] }, { stray: ['fix.sh'] }]) {
    it(`is sent back once, named, and then a person is asked: ${JSON.stringify(more)}`, () => {
      const first = decided(more);
      assert.deepEqual([first.action, first.sentence.includes(Object.values(more)[0]?.[0] ?? '?')], ['continue', true]);
      assert.equal(decided({ ...more, checkedAgain: true }).action, 'ask');
      assert.equal(decided({ ...more, checkedAgain: true, criteria: 3, grown: ['test/b.js'] }).action, 'ask');
    });
  }

  it('outranks what people said about other turns', () => {
    const confidence = confidenceOf({ ...evidences, stray: ['fix.sh'] });
    const sure = { calibratedScore: 1, escalation: 'again', openDangers: [], cancelled: false } as const;
    const rest = { level: 'supervised', issues: [], gates: evidences.gates, confidence } as const;
    assert.equal(decide({ ...sure, ...rest, checkedAgain: false }).action, 'continue');
    assert.equal(decide({ ...sure, ...rest, checkedAgain: true }).action, 'ask');
  });
});

describe('criteria of which no test came with the work', () => {
  it('are asked for once; what the gates let through after that is finished', () => {
    assert.equal(decided({ criteria: 0 }).action, 'finish');
    const first = decided({ criteria: 3 });
    assert.deepEqual([first.action, first.factors.includes('criteria')], ['continue', true]);
    assert.match(first.sentence, /No test came with it that shows its 3 criteria/u);
    assert.equal(decided({ criteria: 3, checkedAgain: true, ownCheck: 'npm test' }).action, 'finish');
    assert.equal(decided({ criteria: 3, grown: ['test/a.js'] }).action, 'finish');
  });

  it("are a person's when the agent that was asked to check them was seen to run nothing", () => {
    const asked = decided({ criteria: 3, checkedAgain: true });
    assert.equal(asked.action, 'ask');
    assert.match(asked.sentence, /not seen to run a check after its last change/u);
    assert.equal(decided({ criteria: 3, ownCheck: 'npm test' }).action, 'continue', 'it was not asked to yet');
  });

  it('are left to a model that has reviewed the change, and to a person where no gate has passed', () => {
    const review = { verdict: 'done', criteria: [], model: 'm' } as const;
    assert.equal(decided({ criteria: 3, review }).action, 'finish');
    const unsure = { ...review, verdict: 'unsure' } as const;
    assert.equal(decided({ criteria: 3, review: unsure, checkedAgain: true }).action, 'ask');
    const none = { criteria: 3, checkedAgain: true, gates: { say: 'none' } } as const;
    assert.ok(confidenceOf({ ...evidences, ...none }).score <= ceilingWithoutGates);
    assert.notEqual(decided(none).action, 'finish');
  });
});
