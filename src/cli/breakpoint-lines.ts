import type { BreakpointView, SessionDetail } from '../protocol/schemas.ts';
import type { Paint } from './paint.ts';
import { oneLine } from '../core/printable.ts';
import { Text, text } from './text.ts';

/** Long evidence is cut on the screen; `session show --json` has all of it. */
const detailLimit = 4000;

/** What a session waits for, with the evidence. */
export function breakpointLines(breakpoint: BreakpointView, paint: Paint): Text[] {
  const { detail } = breakpoint;
  const shown = detail.length > detailLimit ? `${detail.slice(0, detailLimit)}\n…` : detail;
  return [
    paint.yellow(paint.bold(text`? ${oneLine(breakpoint.title, 200)}`)),
    ...(breakpoint.why === undefined ? [] : [paint.dim(text`    ${oneLine(breakpoint.why, 400)}`)]),
    ...(breakpoint.findings ?? []).map((finding) => findingLine(finding, paint)),
    ...(shown.trim() === '' || shown.trim() === breakpoint.title.trim() ? [] : [Text.of(shown.trim()).indent(4)]),
    ...(breakpoint.questions ?? []).flatMap((question, i) => questionLines(question, i + 1, paint)),
    ...(breakpoint.secrets === undefined ? [] : [text`    missing: ${breakpoint.secrets.join(', ')}`]),
  ];
}

/** What is dangerous about an operation; what only a person may let pass stands out. */
export function findingLine(finding: NonNullable<BreakpointView['findings']>[number], { red, yellow }: Paint): Text {
  const words = text`    ! ${finding.severity}: ${oneLine(finding.sentence, 400)}`;
  return finding.severity === 'critical' ? red(words) : yellow(words);
}

type Question = NonNullable<BreakpointView['questions']>[number];

function questionLines(question: Question, n: number, { bold, dim }: Paint): Text[] {
  const several = question.multiSelect ? ' (several may be chosen)' : '';
  return [
    text`  ${n}. ${bold(oneLine(question.question, 400))}${several}`,
    ...question.options.map(
      ({ label, description = '' }, i) =>
        text`     ${i + 1}) ${oneLine(label, 200)}${dim(description === '' ? '' : `  ${oneLine(description, 300)}`)}`,
    ),
  ];
}

/** How to answer from a shell. */
export function howToAnswer(detail: SessionDetail, breakpoint: BreakpointView): string[] {
  const command = `coppice session answer ${detail.id}`;
  switch (breakpoint.kind) {
    case 'permission':
    case 'plan':
      return [`${command} --allow`, `${command} --deny "<reason>"`];
    case 'question':
      return [`${command} --answer "<question or its number>=<choice>"`];
    case 'decision':
      return howToDecide(command, breakpoint);
    case 'credential':
      return [`${command} --allow    (with ${breakpoint.secrets?.join(', ') ?? 'the secret'} set in the environment)`];
  }
}

function howToDecide(command: string, { about = {} }: BreakpointView): string[] {
  if (about.limit === true)
    return [`${command} --allow    (raises the limit)`, `${command} --abort`, `${command} --hand-over`];
  if (about.lost !== undefined) {
    const kept = `${command} --allow    (they are meant to go)`;
    return [`${command} --put-back`, kept, `${command} --deny "<what is to be done>"`, `${command} --hand-over`];
  }
  const yes = about.hold === true ? 'goes on' : 'it is as it should be';
  const no = about.prompt === undefined ? '<what is to be done>' : '<another prompt>';
  return [`${command} --allow    (${yes})`, `${command} --deny "${no}"`, `${command} --hand-over`];
}
