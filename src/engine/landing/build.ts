import { CoppiceError } from '../../core/errors.ts';
import { event } from '../../core/events.ts';
import type { NewEvent } from '../../core/domain.ts';
import type { Build, Conflict, Landing } from '../../core/landing/state.ts';
import { branchCommit } from '../../git/refs.ts';
import { buildLanding, buildRevert, forkPoint, isAncestor, type BuildOutcome } from '../../git/landing-build.ts';
import { commitMessage } from '../../git/message.ts';
import type { Repository } from '../../git/repository.ts';
import type { LandingContext } from './context.ts';
import { privateFiles, unasked } from './private.ts';

/**
 * Builds what a landing makes its target, on top of where the target is at present, and says it in events. Nothing that
 * anybody sees changes.
 */
export async function build(
  context: LandingContext,
  repository: Repository,
  landing: Landing,
  tip: string,
): Promise<readonly NewEvent[]> {
  const from = await branchCommit(repository, landing.target);
  if (from === undefined) return [refused(landing, gone(landing))];
  const done = await landedMeanwhile(repository, landing, from);
  if (done !== undefined) return [landed(landing, done)];
  const refusal = await refusalOf(context, repository, landing, tip);
  if (refusal !== undefined) return [refused(landing, refusal)];
  const outcome = await outcomeOf(context, repository, landing, { from, tip });
  switch (outcome.kind) {
    case 'built':
      return [event('landing.built', { landing: landing.id, build: outcome.build })];
    case 'conflict':
      return [refused(landing, disagreement(landing, outcome.conflicts), outcome.conflicts)];
    case 'nothing':
      return [refused(landing, nothingNew(landing))];
  }
}

/** The event that a landing has landed; `intent` is that of the move. */
export function landed(landing: Landing, build: Build, intent?: string): NewEvent {
  const { id, session, reverts } = landing;
  return event('landing.landed', {
    landing: id,
    session,
    build,
    ...(reverts === undefined ? {} : { reverts }),
    ...(intent === undefined ? {} : { intent }),
  });
}

/** The event that it came to nothing. */
export function refused(landing: Landing, error: CoppiceError, conflicts?: readonly Conflict[]): NewEvent {
  const { id, session } = landing;
  const shown = conflicts?.slice(0, 50);
  const told = { landing: id, session, error: error.toRecord() };
  return event('landing.refused', shown === undefined ? told : { ...told, conflicts: shown });
}

/** What was built before is in the target: a git that outlived a killed engine moved it after all. */
async function landedMeanwhile(repository: Repository, { build }: Landing, from: string): Promise<Build | undefined> {
  if (build === undefined || build.commit === build.from) return undefined;
  return (await isAncestor(repository, build.commit, from)) ? build : undefined;
}

/** What was committed with the landing itself is known only by this time. */
async function refusalOf(
  { store }: LandingContext,
  repository: Repository,
  { session, way, reverts, private: agreed = [] }: Landing,
  tip: string,
): Promise<CoppiceError | undefined> {
  const base = store.session(session).worktree?.baseCommit;
  if (reverts !== undefined || base === undefined) return undefined;
  return unasked(session, await privateFiles(repository, { way, base, tip }), agreed);
}

async function outcomeOf(
  context: LandingContext,
  repository: Repository,
  landing: Landing,
  { from, tip }: { from: string; tip: string },
): Promise<BuildOutcome> {
  const { task } = context.store.session(landing.session);
  const message = commitMessage(landing.message, { task: task.id, session: landing.session, intent: landing.id });
  if (landing.reverts !== undefined) {
    const of = context.store.get('landing', landing.reverts)?.build;
    if (of === undefined) throw new CoppiceError('internal', 'There is no such landing.', 'Report this as a bug.');
    return buildRevert(repository, of, from, message);
  }
  const fork = await takenBackSince(repository, context.store.all('landing'), landing, from);
  const request = { way: landing.way, from, tip, message };
  return buildLanding(repository, fork === undefined ? request : { ...request, fork });
}

/**
 * Where the session's work began, when the last of it that landed in this target was taken back and its commits are in
 * the target's history: git would take them for landed.
 */
export async function takenBackSince(
  repository: Repository,
  landings: readonly Landing[],
  { session, target }: Pick<Landing, 'session' | 'target'>,
  from: string,
): Promise<string | undefined> {
  const before = landings
    .filter((each) => each.session === session && each.target === target && each.reverts === undefined)
    .filter(({ state }) => state === 'landed')
    .sort((a, b) => a.place - b.place);
  const kept = before.findLastIndex(({ revertedBy }) => revertedBy === undefined);
  for (const { tip, build } of before.slice(kept + 1)) {
    if (tip === undefined || build === undefined || !(await isAncestor(repository, tip, from))) continue;
    return forkPoint(repository, build.from, tip);
  }
  return undefined;
}

function gone({ target }: Landing): CoppiceError {
  return new CoppiceError('not-found', `There is no branch ${target} any more.`, 'Land into another branch.', {
    context: { branch: target },
  });
}

function nothingNew({ target }: Landing): CoppiceError {
  return new CoppiceError(
    'wrong-state',
    `${target} has all of it already: nothing would change.`,
    'Nothing has to be done.',
    {
      context: { branch: target, reason: 'nothing' },
    },
  );
}

function disagreement({ target, reverts }: Landing, conflicts: readonly Conflict[]): CoppiceError {
  const files = conflicts.map(({ path }) => path);
  const shown = files.slice(0, 3).join(', ') + (files.length > 3 ? ` and ${files.length - 3} more` : '');
  const what = reverts === undefined ? 'The work' : 'What was built on it since';
  return new CoppiceError(
    'wrong-state',
    `${what} and ${target} disagree in ${shown}.`,
    reverts === undefined ? 'Let the agent resolve it, or merge by hand, then land again.' : 'Take it back by hand.',
    { context: { branch: target, reason: 'conflict' } },
  );
}
