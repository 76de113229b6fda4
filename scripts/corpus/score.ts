/**
 * Prints how well the rules of the supervisor judge the corpus, each figure with its number of cases and its 95 % interval.
 *
 *     npm run corpus                # the two thirds that may be looked at
 *     npm run corpus -- held-out    # the third that is only reported
 *     npm run corpus -- --cases     # with each case that was judged wrongly
 */
import { reportOf, shareOf, type Share } from '../../src/core/supervision/calibration.ts';
import { confidenceOf, type Confidence } from '../../src/core/supervision/confidence.ts';
import { asksForChange } from '../../src/core/supervision/criteria.ts';
import { decide, type Decision } from '../../src/core/supervision/decision.ts';
import { verdictOf } from '../../src/core/supervision/gate.ts';
import { strayFiles } from '../../src/core/supervision/stray.ts';
import { grownTests, weakenedTests } from '../../src/core/supervision/tests.ts';
import { validate, type Issue } from '../../src/core/supervision/validation.ts';
import { readCases, type Case } from '../../test/corpus/case.ts';

/**
 * What the rules alone say of one case at the usual level, `supervised`: no model reviews it, it is the first try, and no budget is
 * near. A project without gates has no judge then: the work is left as reported, and nobody is asked. As in the product, gates are
 * not asked about a turn that the validator objects to.
 */
interface Scored {
  readonly case: Case;
  readonly issues: readonly Issue[];
  /** Files that the task does not speak of: the same step of judging finds them, and has them sent back by name. */
  readonly stray: readonly string[];
  readonly confidence: Confidence;
  readonly action: Decision['action'] | 'reported';
  readonly sentence: string;
}

/** What the supervisor knows of a task: its words alone, as in the product, or also which files it is about. */
type Knowing = 'words' | 'files';

/** What a turn was sent back for, without anything having failed, and what its agent was seen to run after that. */
type Again = 'ran' | 'idle';

/** The same turn, looked at for the second time (`again`): it came back as it was. */
function scored(each: Case, knowing: Knowing, again?: Again): Scored {
  const { turn, gate, allowed, expected } = each;
  const tree = 'the tree of the turn';
  const { files, denials } = turn;
  const issues = validate({
    ...turn,
    changedFiles: files.map(({ path }) => path),
    ...(knowing === 'words'
      ? { expectedFiles: [], allowedPaths: [], needsChange: files.length === 0 && asksForChange(each.prompt) }
      : { expectedFiles: expected, allowedPaths: allowed, needsChange: true }),
    unchanged: files.length === 0,
    incomplete: false,
  });
  const gates = gate === undefined ? [] : [{ kind: 'test' as const, command: gate.command, from: 'package.json' }];
  const evidence =
    gate === undefined || issues.length > 0
      ? []
      : [{ tree, ...gate, passed: gate.code === 0, ms: 0, output: 'not kept in the corpus' }];
  const verdict = verdictOf(gates, evidence, tree);
  const changedLines = files.reduce((sum, { insertions = 0, deletions = 0 }) => sum + insertions + deletions, 0);
  const [weakened, grown, stray] = [weakenedTests(files), grownTests(files), strayFiles(files, each.prompt)];
  const confidence = confidenceOf({
    ...{ issues, gates: verdict, changedLines, weakened, grown, stray, denials },
    ...{ criteria: each.criteria.length, sameErrors: 0, findings: [], checkedAgain: again !== undefined },
    ...(again === 'ran' && gate !== undefined && { ownCheck: gate.command.join(' ') }),
  });
  const decision = decide({
    level: 'supervised',
    issues,
    gates: verdict,
    confidence,
    calibratedScore: confidence.score,
    escalation: 'again',
    openDangers: [],
    cancelled: false,
    checkedAgain: again !== undefined,
  });
  const { action, sentence } =
    gate === undefined ? { action: 'reported' as const, sentence: 'Nobody judges.' } : decision;
  return { case: each, issues, stray, confidence, action, sentence };
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
  const { correlation } = reportOf(cases);
  if (correlation === undefined) return `unknown (n = ${all.length})`;
  const { value, low, high } = correlation;
  return `${value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)}, n = ${all.length})`;
}

/**
 * The same for whoever would know, of each set of factors with the weights that it has here, the share of the turns that are done: no score
 * that is made of these factors can do better on these cases.
 */
function mostPossible(all: readonly Scored[]): string {
  const seen = ({ confidence }: Scored): string =>
    confidence.factors.map(({ name, weight }) => `${name} ${weight}`).join();
  const shares = new Map<string, Share>();
  for (const each of all) {
    const same = all.filter((other) => seen(other) === seen(each));
    shares.set(seen(each), shareOf(same.filter(isDone).length, same.length));
  }
  return toldCorrelation(
    all.map((each) => ({ ...each, confidence: { score: shares.get(seen(each))?.share ?? 0, factors: [] } })),
  );
}

