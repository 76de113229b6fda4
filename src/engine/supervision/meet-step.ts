import { testDelta, type ChangedFile } from '../../core/supervision/tests.ts';
import { defined } from '../../core/defined.ts';
import type { NewEvent } from '../../core/domain.ts';
import { event } from '../../core/events.ts';
import type { Session } from '../../core/session/state.ts';
import { oneLine } from '../../core/printable.ts';
import { statusOf } from '../../core/session/status.ts';
import { besideInStage, isThrough, type MeetStep } from '../../core/supervision/holds.ts';
import { isAbout, meetingOf, meetingOfTurn, predicateText, turnMoment } from '../../core/supervision/moments.ts';
import type { Moment } from '../../core/supervision/predicate.ts';
import { engineActor, type SessionContext } from '../sessions/context.ts';
import { beginningOf } from '../sessions/checkpoint.ts';
import { armedStops } from './stops.ts';

/**
 * Shows the end of a turn, a prompt that is about to be given, or the end of the work, to the breakpoints; what holds becomes a question
 * to a person.
 */
export async function meet(context: SessionContext, session: Session, step: MeetStep): Promise<void> {
  const { store } = context;
  const seen = 'turn' in step ? await afterTurn(context, session) : undefined;
  await store.commit(engineActor, () => {
    const present = store.session(session.id);
    if (isReached(present, step)) return [];
    return eventsOf(context, present, step, seen ?? between(present, step, store.all('session')));
  });
}

function isReached({ met }: Session, step: MeetStep): boolean {
  if ('prompt' in step) return (met?.prompt ?? 0) >= step.prompt;
  return 'turn' in step ? (met?.turn ?? 0) >= step.turn : met?.end === step.end;
}

function eventsOf(
  context: SessionContext,
  session: Session,
  step: MeetStep,
  { moment, known }: Seen,
): readonly NewEvent[] {
  const stops = armedStops(context.store, session);
  const { hit, holding, spent } = 'turn' in step ? meetingOfTurn(stops, moment, step.turn) : meetingOf(stops, moment);
  const at = placeOf(step);
  const met = event('stop.met', { session: session.id, ...at, hit, spent });
  if (holding.length === 0) return [met];
  const why = `A breakpoint holds it: ${holding.map(({ predicate }) => predicateText(predicate)).join('; ')}.`;
  return [
    met,
    event('breakpoint.raised', {
      ...{ session: session.id, breakpoint: context.newId(), kind: 'decision', why },
      title: titleOf(step, moment),
      detail: `${why}\n\n${known}`,
      about: { hold: true, ...('end' in step ? {} : at) },
    }),
  ];
}

function placeOf({ do: _, ...place }: MeetStep) {
  return place;
}

/** A moment, with what a person is told of it. */
interface Seen {
  readonly moment: Moment;
  readonly known: string;
}

function titleOf(step: MeetStep, { stage }: Moment): string {
  if ('prompt' in step) return 'Breakpoint before a turn';
  return 'turn' in step ? `Breakpoint after turn ${step.turn}` : `Breakpoint after stage ${stage?.name ?? ''}`;
}

/** What needs no look at the files: the moment before a prompt, and the end of the work. */
function between(session: Session, step: MeetStep, all: readonly Session[]): Seen {
  const { id, stage, workedMs = 0, prompts } = session;
  const moment = { session: id, workedMinutes: workedMs / 60_000 };
  if ('prompt' in step) {
    const text = prompts.find(({ n }) => n === step.prompt)?.text ?? '';
    const begun = stage === undefined || step.prompt > 1 ? {} : { stage: { at: 'before', name: stage } as const };
    return {
      moment: { ...moment, kind: 'turn', at: 'before', ...begun },
      known: `The prompt that is about to be given:\n${text}`,
    };
  }
  const beside = besideInStage(session, all);
  const over = stage === undefined || !beside.every(isThrough) ? {} : { stage: { at: 'after', name: stage } as const };
  const others = beside.map((each) => `${statusOf(each)}: ${oneLine(each.task.title, 200)}`);
  return {
    moment: { ...moment, kind: 'end', at: 'after', ...over },
    known: [
      `This session ended as ${session.lastTurn?.outcome ?? 'unknown'}. The others of the stage:`,
      ...(others.length === 0 ? ['none'] : others),
    ].join('\n'),
  };
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

/** The files that the turn changed, whichever tool wrote them; only when a breakpoint wants to know. */
async function turnPaths(
  context: SessionContext,
  session: Session,
  turn: number,
): Promise<readonly string[] | undefined> {
  const wanted = armedStops(context.store, session).some(({ spec }) => isAbout(spec.predicate, 'path'));
  const before = wanted ? beginningOf(context, session, turn) : undefined;
  if (before === undefined || session.checkpoint === undefined) return undefined;
  const files = await context.checkpoints.changed(session, before.tree, session.checkpoint.tree);
  return files.map(({ path }) => path);
}

/** Whether what a turn costs decides something; only when a breakpoint wants to know. */
async function isMetered(context: SessionContext, session: Session): Promise<boolean> {
  const wanted = armedStops(context.store, session).some(({ spec }) => isAbout(spec.predicate, 'cost-per-minute'));
  return wanted && (await context.settings(session))['budget.billing'] === 'metered';
}

async function afterTurn(context: SessionContext, session: Session): Promise<Seen> {
  const files = await changedFiles(context, session);
  const testDelta = await testsMore(context, session);
  const lines = files.reduce((sum, { insertions = 0, deletions = 0 }) => sum + insertions + deletions, 0);
  const { lastTurn } = session;
  const moment: Moment =
    lastTurn === undefined
      ? { session: session.id, kind: 'turn', at: 'after' }
      : turnMoment(session, lastTurn, {
          lines,
          metered: await isMetered(context, session),
          ...defined({ testDelta, paths: await turnPaths(context, session, lastTurn.n) }),
        });
  return { moment, known: factsOf(session, moment, files) };
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
