import { testDelta, type ChangedFile } from '../../core/supervision/tests.ts';
import type { NewEvent } from '../../core/domain.ts';
import { event } from '../../core/events.ts';
import type { Session } from '../../core/session/state.ts';
import type { MeetStep } from '../../core/supervision/holds.ts';
import { isAbout, meetingOf, predicateText, turnMoment } from '../../core/supervision/moments.ts';
import type { Moment } from '../../core/supervision/predicate.ts';
import { engineActor, type SessionContext } from '../sessions/context.ts';
import { armedStops } from './stops.ts';

/** Shows the end of a turn, or a prompt that is about to be given, to the breakpoints; what holds becomes a question to a person. */
export async function meet(context: SessionContext, session: Session, step: MeetStep): Promise<void> {
  const { store } = context;
  const files = 'prompt' in step ? [] : await changedFiles(context, session);
  const delta = 'prompt' in step ? undefined : await testsMore(context, session);
  const moment = 'prompt' in step ? beforeTurn(session) : afterTurn(session, files, delta);
  await store.commit(engineActor, () => {
    const present = store.session(session.id);
    const reached =
      'prompt' in step ? (present.met?.prompt ?? 0) >= step.prompt : (present.met?.turn ?? 0) >= step.turn;
    return reached ? [] : eventsOf(context, present, step, { moment, files });
  });
}

function eventsOf(
  context: SessionContext,
  session: Session,
  step: MeetStep,
  { moment, files }: Seen,
): readonly NewEvent[] {
  const { hit, holding, spent } = meetingOf(armedStops(context.store, session), moment);
  const at = 'prompt' in step ? { prompt: step.prompt } : { turn: step.turn };
  const met = event('stop.met', { session: session.id, ...at, hit, spent });
  if (holding.length === 0) return [met];
  const text = 'prompt' in step ? (session.prompts.find(({ n }) => n === step.prompt)?.text ?? '') : '';
  const why = `A breakpoint holds it: ${holding.map(({ predicate }) => predicateText(predicate)).join('; ')}.`;
  const known = 'prompt' in step ? `The prompt that is about to be given:\n${text}` : factsOf(session, moment, files);
  return [
    met,
    event('breakpoint.raised', {
      ...{ session: session.id, breakpoint: context.newId(), kind: 'decision', why },
      title: 'prompt' in step ? 'Breakpoint before a turn' : `Breakpoint after turn ${step.turn}`,
      detail: `${why}\n\n${known}`,
      about: { hold: true, ...at },
    }),
  ];
}

interface Seen {
  readonly moment: Moment;
  readonly files: readonly ChangedFile[];
}

function beforeTurn({ id, workedMs = 0 }: Session): Moment {
  return { session: id, kind: 'turn', at: 'before', workedMinutes: workedMs / 60_000 };
}

/** What differs from where the work began, as it was kept at the end of the turn. */
async function changedFiles({ checkpoints }: SessionContext, session: Session): Promise<readonly ChangedFile[]> {
  const { worktree, checkpoint } = session;
  if (worktree === undefined || checkpoint === undefined) return [];
  return checkpoints.changed(session, worktree.baseCommit, checkpoint.tree);
}

/** Far more than a person reads; a change that is longer is counted as far as this. */
const longestPatch = 8 * 1024 * 1024;

/** How many tests there are more, or fewer, than where the work began; only when a breakpoint wants to know. */
async function testsMore({ store, checkpoints }: SessionContext, session: Session): Promise<number | undefined> {
  const { worktree, checkpoint } = session;
  const wanted = armedStops(store, session).some(({ spec }) => isAbout(spec.predicate, 'fewer-tests'));
  if (!wanted || worktree === undefined || checkpoint === undefined) return undefined;
  return testDelta(await checkpoints.patch(session, worktree.baseCommit, checkpoint.tree, longestPatch));
}

function afterTurn(session: Session, files: readonly ChangedFile[], delta: number | undefined): Moment {
  const lines = files.reduce((sum, { insertions = 0, deletions = 0 }) => sum + insertions + deletions, 0);
  const { lastTurn } = session;
  return lastTurn === undefined
    ? { session: session.id, kind: 'turn', at: 'after' }
    : turnMoment(session, lastTurn, { lines, ...(delta === undefined ? {} : { testDelta: delta }) });
}

function factsOf(
  { lastTurn }: Session,
  { changedLines = 0, tokensPerMinute = 0, workedMinutes = 0 }: Moment,
  files: readonly ChangedFile[],
): string {
  const paths = files.map(({ path }) => path);
  const shown = paths.slice(0, 20).join(', ') || 'none';
  return [
    `The turn ended as ${lastTurn?.outcome ?? 'unknown'} (${lastTurn?.reason ?? ''}).`,
    `Changed files: ${shown}${paths.length > 20 ? ` and ${paths.length - 20} more` : ''}; ${changedLines} lines in all.`,
    `${Math.round(tokensPerMinute)} tokens a minute, ${workedMinutes.toFixed(1)} minutes of work in all.`,
    '',
    lastTurn?.text ?? '',
  ].join('\n');
}