const isDone = ({ case: { label } }: Scored): boolean => label.done;
const isFlagged = ({ issues }: Scored): boolean => issues.length > 0;
const isWhole = ({ case: { label } }: Scored): boolean => label.fault === 'none';
const isSentBack = (each: Scored): boolean => isFlagged(each) || each.stray.length > 0;
const isRight = (each: Scored): boolean => isFlagged(each) !== isWhole(each);

/** The files beside the task are of four kinds only, which whoever wrote the rule about them knew. */
const isWithoutStray = ({ case: { behaviour } }: Scored): boolean => behaviour !== 'wrong-files';

const is =
  (...names: readonly Scored['action'][]) =>
  (each: Scored): boolean =>
    names.includes(each.action);

type Row = readonly [what: string, figure: string, goal?: string];

function rowsOf(all: readonly Scored[]): readonly Row[] {
  const judged = all.filter(({ action }) => action !== 'reported');
  const done = judged.filter(isDone);
  const open = judged.filter((each) => !isDone(each));
  return [
    ['turns', `${all.length}, of which ${all.filter(isDone).length} did what was asked`],
    ['of projects with gates', `${judged.length}, of which ${done.length} did what was asked`],
    ['validator: sound or not, as labelled', shareWhere(all, isRight), '> 90 %'],
    ['the same, with files beside the task as found', shareWhere(all, (each) => isSentBack(each) !== isWhole(each))],
    [
      'faults that the validator sees',
      shareWhere(
        all.filter((each) => !isWhole(each)),
        isFlagged,
      ),
    ],
    ['sound turns that it objects to', shareWhere(all.filter(isWhole), isFlagged)],
    ['false breakpoints: done, and a person is asked', shareWhere(done, is('ask')), '< 5 %'],
    ['done, and finished without a person', shareWhere(done, is('finish'))],
    ['done, and sent round once more', shareWhere(done, is('continue', 'retry'))],
    ['false accepts: not done, and finished', shareWhere(open, is('finish'))],
    ['not done, and noticed', shareWhere(open, is('continue', 'retry', 'escalate', 'ask', 'stop'))],
    ['correlation of confidence with done', toldCorrelation(judged), '> 0.8'],
    ['the most that these factors could reach', mostPossible(judged)],
    ['without turns that leave files beside the task', toldCorrelation(judged.filter(isWithoutStray))],
  ];
}

/** Of the turns that are sent back with nothing having failed: what becomes of them if they come back as they were. */
function secondLook(all: readonly Scored[], again: Again): readonly Row[] {
  const back = all.filter(is('continue')).map(({ case: each }) => scored(each, 'words', again));
  const [done, open] = [back.filter(isDone), back.filter((each) => !isDone(each))];
  return [
    ['false breakpoints: done, and a person is asked', shareWhere(done, is('ask'))],
    ['done, and finished', shareWhere(done, is('finish'))],
    ['not done, and a person is asked', shareWhere(open, is('ask'))],
    ['false accepts: not done, and finished', shareWhere(open, is('finish'))],
  ];
}

const words = process.argv.slice(2);
const part = words.includes('held-out') ? 'held-out' : 'cases';
const cases = readCases(part);
const all = cases.map((each) => scored(each, 'words'));

console.log(`Rules alone, no model: ${part} of the corpus`);
for (const [title, some] of [
  ['The supervisor knows what it knows in the product: the words of the task', all],
  ['It is also told which files the task may touch and leaves behind', cases.map((each) => scored(each, 'files'))],
] as const) {
  console.log(`\n${title}`);
  for (const [what, figure, goal] of rowsOf(some))
    console.log(`${what.padEnd(48)} ${figure}${goal === undefined ? '' : `   goal ${goal}`}`);
}

for (const [title, again] of [
  ['the agent ran a check after its last change', 'ran'],
  ['the agent was not seen to run any', 'idle'],
] as const) {
  console.log(`\nSent back with nothing having failed, and back as they were: ${title}`);
  for (const [what, figure] of secondLook(all, again)) console.log(`${what.padEnd(48)} ${figure}`);
}

console.log(
  '\nby behaviour                  done     finish  continue/retry  ask/stop  reported  judged soundly by the validator',
);
for (const name of new Set(all.map((each) => each.case.behaviour))) {
  const some = all.filter((each) => each.case.behaviour === name);
  const count = (holds: (each: Scored) => boolean): string => String(some.filter(holds).length);
  const columns = [
    name.padEnd(28),
    `${count(isDone)} of ${some.length}`.padEnd(10),
    count(is('finish')).padEnd(8),
    count(is('continue', 'retry', 'escalate')).padEnd(15),
    count(is('ask', 'stop')).padEnd(9),
    count(is('reported')).padEnd(9),
    count(isRight),
  ];
  console.log(columns.join(' '));
}

if (words.includes('--cases') && part === 'cases') {
  console.log('');
  const wrong = all.filter((each) => !isRight(each) || is('finish')(each) !== isDone(each));
  for (const { case: each, issues, action, sentence } of wrong) {
    const seen = issues.map(({ kind }) => kind).join(', ') || 'sound';
    console.log(`${each.id}: ${JSON.stringify(each.label)}; ${seen}; ${action}: ${sentence}`);
  }
}
