/** What people may ask of supervision: to have work checked, to accept it, to be asked more or less, to answer its questions. */
import type { Answer } from '../agent/events.ts';
import { isAboutLoss } from '../checkpoint/loss.ts';
import { defined } from '../defined.ts';
import type { NewEvent } from '../domain.ts';
import { CoppiceError, type Way } from '../errors.ts';
import { event } from '../events.ts';
import { requireStill } from '../landing/commands.ts';
import { oneLine } from '../printable.ts';
import { queues } from '../session/mode.ts';
import { statusOf } from '../session/status.ts';
import type { Breakpoint, DecisionAbout, Session } from '../session/state.ts';
import type { AutonomyLevel } from './decision.ts';
import { isVerified } from './due.ts';
import { isNeverRemembered } from './finding.ts';
import type { QualityGate } from './gate.ts';
import { toolUse, worktreeSeen, type ToolUse } from './moments.ts';
import { isGranted } from './stops.ts';

/** Has work at rest checked by the gates. Asked for while that is under way, it is that. @throws CoppiceError `wrong-state` */
export function requestVerification(session: Session, gates: readonly QualityGate[], by: string): readonly NewEvent[] {
  requireStill(session);
  if (session.verifying !== undefined) return [];
  if (gates.length === 0) {
    throw refusal(
      session,
      'cannot be checked: no gates are set',
      'Set `supervision.gates` to commands that judge, e.g. to those that the repository offers.',
      'find-gates',
    );
  }
  return [event('verification.requested', { session: session.id, gates, by })];
}

/** Ends a check that is under way, whoever asked for it; what gates have said by then stands. Nothing where none is. */
export function stopVerification({ id, verifying }: Session, by: string): readonly NewEvent[] {
  return verifying === undefined ? [] : [event('verification.ended', { session: id, why: `stopped by ${by}` })];
}

/**
 * A person accepts the work as it is, with the tree `tree`. Where gates are in force and have not passed on that very tree it takes
 * `unverified`, which stays on record.
 *
 * @throws CoppiceError `wrong-state`
 */
export function approve(session: Session, tree: string, by: string, unverified: boolean): readonly NewEvent[] {
  requireStill(session);
  if (session.result?.outcome !== 'reported') {
    const how = session.result?.outcome ?? 'not done';
    throw refusal(session, `is ${how}: there is nothing to accept`, 'Give it another prompt.', 'continue');
  }
  const verified = isVerified({ ...session, seen: tree });
  if (!verified && !unverified && (session.supervision?.gates.length ?? 0) > 0) {
    throw refusal(
      session,
      'has no proof for its files as they are',
      'Have it verified, or accept it without proof.',
      'accept-unverified',
    );
  }
  const { id, promptCount: prompts, judgement } = session;
  return [
    event('session.approved', { session: id, tree, prompts, by, ...(verified ? {} : { unverified: true }) }),
    ...(judgement === undefined
      ? []
      : [event('turn.commented', { session: id, turn: judgement.turn, word: { good: true } })]),
  ];
}

/**
 * Somebody asks for a person's help with a session at work: it is held, its agent interrupted, until that person has answered. What
 * was asked before and is open still is not asked twice.
 *
 * @throws CoppiceError `wrong-state`
 */
export function requestHelp(session: Session, help: Help): readonly NewEvent[] {
  if (session.admission !== 'admitted' || session.cancelling !== undefined) {
    throw refusal(session, `is ${statusOf(session)}`, 'Give it a prompt.', 'continue');
  }
  return helpAsked(session, help, session.turn !== undefined);
}

interface Help {
  readonly id: string;
  readonly question: string;
  readonly detail: string;
  readonly by: string;
}

