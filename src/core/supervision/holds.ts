/** When breakpoints that people set hold a session between its turns. */
import type { Session } from '../session/state.ts';

/** A look at the breakpoints that is due: after a turn, before a prompt, or at the end of the work that prompt `end` began. */
export type MeetStep =
  | { readonly do: 'meet'; readonly turn: number }
  | { readonly do: 'meet'; readonly prompt: number }
  | { readonly do: 'meet'; readonly end: number };

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

/** The end of the work of a session that belongs to a stage is to be shown to them: the stage may be over with it. */
export function endMeetDue({ met, stage, promptCount }: Session, armed: boolean | undefined): MeetStep | undefined {
  return armed === true && stage !== undefined && met?.end !== promptCount
    ? { do: 'meet', end: promptCount }
    : undefined;
}

/** The other sessions of a session's stage. */
export function besideInStage({ id, parent, stage }: Session, all: readonly Session[]): readonly Session[] {
  if (parent === undefined || stage === undefined) return [];
  return all.filter((each) => each.id !== id && each.parent === parent && each.stage === stage);
}

/** Nothing more comes of it by itself: it has settled, or its end was shown to the breakpoints and nothing holds it. */
export function isThrough(session: Session): boolean {
  const { admission, met, promptCount, breakpoints } = session;
  return admission === 'idle' || (met?.end === promptCount && breakpoints.every(({ answer }) => answer !== undefined));
}
