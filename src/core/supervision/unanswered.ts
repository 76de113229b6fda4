/** Gates that never answered, because the engine that had asked them ended with them. Pure. */
import { sameCommand } from './gate.ts';

/** A gate with how often in a row it was asked in vain. */
export interface Unanswered {
  readonly command: readonly string[];
  readonly times: number;
}

/** As often as this a gate may take its engine along (C-14); then it may be the gate that does it, and a person decides. */
export const mostUnanswered = 3;

/** The list after a gate was once more asked in vain. */
export function withUnanswered(
  unanswered: readonly Unanswered[],
  command: readonly string[],
): readonly [Unanswered, ...Unanswered[]] {
  const times = timesOf(unanswered, command) + 1;
  return [{ command, times }, ...withAnswer(unanswered, command)];
}

/** The list after a gate has answered: the row of the others goes on. */
export function withAnswer(unanswered: readonly Unanswered[], command: readonly string[]): readonly Unanswered[] {
  return unanswered.filter((each) => !sameCommand(each.command, command));
}

/** Whether a gate is not asked any more by itself. */
export function isGivenUp(unanswered: readonly Unanswered[], command: readonly string[]): boolean {
  return timesOf(unanswered, command) >= mostUnanswered;
}

/** The gate that is not asked any more, as the beginning of a text for a person; undefined where there is none. */
export function givenUpSentence(unanswered: readonly Unanswered[]): string | undefined {
  const found = unanswered.find(({ command }) => isGivenUp(unanswered, command));
  if (found === undefined) return undefined;
  const name = found.command.join(' ').slice(0, 200);
  return `The gate \`${name}\` was asked ${found.times} times, and each time the engine ended before it had answered.`;
}

function timesOf(unanswered: readonly Unanswered[], command: readonly string[]): number {
  return unanswered.find((each) => sameCommand(each.command, command))?.times ?? 0;
}