/** `stopped`: a turn is under way and is interrupted for it. */
function helpAsked(session: Session, help: Help, stopped: boolean): readonly NewEvent[] {
  // What is said beside the question stands in paragraphs of its own, below a heading perhaps.
  const question = help.question.split('\n\n').find((each) => !each.startsWith('#')) ?? help.question;
  const title = oneLine(`Help: ${question}`, 200);
  const open = session.breakpoints.some((each) => each.title === title && each.answer === undefined);
  if (open) return [];
  const why = `${help.by} asks for help.`;
  return [
    event('breakpoint.raised', {
      ...{ session: session.id, breakpoint: help.id, kind: 'decision', title, detail: help.detail, why },
      about: { hold: true, ...(stopped ? { stopped } : {}) },
    }),
    ...(stopped && session.interrupting !== true ? [event('session.interrupting', { session: session.id })] : []),
  ];
}

/** The end of a turn at which the agent asks for help: in the same step, so that nothing comes between the two. */
export function withHelp(session: Session, ended: readonly NewEvent[], help: Help): readonly NewEvent[] {
  const over = ended.some(({ type }) => type === 'turn.ended');
  if (!over || session.admission !== 'admitted' || session.cancelling !== undefined) return ended;
  return [...ended, ...helpAsked(session, help, false)];
}

/** Changes how much happens without a person, from the next step on. @throws CoppiceError `wrong-state` where people sit at the keyboard. */
export function changeLevel(session: Session, level: AutonomyLevel): readonly NewEvent[] {
  if (!queues(session.mode)) {
    throw refusal(session, `is ${session.mode}: a person leads it`, 'Levels are for sessions that work unattended.');
  }
  return session.supervision?.level === level ? [] : [event('autonomy.changed', { session: session.id, level })];
}

/**
 * What a person's answer to a decision means: let it through (or raise the limit), another prompt with what is to be done, the
 * end as it stands for a person to go on.
 *
 * @throws CoppiceError `bad-usage` when it is rejected without a word on what is to be done.
 */
export function decisionAnswered(
  session: Session,
  { id: breakpoint, about = {} }: Breakpoint,
  given: Answer,
  by: string,
): readonly NewEvent[] {
  if (given.choice === 'put-back') return putBack(session, breakpoint, about);
  if (about.hold === true) return holdAnswered(session, about, given, by);
  const { id } = session;
  const { turn } = about;
  const said = (good: boolean): NewEvent[] =>
    turn === undefined ? [] : [event('turn.commented', { session: id, turn, word: { good } })];
  switch (given.choice) {
    case 'allow':
      return about.limit === true ? [event('budget.raised', { session: id })] : said(true);
    case 'deny':
    case 'answer': {
      return [...said(false), nextPrompt(session, wordsOf(given))];
    }
    case 'hand-over':
      return [event('session.interrupting', { session: id })];
    case 'abort':
      return [];
  }
}

/** Files that are gone come back by a rollback of nothing else; the work then goes on from there. */
function putBack(session: Session, breakpoint: string, { lost, turn }: DecisionAbout): readonly NewEvent[] {
  if (lost === undefined) {
    throw new CoppiceError(
      'bad-usage',
      'No files are gone in this decision.',
      'Allow it, deny it, hand it over, or abort.',
    );
  }
  if (session.restoring !== undefined) {
    throw refusal(session, 'is being rolled back already', 'Wait for the end of it.');
  }
  const { gone, of, to } = lost;
  const request = { id: breakpoint, to, gone: true, lost: { gone, of, ...defined({ turn }) } };
  return [event('restore.requested', { session: session.id, request })];
}

/** What a person's answer to a breakpoint means: go on, with other words if some are given, or take over. */
function holdAnswered(session: Session, about: DecisionAbout, given: Answer, by: string): readonly NewEvent[] {
  const { id } = session;
  switch (given.choice) {
    case 'allow':
      if (about.budget !== undefined) {
        return [event('budget.extended', { session: id, budget: about.budget, above: about.above ?? {}, by })];
      }
      return about.stopped === true ? [nextPrompt(session, 'Go on with what you were doing.')] : [];
    case 'deny':
    case 'answer': {
      const text = wordsOf(given);
      return about.prompt === undefined
        ? [
            ...leftUncommitted(session, about),
            about.lost === undefined ? nextPrompt(session, text) : first(session, text),
          ]
        : [event('prompt.edited', { session: id, prompt: about.prompt, text })];
    }
    case 'hand-over':
      return [...leftUncommitted(session, about), event('session.interrupting', { session: id })];
    case 'put-back':
    case 'abort':
      return [];
  }
}

