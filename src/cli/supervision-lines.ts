import type { EvidenceView, JudgementView, ReportView, SupervisionView } from '../protocol/supervision-views.ts';
import { oneLine } from '../core/printable.ts';
import type { Paint } from './paint.ts';
import { Text, text } from './text.ts';

const shownTail = 30;

type ReviewView = NonNullable<JudgementView['review']>;

/** Turns that are shown without being asked for all. */
const latest = 3;

/** What is known of the judging of a session: how far its work is proven, what gates said, and the latest verdicts with their factors. */
export function supervisionLines(view: SupervisionView, paint: Paint, all = false): Text[] {
  const { level, gates, review, judgements, approval } = view;
  if (level === undefined && judgements.length === 0 && view.proof.length === 0) return [];
  const turns = all ? judgements : judgements.slice(-latest);
  const judges = [
    gates.length === 1 ? '1 gate' : `${gates.length} gates`,
    ...(review ? ['a review by the local model'] : []),
  ].join(', ');
  return [
    text`${paint.dim('autonomy:   ')}${level ?? 'nobody judges'} (${judges})`,
    text`${paint.dim('standing:   ')}${oneLine(view.standing, 600)}`,
    ...(approval === undefined || approval.current
      ? []
      : [text`${paint.dim('accepted:   ')}${paint.yellow(`by ${approval.by}, for other files than there are`)}`]),
    ...view.proof.flatMap((each) => evidenceLines(each, paint, each.tree !== view.tree)),
    ...turns.flatMap((each) => judgementLines(each, paint)),
  ];
}

/** What one gate said, and about which tree; the end of its output when it said no. */
export function evidenceLines(evidence: EvidenceView, paint: Paint, stale = false): Text[] {
  const { passed, code, command, tree, ms, tail = '', output } = evidence;
  const mark = passed ? paint.green('passed') : paint.red(code === null ? 'did not end' : `failed (${code})`);
  const about = stale ? paint.yellow(', of other files') : '';
  const head = text`  ${mark}  ${oneLine(command.join(' '), 200)}  ${paint.dim(`tree ${tree.slice(0, 12)}, ${(ms / 1000).toFixed(1)} s`)}${about}`;
  if (passed || tail === '') return [head];
  const lines = tail.split('\n').slice(-shownTail).join('\n');
  return [head, Text.of(lines).indent(6), paint.dim(text`      all of it: ${output}`)];
}

function judgementLines(judgement: JudgementView, paint: Paint): Text[] {
  const { turn, decision, issues, review, word } = judgement;
  const head = decision === undefined ? 'is being judged' : `${decision.action}: ${decision.sentence}`;
  return [
    text`${paint.bold(`turn ${turn}`)}  ${oneLine(head, 800)}`,
    ...(decision === undefined
      ? issues.map(({ sentence }) => text`    ! ${oneLine(sentence, 300)}`)
      : decision.factors.map(
          ({ name, weight, sentence }) =>
            text`    ${weight > 0 ? paint.green(signed(weight)) : weight < 0 ? paint.red(signed(weight)) : paint.dim(signed(weight))} ${oneLine(name, 60)}: ${oneLine(sentence, 300)}`,
        )),
    ...(decision === undefined
      ? []
      : [
          paint.dim(
            `    score ${decision.score.toFixed(2)}, worth ${decision.calibrated.toFixed(2)} by earlier verdicts`,
          ),
        ]),
    ...(review?.failure === undefined ? [] : [paint.yellow(text`    no review: ${oneLine(review.failure, 300)}`)]),
    ...(review?.prompt === undefined ? [] : [paint.dim(text`    the model was asked: ${review.prompt}`)]),
    ...(review?.tokens === undefined ? [] : [paint.dim(`    ${tokensText(review.tokens)}`)]),
    ...(word?.good === undefined ? [] : [paint.dim(`    a person said: ${word.good ? 'good' : 'not good'}`)]),
  ];
}

const methods = {
  usual: 'by the usual line',
  calibrated: 'by a line through earlier counts',
  tokenizer: 'by its own vocabulary',
};

/** `3214 tokens as the server counted, 3201 expected by its own vocabulary and 12 counts`. */
function tokensText({ expected, counted, method, samples }: NonNullable<ReviewView['tokens']>): string {
  const said = counted === undefined ? '' : `${counted} tokens as the server counted, `;
  return `${said}${expected} expected ${methods[method]} (${samples === 1 ? '1 count' : `${samples} counts`} before)`;
}

function signed(weight: number): string {
  return `${weight > 0 ? '+' : ''}${weight.toFixed(1)}`;
}

type ShareView = ReportView['falseAccepts'];

/** `3 of 40 (7.5 %, 95 %: 2.6 to 19.9 %)`; without cases only that there are none. */
export function shareText({ hits, count, share, low, high }: ShareView): string {
  if (share === undefined) return 'no cases yet';
  const percent = (value: number): string => (value * 100).toFixed(1);
  return `${hits} of ${count} (${percent(share)} %, 95 %: ${percent(low)} to ${percent(high)} %)`;
}

function correlationText(correlation: ReportView['correlation']): string {
  if (correlation === undefined) return 'too few cases';
  const { value, low, high } = correlation;
  return `${value.toFixed(2)} (95 %: ${low.toFixed(2)} to ${high.toFixed(2)})`;
}

function goalText(goal: string, says: ReportView['goals']['correlation']['says']): string {
  const told = { met: 'is reached', missed: 'is missed', 'too-few': 'cannot be told from so few' };
  return `the goal, ${goal}, ${told[says]}`;
}

type TimeView = ReportView['times'][number];

const timed: Readonly<Record<TimeView['what'], string>> = {
  review: 'an answer of the model',
  agent: 'a turn of the agent',
  loop: 'a turn until it is decided on',
  own: 'the same without the agent',
};

/** `a turn of the agent: 95 % within 12.3 s, of 48; the goal, under 30 s, is reached`. */
function timeText({ what, count, p95Ms, goalMs, says }: TimeView): string {
  if (p95Ms === undefined) return `${timed[what]}: no cases yet`;
  const took = `${timed[what]}: 95 % within ${(p95Ms / 1000).toFixed(1)} s, of ${count}`;
  return goalMs === undefined || says === undefined ? took : `${took}; ${goalText(`under ${goalMs / 1000} s`, says)}`;
}

/** The report over a repository's record, with the number of cases behind every figure. */
export function reportLines(report: ReportView, paint: Paint): Text[] {
  const { cases, bins, correlation, calibrationError, goals } = report;
  const filled = bins.filter(({ count }) => count > 0);
  return [
    paint.bold(`${cases} turns of which a person said whether they were good`),
    text`  let through and not good: ${shareText(report.falseAccepts)}`,
    text`  asked and unnecessary:    ${shareText(report.falseBreakpoints)}; ${goalText('under 5 %', goals.falseBreakpoints.says)}`,
    text`  distance between score and share of good turns: ${calibrationError?.toFixed(3) ?? 'no cases yet'}`,
    text`  correlation of score and good: ${correlationText(correlation)}; ${goalText('over 0.8', goals.correlation.says)}`,
    ...report.times.map((each) => text`  ${timeText(each)}`),
    ...filled.map(
      (bin) =>
        text`  score ${bin.from.toFixed(1)} to ${bin.to.toFixed(1)}: good ${shareText(bin.good)}, worth ${bin.worth.toFixed(2)}`,
    ),
  ];
}
