/** What follows from a rollback that the engine began by itself. */
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
 * it could not be done. Nothing when a person asked for it, or has moved the session on meanwhile.
 *
 * @param breakpoint the id of that question.
 */
export function goOn(
  session: Session,
  { automatic }: Restoring,
  ended: Ended,
  breakpoint: string,
): readonly NewEvent[] {
  const { id, promptCount, prompts, cancelling, interrupting, admission } = session;
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

/** A sentence about files is only said of what was really done: without a state before there was nothing to do. */
function told(turn: number, { before }: Ended, prompt: string): string {
  if (before === undefined) return prompt;
  const what = `Turn ${turn} was rolled back: the files are as they were before it. What it had changed is kept as checkpoint ${before}.`;
  const commits =
    'Commits that you made are still there, but their changes are not in the files: look at them before you go on.';
  return `${what} ${commits}\n\n${prompt}`;
}