/** A loss that nobody has said is meant makes no commit of its turn: what a later turn, or a person, makes of it does. */
function leftUncommitted({ id, lastTurn, committed }: Session, { lost, turn }: DecisionAbout): readonly NewEvent[] {
  if (lost === undefined || turn === undefined) return [];
  const last = Math.max(turn, lastTurn?.n ?? 0, committed?.turn ?? 0);
  return [event('turn.committed', { session: id, turn: last })];
}

/** What is to be done comes before what waits: a turn that knows nothing of it would be committed with the loss. */
function first(session: Session, text: string): NewEvent {
  const waiting = session.prompts.find(({ state }) => state === 'waiting');
  return waiting === undefined
    ? nextPrompt(session, text)
    : event('prompt.edited', { session: session.id, prompt: waiting.n, text: `${text}\n\n${waiting.text}` });
}

function nextPrompt({ id, promptCount }: Session, text: string): NewEvent {
  return event('prompt.added', { session: id, prompt: promptCount + 1, text, steer: false });
}

function wordsOf(given: Answer): string {
  const text = given.reason?.trim() ?? '';
  if (text !== '') return text;
  throw new CoppiceError(
    'bad-usage',
    'It is not said what is to be done.',
    'Reject it with a reason: that is the prompt. Or hand it over, or abort it.',
  );
}

/** Questions of the engine that a person's prompt has answered by moving the session on; it does not say what becomes of lost files. */
export function overtaken(session: Session): readonly NewEvent[] {
  return session.breakpoints
    .filter((each) => each.kind === 'decision' && each.answer === undefined && !isAboutLoss(each))
    .map(({ id }) => event('breakpoint.closed', { session: session.id, breakpoint: id, why: 'withdrawn' }));
}

/**
 * A permission that holds for what is like it. What is dangerous is never remembered, and without a command or a path there is
 * nothing that could be like it.
 *
 * @throws CoppiceError `bad-usage`
 */
export function remembered(
  session: Session,
  asked: Breakpoint,
  given: Answer,
  by: string,
  id: string,
): readonly NewEvent[] {
  const { remember } = given;
  if (remember === undefined) return [];
  if (asked.kind !== 'permission' || given.choice !== 'allow') throw once('Only a permission can be remembered.');
  if (isNeverRemembered(asked.findings ?? [])) throw once('What is dangerous is never remembered.');
  const use = usedIn(session, asked);
  const { tool } = use;
  const pattern = remember.pattern ?? use.command ?? use.paths[0] ?? '';
  if (pattern === '') throw once('It has neither a command nor a path to remember.');
  const grant = { grant: id, repository: session.repository.id, tool, pattern, by };
  if (!isGranted({ id, ...grant, at: 0 }, { session: session.id, ...use })) {
    throw once(`\`${pattern}\` does not match what was asked for.`);
  }
  return [event('grant.given', { ...grant, ...(remember.scope === 'session' ? { only: session.id } : {}) })];
}

function usedIn(session: Session, { request }: Breakpoint): ToolUse {
  return toolUse(request?.tool ?? '', request?.input ?? {}, worktreeSeen(session));
}

function once(what: string): CoppiceError {
  return new CoppiceError('bad-usage', what, 'Allow it for this once.');
}

function refusal({ id }: Session, what: string, next: string, way?: Way): CoppiceError {
  return new CoppiceError('wrong-state', `Session ${id} ${what}.`, next, { context: { session: id }, way });
}
