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
  /** Since when they are gone, for a sentence. */
  readonly since: string;
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
  { turn, before, tree, since }: Weighed,
): Promise<NewEvent | undefined> {
  if (before === undefined || before.tree === tree || session.cancelling !== undefined) return undefined;
  const lost = await context.checkpoints.lost(session, place, before.tree, tree);
  if (lost === undefined) return undefined;
  const files = await context.checkpoints.changed(session, before.tree, tree);
  const gone = files.filter(({ status }) => status === 'deleted').map(({ path }) => path);
  const more = gone.length > shown ? `\nand ${gone.length - shown} more` : '';
  const why = `${lossText(lost)} are gone since ${since}. That looks like damage rather than work.`;
  return event('breakpoint.raised', {
    ...{ session: session.id, breakpoint: context.newId(), kind: 'decision', why },
    title: `${lossText(lost)} are gone since ${since}`,
    detail:
      `${why} Nothing of it is committed or pushed before you answer; checkpoint ${before.n} has all of them.\n\n` +
      `${gone.slice(0, shown).join('\n')}${more}`,
    about: { hold: true, turn, lost: { ...lost, to: before.n } },
  });
}
