import type { JudgeStep } from '../supervision/due.ts';
import { isLive, openBreakpoints } from '../session/status.ts';
import type { Session } from '../session/state.ts';
import type { Checkpoint, Due, ToolMark } from './state.ts';

/** The end of a turn that is not kept yet. Only between turns: what an agent is writing is nobody's state. */
export function turnEndDue(session: Session): Due | undefined {
  const { turn, lastTurn, holding, checkpoint } = session;
  if (!holding || checkpoint === undefined || turn !== undefined || lastTurn === undefined) return undefined;
  if (checkpoint.turn >= lastTurn.n) return undefined;
  const next = promptAtHand(session);
  return { kind: 'turn-end', turn: lastTurn.n, ...(next === undefined ? {} : { prompt: next }) };
}

/** The prompt that follows without delay: its turn begins from the very state in which the last one ended. */
function promptAtHand(session: Session): number | undefined {
  if (session.pausedUntil !== undefined || session.cancelling !== undefined || session.interrupting === true)
    return undefined;
  if (openBreakpoints(session).length > 0) return undefined;
  return session.prompts.find((prompt) => prompt.state === 'waiting')?.n;
}

/** The beginning of a prompt's turn that is not kept yet. One that cuts into a turn has no beginning of its own. */
export function turnStartDue(session: Session, prompt: number): Due | undefined {
  if (session.turn !== undefined || (session.checkpoint?.prompt ?? 0) >= prompt) return undefined;
  return { kind: 'turn-start', prompt };
}

/**
 * Tools that wait for permission, and dangerous ones that were used without asking in the turn under way, before which nothing was
 * kept yet.
 */
export function toolDue(session: Session): Extract<Due, { kind: 'tool' }> | undefined {
  const asked = session.breakpoints.filter(
    (each) => each.kind === 'permission' && each.request !== undefined && each.written !== true && each.kept !== true,
  );
  const used = (session.dangers ?? []).filter((each) => each.turn === session.turn?.n && each.kept !== true);
  if (asked.length + used.length === 0) return undefined;
  return { kind: 'tool', requests: asked.map(({ id }) => id), uses: used.map(({ use }) => use) };
}

/** The tools of a checkpoint that is due, for its record. One that asks for permission was seen before, and is told once. */
export function toolMarks(session: Session, due: Extract<Due, { kind: 'tool' }>): readonly ToolMark[] {
  const { breakpoints, dangers = [] } = session;
  const held = breakpoints.filter(({ id }) => due.requests.includes(id));
  const seen = dangers.filter(({ use, asked }) => due.uses.includes(use) && asked !== true);
  return [
    ...held.map(({ request, title }) => ({ name: request?.tool ?? title, held: true })),
    ...seen.map(({ tool }) => ({ name: tool, held: false })),
  ];
}

/** The files about which a gate is to be asked that are not kept yet; what a gate says is about a state that can be gone back to. */
export function gateDue({ checkpoint }: Session, step: JudgeStep): Due | undefined {
  if (step.do !== 'gate' || checkpoint === undefined || checkpoint.gate === step.tree) return undefined;
  return { kind: 'gate', gate: { tree: step.tree }, ...(step.turn === undefined ? {} : { turn: step.turn }) };
}

/**
 * What a person wants kept at this moment, whatever is under way. The end of a turn comes first, so that it stays one; an agent
 * that takes no input while it runs may be writing until its process is over.
 */
export function wishDue(session: Session, duplex: boolean): Due | undefined {
  const { wish, checkpoint, worktree } = session;
  if (wish === undefined || checkpoint === undefined || worktree === undefined) return undefined;
  const end = duplex || !isLive(session) ? turnEndDue(session) : undefined;
  return end ?? { kind: 'named', wish };
}

/** Whether it is a state before the turn, neither its end nor (as a wish may be) within it; the newest of those is where the turn began. */
export function isBefore(checkpoint: Pick<Checkpoint, 'turn' | 'kind'>, turn: number): boolean {
  return checkpoint.turn < turn && checkpoint.kind !== 'tool' && checkpoint.kind !== 'named';
}
