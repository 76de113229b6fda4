/** What people may ask of supervision: to have work checked, to accept it, to be asked more or less, to answer its questions. */
import type { Answer } from '../agent/events.ts';
import type { NewEvent } from '../domain.ts';
import { CoppiceError } from '../errors.ts';
import { event } from '../events.ts';
import { requireStill } from '../landing/commands.ts';
import { queues } from '../queue/policy.ts';
import type { Breakpoint, Session } from '../session/state.ts';
import type { AutonomyLevel } from './decision.ts';
import { isVerified } from './due.ts';
import type { QualityGate } from './gate.ts';

/** Has work at rest checked by the gates. Asked for while that is under way, it is that. @throws CoppiceError `wrong-state` */
export function requestVerification(session: Session, gates: readonly QualityGate[], by: string): readonly NewEvent[] {
  requireStill(session);
  if (session.verifying !== undefined) return [];
  if (gates.length === 0) {
    throw refusal(
      session,
      'cannot be checked: no gates are set',
      'Set `supervision.gates`; `coppice gates` shows what was found in the repository.',
    );
  }
  return [event('verification.requested', { session: session.id, gates, by })];
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
    throw refusal(
      session,
      `is ${how}: there is nothing to accept`,
      'Give it another prompt with `coppice session continue`.',
    );
  }
  const verified = isVerified({ ...session, seen: tree });
  if (!verified && !unverified && (session.supervision?.gates.length ?? 0) > 0) {
    throw refusal(
      session,
      'has no proof for its files as they are',
      `Run \`coppice verify ${session.id}\`, or accept it with --unverified.`,
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
export function decisionAnswered(session: Session, { about = {} }: Breakpoint, given: Answer): readonly NewEvent[] {
  const { id } = session;
  const { turn } = about;
  const said = (good: boolean): NewEvent[] =>
    turn === undefined ? [] : [event('turn.commented', { session: id, turn, word: { good } })];
  switch (given.choice) {
    case 'allow':
      return about.limit === true ? [event('budget.raised', { session: id })] : said(true);
    case 'deny':
    case 'answer': {
      const text = given.reason?.trim() ?? '';
      if (text === '') {
        throw new CoppiceError(
          'bad-usage',
          'It is not said what is to be done next.',
          'Reject it with a reason: that is the next prompt. Or hand it over, or abort it.',
        );
      }
      const prompt = session.promptCount + 1;
      return [...said(false), event('prompt.added', { session: id, prompt, text, steer: false })];
    }
    case 'hand-over':
      return [event('session.interrupting', { session: id })];
    case 'abort':
      return [];
  }
}

function refusal(session: Session, what: string, next: string): CoppiceError {
  return new CoppiceError('wrong-state', `Session ${session.id} ${what}.`, next, { context: { session: session.id } });
}
