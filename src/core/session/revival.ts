/** What happens when something outside ends an agent in the midst of its turn. Pure. */
import type { NewEvent } from '../domain.ts';
import { event } from '../events.ts';
import { queues } from './mode.ts';
import type { Session } from './state.ts';

/** An agent is to be started again, or a person is to be asked, after a turn that was cut off. */
export interface RevivalStep {
  readonly do: 'revive';
  readonly turn: number;
}

/**
 * The last turn was cut off by a signal that nobody here sent; an agent that ends by itself would do it again. What is gone without
 * a trace, such as a container that was removed, may have been meant to go: then a person decides. So do people where they sit at the
 * keyboard. `most`: how often in a row an agent is started again; 0 is never.
 */
export function revivalDue(session: Session, most = 0): RevivalStep | undefined {
  const { lastTurn, run, holding, mode, turns } = session;
  if (most === 0 || !queues(mode) || !holding || lastTurn?.outcome !== 'crashed' || lastTurn.n !== turns)
    return undefined;
  return run?.signal === undefined ? undefined : { do: 'revive', turn: lastTurn.n };
}

/** What a cut off turn leads to. `resumes`: the agent knows its conversation; `id` names the question, if one is to be asked. */
export function revived(
  session: Session,
  { turn }: RevivalStep,
  { most, resumes, id }: { readonly most: number; readonly resumes: boolean; readonly id: string },
): readonly NewEvent[] {
  const how = session.run?.signal ?? 'nobody knows how';
  const times = session.revivals ?? 0;
  if (times < most) {
    const text = `Your process was ended from outside (${how}) before this turn was over. See what is done already, then go on.`;
    const whole = resumes ? text : `${text}\n\nThis is what was asked for:\n\n${session.goal}`;
    return [
      event('prompt.added', {
        ...{ session: session.id, prompt: session.promptCount + 1, text: whole },
        ...{ steer: false, revival: true },
      }),
    ];
  }
  const again = times === 1 ? 'once' : `${times} times`;
  return [
    event('breakpoint.raised', {
      ...{ session: session.id, breakpoint: id, kind: 'decision' },
      title: 'The agent is ended from outside again and again',
      detail:
        `Its process was ended (${how}) in the midst of a turn, and was started again ${again} before. ` +
        'Often memory has run out: look at what else is at work, then let it go on, or hand it over.',
      why: `It was started again ${again} without coming to the end of a turn.`,
      about: { turn, hold: true, stopped: true },
    }),
  ];
}
