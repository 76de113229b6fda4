import { CoppiceError } from '../../core/errors.ts';
import { queues } from '../../core/session/mode.ts';
import { workedMs } from '../../core/session/status.ts';
import type { Session } from '../../core/session/state.ts';
import type { Settings } from '../../core/settings/settings.ts';

/** A limit of a run: how long it is still kept, and what to say when it is not. */
export interface Limit {
  readonly name: string;
  readonly leftMs: number;
  readonly error: CoppiceError;
}

/** An agent that prints nothing at all, for ever, is not at work. `offset`: where reading of its output has got to. */
export function silence(
  session: Session,
  offset: number | undefined,
  settings: Settings,
  now: number,
): Limit | undefined {
  const { run } = session;
  if (run === undefined || offset === undefined || offset > run.offset) return undefined;
  const seconds = settings['session.startTimeoutSeconds'];
  return {
    name: 'no output',
    leftMs: seconds * 1000 - (now - run.startedAt),
    error: new CoppiceError(
      'timed-out',
      `The agent has printed nothing for ${seconds} seconds.`,
      'Run its command by hand to see what it waits for, or raise `session.startTimeoutSeconds`.',
    ),
  };
}

/** How long an unattended turn may work (S0-30): a loop that nobody watches ends. Waiting for people does not count. */
export function timeBox(session: Session, settings: Settings, now: number): Limit | undefined {
  const worked = workedMs(session, now);
  if (worked === undefined || !queues(session.mode) || session.turn?.heldSince !== undefined) return undefined;
  const seconds = settings['session.timeBoxSeconds'];
  return {
    name: 'time box',
    leftMs: seconds * 1000 - worked,
    error: new CoppiceError(
      'timed-out',
      `The turn has worked for more than ${seconds} seconds.`,
      'Its work is kept: look at it, then continue the session, or raise `session.timeBoxSeconds`.',
    ),
  };
}
