import { gateDue, toolDue, turnEndDue, turnStartDue, wishDue } from '../checkpoint/due.ts';
import type { Due } from '../checkpoint/state.ts';
import { judgingDue, verifyingDue, type JudgeStep } from '../supervision/due.ts';
import { commitDue } from './commit.ts';
import { isOverMistake, putOffDue, type PutOffStep } from './put-off.ts';
import { revivalDue, type RevivalStep } from './revival.ts';
import { endMeetDue, isHeld, promptMeetDue, turnMeetDue, type MeetStep } from '../supervision/holds.ts';
import { reserveDue, type ReserveStep } from '../supervision/levels.ts';
import { isLive, openBreakpoints } from './status.ts';
import type { Session } from './state.ts';

/** What the engine has to do next for a session. Everything is decided from the journalled state, so a restarted engine goes on where the last one stopped. */
export type Step =
  | { readonly do: 'wait'; readonly for: 'admission' | 'agent' | 'person' | 'pause' | 'proof' | 'work' }
  | { readonly do: 'prepare' }
  | { readonly do: 'checkpoint'; readonly due: Due }
  | { readonly do: 'commit'; readonly turn: number }
  | { readonly do: 'restore' }
  | { readonly do: 'start'; readonly prompt: number }
  | { readonly do: 'feed'; readonly prompt: number }
  | { readonly do: 'answer'; readonly breakpoint: string }
  | { readonly do: 'interrupt' }
  | { readonly do: 'close' }
  | { readonly do: 'stop'; readonly reason: string }
  | JudgeStep
  | MeetStep
  | ReserveStep
  | RevivalStep
  | PutOffStep
  | { readonly do: 'settle' };

/** What only the engine's memory knows about a live run. */
export interface Live {
  /** The agent takes input while it runs. */
  readonly duplex: boolean;
  /** The agent can be steered in mid-turn. */
  readonly steerable: boolean;
  /** Background jobs of the agent that are still at work. */
  readonly background: number;
  /** Each turn's change becomes a commit of its own. */
  readonly commits?: boolean;
  /** Breakpoints are set that may hold the session. */
  readonly armed?: boolean;
  /** Levels above the session are limited. */
  readonly budgeted?: boolean;
  /** The time is over until which the model's service has put the session off. */
  readonly over?: boolean;
  /** How often in a row an agent is started again that something outside has ended. */
  readonly restarts?: number | undefined;
}

/** The next step. Pure and total: the same state always gives the same step. */
export function nextStep(session: Session, live: Live): Step {
  if (session.restoring !== undefined && !isLive(session)) return beforeRestore(session);
  const wish = wishDue(session, live.duplex);
  if (wish !== undefined) return { do: 'checkpoint', due: wish };
  if (session.admission === 'idle')
    return (isLive(session) ? undefined : onceSeen(session, verifyingDue(session))) ?? { do: 'wait', for: 'work' };
  if (session.admission === 'waiting') {
    return session.cancelling === undefined ? { do: 'wait', for: 'admission' } : { do: 'settle' };
  }
  return isLive(session) ? whileLive(session, live) : whileStill(session, live);
}

function whileLive(session: Session, live: Live): Step {
  if (session.run?.state === 'unknown') return { do: 'wait', for: 'proof' };
  if (session.cancelling !== undefined) return { do: 'stop', reason: session.cancelling.reason };
  const due = toolDue(session);
  if (due !== undefined) return { do: 'checkpoint', due };
  if (live.duplex) return inDialogue(session, live);
  return session.interrupting === true ? { do: 'stop', reason: 'interrupt' } : { do: 'wait', for: 'agent' };
}

/** What to write to an agent that takes input while it runs. */
function inDialogue(session: Session, live: Live): Step {
  const due = turnEndDue(session);
  if (due !== undefined) return { do: 'checkpoint', due };
  const answered = session.breakpoints.find((each) => each.answer !== undefined && each.written !== true);
  if (answered !== undefined) return { do: 'answer', breakpoint: answered.id };
  if (session.interrupting === true && session.turn !== undefined) return { do: 'interrupt' };
  if (session.restoring !== undefined) return giveWay(session);
  return (
    (isBusy(session) ? undefined : stopped(session, live)) ?? feeding(session, live) ?? withoutPrompt(session, live)
  );
}

/** The way to the next prompt of a live agent. */
function feeding(session: Session, live: Live): Step | undefined {
  const prompt = feedable(session, live);
  if (prompt === undefined) return undefined;
  if (isOtherwise(session)) return live.background > 0 ? { do: 'wait', for: 'agent' } : { do: 'close' };
  return beforePrompt(session, live, prompt) ?? onceKept(session, live, { do: 'feed', prompt });
}

