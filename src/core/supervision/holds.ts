/** When breakpoints that people set hold a session between its turns. */
import type { Session } from '../session/state.ts';

/** A look at the breakpoints that is due: after a turn, or before a prompt. */
export type MeetStep =
  { readonly do: 'meet'; readonly turn: number } | { readonly do: 'meet'; readonly prompt: number };

/** A person has to decide before anything else happens. */
export function isHeld({ breakpoints }: Session): boolean {
  return breakpoints.some(({ about, answer }) => about?.hold === true && answer === undefined);
}

/** The last turn's end is to be shown to the breakpoints. `armed`: there are any. */
export function turnMeetDue(
  { lastTurn, turn, holding, met }: Session,
  armed: boolean | undefined,
): MeetStep | undefined {
  if (armed !== true || !holding || turn !== undefined || lastTurn === undefined) return undefined;
  return lastTurn.n > (met?.turn ?? 0) ? { do: 'meet', turn: lastTurn.n } : undefined;
}

/** The prompt is to be shown to them before it is given. */
export function promptMeetDue({ met }: Session, armed: boolean | undefined, prompt: number): MeetStep | undefined {
  return armed === true && prompt > (met?.prompt ?? 0) ? { do: 'meet', prompt } : undefined;
}
