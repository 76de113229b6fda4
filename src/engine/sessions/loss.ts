import { lossText } from '../../core/checkpoint/loss.ts';
import type { Checkpoint } from '../../core/checkpoint/state.ts';
import type { NewEvent } from '../../core/domain.ts';
import { event } from '../../core/events.ts';
import type { Place, Session } from '../../core/session/state.ts';
import type { SessionContext } from './context.ts';

const shown = 10;

/** What is weighed: the checkpoint of the files as they were, if there is one still, and the tree of the files as they are. */
interface Weighed {
  /** The last turn. */
  readonly turn: number;
  readonly before: Checkpoint | undefined;
  readonly tree: string;
  /** Whether `before` is where the turn began, or merely the last checkpoint. */
  readonly weigh: 'turn' | 'last';
}

/**
 * The question to a person when an implausibly large part of the files is gone: it holds the session before anything
 * is judged, committed or pushed. Undefined when nothing of the kind has happened.
 *
 * @throws CoppiceError `git-failed`
 */
export async function lossQuestion(
  context: SessionContext,
  session: Session,
  place: Place,
  { turn, before, tree, weigh }: Weighed,
): Promise<NewEvent | undefined> {
  if (before === undefined || before.tree === tree || session.cancelling !== undefined) return undefined;
  const lost = await context.checkpoints.lost(session, place, before.tree, tree);
  if (lost === undefined) return undefined;
  const { gone, of, paths } = lost;
  const since = weigh === 'turn' ? `turn ${turn} began` : `checkpoint ${before.n}`;
  const more = gone > shown ? `\nand ${gone - shown} more` : '';
  const why = `${lossText(lost)} are gone since ${since}. That looks like damage rather than work.`;
  return event('breakpoint.raised', {
    ...{ session: session.id, breakpoint: context.newId(), kind: 'decision', why },
    title: `${lossText(lost)} are gone since ${since}`,
    detail:
      `${why} Nothing of it is committed or pushed before you answer; checkpoint ${before.n} has all of them.\n\n` +
      `${paths.slice(0, shown).join('\n')}${more}`,
    about: { hold: true, turn, lost: { gone, of, to: before.n } },
  });
}