/** Between turns, and another model is to be used than the one that the agent runs with: it is started again. */
function isOtherwise({ turn, run, stronger }: Session): boolean {
  return turn === undefined && run?.stronger !== stronger;
}

/** What comes when a live agent is to be given nothing. */
function withoutPrompt(session: Session, live: Live): Step {
  if (openBreakpoints(session).length > 0) return { do: 'wait', for: 'person' };
  return isBusy(session) || live.background > 0 || session.run?.closing === true
    ? { do: 'wait', for: 'agent' }
    : (onceSeen(session, judgingDue(session)) ?? { do: 'close' });
}

/** A prompt is on its way or being worked on. */
function isBusy(session: Session): boolean {
  return session.turn !== undefined || session.prompts.some((prompt) => prompt.state === 'written');
}

/** The prompt that may be written: the next one between turns, a steering one at any time, never two at once; none once a person takes over. */
function feedable(session: Session, live: Live): number | undefined {
  const { run, prompts, interrupting } = session;
  if (run?.closing === true || interrupting === true || prompts.some(({ state }) => state === 'written'))
    return undefined;
  const waiting = session.prompts.find((prompt) => prompt.state === 'waiting');
  if (waiting === undefined) return undefined;
  return session.turn === undefined || (waiting.steer && live.steerable) ? waiting.n : undefined;
}

function whileStill(session: Session, live: Live): Step {
  const due = turnEndDue(session);
  if (due !== undefined) return { do: 'checkpoint', due };
  if (session.cancelling !== undefined) return { do: 'settle' };
  const waiting = session.prompts.find((prompt) => prompt.state === 'waiting');
  if (session.interrupting === true) return { do: 'settle' };
  if (session.pausedUntil !== undefined)
    return live.over === true || isOverMistake(session) ? { do: 'go-on' } : { do: 'wait', for: 'pause' };
  const stop = stopped(session, live);
  if (stop !== undefined) return stop;
  if (waiting === undefined)
    return revivalDue(session, live.restarts) ?? putOffDue(session) ?? judgedOrOver(session, live);
  return beginning(session, live, waiting.n);
}

/** The last turn is judged, then the work is over. */
function judgedOrOver(session: Session, live: Live): Step {
  return onceSeen(session, judgingDue(session)) ?? afterJudging(session, live);
}

/** The way to the start of an agent with a prompt. */
function beginning(session: Session, live: Live, prompt: number): Step {
  if (!session.holding || session.setUpDue === true) return { do: 'prepare' };
  if (openBreakpoints(session).length > 0) return { do: 'wait', for: 'person' };
  return beforePrompt(session, live, prompt) ?? onceKept(session, live, { do: 'start', prompt });
}

/** What people wanted looked at before a prompt is given: their breakpoints, and what it will cost. */
function beforePrompt(session: Session, live: Live, prompt: number): Step | undefined {
  return promptMeetDue(session, live.armed, prompt) ?? reserveDue(session, live.budgeted, prompt);
}

/** Between turns a person's breakpoints come before everything else. */
function stopped(session: Session, live: Live): Step | undefined {
  return isHeld(session) ? { do: 'wait', for: 'person' } : turnMeetDue(session, live.armed);
}

/** A decision that is a person's is waited for; else the work is over. */
function afterJudging(session: Session, { armed }: Live): Step {
  return openBreakpoints(session).some(({ kind }) => kind === 'decision')
    ? { do: 'wait', for: 'person' }
    : (endMeetDue(session, armed) ?? { do: 'settle' });
}

/** The step that begins a turn, or the commit or the checkpoint that has to come before it. */
function onceKept(session: Session, live: Live, step: Extract<Step, { prompt: number }>): Step {
  const turn = live.commits === true && live.background === 0 ? commitDue(session) : undefined;
  if (turn !== undefined) return { do: 'commit', turn };
  const due = turnStartDue(session, step.prompt);
  return due === undefined ? step : { do: 'checkpoint', due };
}

/** The step of judging, or the checkpoint of what a gate is about to be asked about. */
function onceSeen(session: Session, step: JudgeStep | undefined): Step | undefined {
  const due = step === undefined ? undefined : gateDue(session, step);
  return due === undefined ? step : { do: 'checkpoint', due };
}

/** What the last turn left is kept as its end before any of it is taken back. */
function beforeRestore(session: Session): Step {
  const due = turnEndDue(session);
  return due === undefined ? { do: 'restore' } : { do: 'checkpoint', due };
}

/** The agent is given nothing more: its files are about to change under it. */
function giveWay(session: Session): Step {
  return session.run?.closing === true || isBusy(session) ? { do: 'wait', for: 'agent' } : { do: 'close' };
}
