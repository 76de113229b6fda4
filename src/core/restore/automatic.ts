/** What follows from the end of a rollback that the engine began by itself, or that was to put lost files back. */
import { lossText } from '../checkpoint/loss.ts';
import { defined } from '../defined.ts';
import type { NewEvent } from '../domain.ts';
import type { ErrorRecord } from '../errors.ts';
import { event } from '../events.ts';
import type { Session } from '../session/state.ts';
import type { Restoring } from './state.ts';

/** How the rollback ended: the checkpoint of the state before, if anything had to be changed, or what broke. */
export interface Ended {
  readonly before?: number;
  readonly error?: ErrorRecord;
}

/**
 * The events that go with the end of a rollback: the prompt that says what was rolled back and why, or a question to a person when
 * it could not be done. Nothing when a person asked for it, or has moved the session on meanwhile; but lost files that could not
 * be put back are asked about whatever waits, or they would be committed.
 *
 * @param breakpoint the id of that question.
 */
export function goOn(session: Session, restoring: Restoring, ended: Ended, breakpoint: string): readonly NewEvent[] {
  const { id, promptCount, prompts, cancelling, interrupting, admission } = session;
  const { automatic, lost } = restoring;
  if (lost !== undefined && ended.error !== undefined && admission === 'admitted' && cancelling === undefined)
    return [notPutBack(id, breakpoint, restoring.to, lost, ended.error)];
  const moved = cancelling !== undefined || interrupting === true || prompts.some(({ state }) => state === 'waiting');
  if (automatic === undefined || moved || admission !== 'admitted') return [];
  if (ended.error === undefined) {
    const text = told(automatic.turn, ended, automatic.prompt);
    return [event('prompt.added', { session: id, prompt: promptCount + 1, text, steer: false, turn: automatic.turn })];
  }
  const { message, next } = ended.error;
  return [
    event('breakpoint.raised', {
      ...{ session: id, breakpoint, kind: 'decision', about: { turn: automatic.turn } },
      title: `Turn ${automatic.turn} could not be rolled back: what is to be done?`,
      detail: `${automatic.why}\n\nThe files are as the agent left them. ${message} ${next}`,
    }),
  ];
}

function notPutBack(
  session: string,
  breakpoint: string,
  to: number,
  { turn, gone, of }: NonNullable<Restoring['lost']>,
  { message, next }: ErrorRecord,
): NewEvent {
  return event('breakpoint.raised', {
    ...{ session, breakpoint, kind: 'decision' },
    title: 'The files could not be put back: what is to be done?',
    detail: `${lossText({ gone, of })} are gone; checkpoint ${to} has all of them. ${message} ${next}`,
    about: { hold: true, ...defined({ turn }), lost: { gone, of, to } },
  });
}

/** A sentence about files is only said of what was really done: without a state before there was nothing to do. */
function told(turn: number, { before }: Ended, prompt: string): string {
  if (before === undefined) return prompt;
  const what = `Turn ${turn} was rolled back: the files are as they were before it. What it had changed is kept as checkpoint ${before}.`;
  const commits =
    'Commits that you made are still there, but their changes are not in the files: look at them before you go on.';
  return `${what} ${commits}\n\n${prompt}`;
}
