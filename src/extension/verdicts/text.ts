/** How a session's turns were judged, as a document. What gates printed and agents said is cleaned, and indented as data. */
import * as l10n from '@vscode/l10n';
import { oneLine, printable } from '../../core/printable.ts';
import type { EvidenceView, JudgementView, SupervisionView } from '../../protocol/supervision-views.ts';

const line = 400;

/** The whole document: how far the work is proven, what the gates say, and every judged turn with its factors, the latest first. */
export function verdictsText(view: SupervisionView): string {
  const { level, gates, standing, proof, judgements, approval, tree } = view;
  const facts = [
    oneLine(standing, line),
    '',
    `${l10n.t('Autonomy')}: ${level ?? l10n.t('nobody judges')}`,
    `${l10n.t('Gates')}: ${gates.map(({ command }) => oneLine(command.join(' '), 200)).join('; ') || l10n.t('none')}`,
    ...(approval === undefined ? [] : [`${l10n.t('Accepted')}: ${oneLine(approval.by, 80)}, ${approval.at}`]),
    ...proof.flatMap((each) => evidenceLines(each, each.tree !== tree)),
  ];
  const turns = [...judgements].sort((a, b) => b.turn - a.turn).flatMap((each) => ['', ...turnLines(each)]);
  return `${[...facts, ...turns].join('\n')}\n`;
}

function turnLines({ turn, decision, issues, review, evidence, word }: JudgementView): string[] {
  const head =
    decision === undefined ? l10n.t('is being judged') : `${decision.action}: ${oneLine(decision.sentence, line)}`;
  const factors = (decision?.factors ?? []).map(
    ({ name, weight, sentence }) =>
      `    ${weight > 0 ? '+' : ''}${weight.toFixed(1)}  ${oneLine(name, 60)}: ${oneLine(sentence, line)}`,
  );
  const score = decision === undefined ? [] : [scoreLine(decision.score, decision.calibrated)];
  return [
    `${l10n.t('Turn {0}', turn)}  ${head}`,
    ...(decision === undefined ? issues.map(({ sentence }) => `    ${oneLine(sentence, line)}`) : factors),
    ...score,
    ...(review?.failure === undefined ? [] : [`    ${l10n.t('No review')}: ${oneLine(review.failure, line)}`]),
    ...(review?.prompt === undefined ? [] : [`    ${l10n.t('The model was asked')}: ${oneLine(review.prompt, line)}`]),
    ...(word?.good === undefined
      ? []
      : [`    ${word.good ? l10n.t('A person said: good') : l10n.t('A person said: not good')}`]),
    ...evidence.flatMap((each) => evidenceLines(each, false)),
  ];
}

function scoreLine(score: number, calibrated: number): string {
  return `    ${l10n.t('score {0}, worth {1} by earlier verdicts', score.toFixed(2), calibrated.toFixed(2))}`;
}

function evidenceLines({ passed, code, command, tree, tail = '', output }: EvidenceView, stale: boolean): string[] {
  const how = passed ? l10n.t('passed') : code === null ? l10n.t('did not end') : l10n.t('failed ({0})', code);
  const about = stale ? `, ${l10n.t('of other files')}` : '';
  const head = `    ${how}: ${oneLine(command.join(' '), 200)}  (${tree.slice(0, 12)}${about})`;
  if (passed || tail === '') return [head];
  return [
    head,
    ...printable(tail)
      .split('\n')
      .map((each) => `        ${each}`),
    `        ${oneLine(output, line)}`,
  ];
}
