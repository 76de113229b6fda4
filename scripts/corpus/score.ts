/**
 * Prints how well the rules of the supervisor judge the corpus, each figure with its number of cases and its 95 % interval.
 *
 *     npm run corpus                # the two thirds that may be looked at
 *     npm run corpus -- held-out    # the third that is only reported
 *     npm run corpus -- --cases     # with each case that was judged wrongly
 */
import { reportOf, shareOf, type Share } from '../../src/core/supervision/calibration.ts';
import { confidenceOf, type Confidence } from '../../src/core/supervision/confidence.ts';
import { decide, type Decision } from '../../src/core/supervision/decision.ts';
import { verdictOf } from '../../src/core/supervision/gate.ts';
import { validate, type Issue } from '../../src/core/supervision/validation.ts';
import { readCases, type Case } from '../../test/corpus/case.ts';

/** What the rules alone say of one case: no model reviews it, it is the first try, and no budget is near. */
interface Scored {
  readonly case: Case;
  readonly issues: readonly Issue[];
  readonly confidence: Confidence;
  readonly decision: Decision;
}

function scored(each: Case): Scored {
  const { turn, gate, allowed, expected } = each;
  const tree = 'the tree of the turn';
  const issues = validate({
    ...turn,
    expectedFiles: expected,
    allowedPaths: allowed,
    needsChange: true,
    incomplete: false,
  });
  const gates = gate === undefined ? [] : [{ kind: 'test' as const, command: gate.command, from: 'package.json' }];
  const evidence =
    gate === undefined ? [] : [{ tree, ...gate, passed: gate.code === 0, ms: 0, output: 'not kept in the corpus' }];
  const verdict = verdictOf(gates, evidence, tree);
  const { changedLines, denials } = turn;
  const confidence = confidenceOf({ issues, gates: verdict, changedLines, sameErrors: 0, denials, findings: [] });
  const decision = decide({
    level: 'supervised',
    issues,
    gates: verdict,
    confidence,
    calibratedScore: confidence.score,
    escalation: 'again',
    openDangers: [],
    cancelled: false,
    checkedAgain: false,
  });
  return { case: each, issues, confidence, decision };
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)} %`;
}

function told({ share, low, high, count }: Share): string {
  if (share === undefined) return 'unknown (n = 0)';
  return `${percent(share)} (${percent(low)} to ${percent(high)}, n = ${count})`;
}

function shareWhere(all: readonly Scored[], holds: (each: Scored) => boolean): string {
  return told(shareOf(all.filter(holds).length, all.length));
}

/** Pearson's r with its 95 % interval by Fisher's z. */
function toldCorrelation(all: readonly Scored[]): string {
  const cases = all.map(({ confidence, case: { label } }) => ({ score: confidence.score, good: label.done }));
  const { correlation: r } = reportOf(cases);
  if (r === undefined) return `unknown (n = ${all.length})`;
  const wide = 1.96 / Math.sqrt(all.length - 3);
  const at = (z: number): string => Math.tanh(Math.atanh(r) + z).toFixed(2);
  return `${r.toFixed(2)} (${at(-wide)} to ${at(wide)}, n = ${all.length})`;
}

const isFlagged = ({ issues }: Scored): boolean => issues.length > 0;
const isWhole = ({ case: { label } }: Scored): boolean => label.fault === 'none';
const isRight = (each: Scored): boolean => isFlagged(each) !== isWhole(each);

const words = process.argv.slice(2);
const part = words.includes('held-out') ? 'held-out' : 'cases';
const all = readCases(part).map(scored);
const done = all.filter(({ case: { label } }) => label.done);
const open = all.filter(({ case: { label } }) => !label.done);
const action = (name: Decision['action']) => (each: Scored) => each.decision.action === name;

const rows: readonly (readonly [what: string, figure: string, goal?: string])[] = [
  ['turns', `${all.length}, of which ${done.length} did what was asked`],
  ['validator: sound or not, as labelled', shareWhere(all, isRight), '> 90 %'],
  [
    'faults that the validator sees',
    shareWhere(
      all.filter((each) => !isWhole(each)),
      isFlagged,
    ),
  ],
  ['sound turns that it objects to', shareWhere(all.filter(isWhole), isFlagged)],
  ['false breakpoints: done, and a person is asked', shareWhere(done, action('ask')), '< 5 %'],
  ['done, and finished without a person', shareWhere(done, action('finish'))],
  ['done, and sent round once more', shareWhere(done, (each) => ['continue', 'retry'].includes(each.decision.action))],
  ['false accepts: not done, and finished', shareWhere(open, action('finish'))],
  ['correlation of confidence with done', toldCorrelation(all), '> 0.8'],
];

console.log(`Rules alone, no model: ${part} of the corpus\n`);
for (const [what, figure, goal] of rows) console.log(`${what.padEnd(48)} ${figure}${goal ? `   goal ${goal}` : ''}`);

console.log(
  '\nby behaviour                  done     finish  continue/retry  ask/stop   judged soundly by the validator',
);
for (const name of new Set(all.map((each) => each.case.behaviour))) {
  const some = all.filter((each) => each.case.behaviour === name);
  const count = (holds: (each: Scored) => boolean): string => String(some.filter(holds).length);
  const columns = [
    name.padEnd(28),
    `${count(({ case: { label } }) => label.done)} of ${some.length}`.padEnd(10),
    count(action('finish')).padEnd(8),
    count(({ decision }) => ['continue', 'retry', 'escalate'].includes(decision.action)).padEnd(15),
    count(({ decision }) => ['ask', 'stop'].includes(decision.action)).padEnd(10),
    count(isRight),
  ];
  console.log(columns.join(' '));
}

if (words.includes('--cases') && part === 'cases') {
  console.log('');
  for (const { case: each, issues, decision } of all.filter(
    (one) => !isRight(one) || (one.decision.action === 'finish') !== one.case.label.done,
  ))
    console.log(
      `${each.id}: ${JSON.stringify(each.label)}; ${issues.map(({ kind }) => kind).join(', ') || 'sound'}; ${decision.action}: ${decision.sentence}`,
    );
}
