import { ours } from '../../core/errors.ts';
import { below, whyKept } from '../../core/session/removal.ts';
import type { Place, Session } from '../../core/session/state.ts';
import { isLive, isSettled } from '../../core/session/status.ts';
import { isFolder } from '../../git/admin.ts';
import { findRemoved } from '../../git/removal.ts';
import { removalFacts, type RemovalFacts } from '../../git/removal-facts.ts';
import type { Repository } from '../../git/repository.ts';
import type { SessionFacts } from '../../protocol/removal.ts';
import { findTarget } from '../landing/target.ts';
import {
  awayText,
  inTrash,
  isAway,
  madeWorktree,
  ownWorktree,
  repositoryOf,
  toldMs,
  type RemovalContext,
} from './context.ts';

/** What removing a session would take away. Nothing is changed. Throws like `removalFacts`. */
export async function sessionFacts(context: RemovalContext, session: Session): Promise<SessionFacts> {
  const { store } = context;
  const sessions = store.all('session');
  const place = ownWorktree(context, session);
  const there = place !== undefined && (await isFolder(place.path));
  const refused = whyKept(session, sessions, store.all('landing'));
  return {
    ...(there
      ? ((await unowned(context, session, place)) ?? (await held(context, session, place)))
      : await vanished(context, session)),
    session: session.id,
    worktree: there ? place.path : null,
    branch: place?.branch ?? null,
    running: !isSettled(session) || isLive(session),
    children: below(session, sessions).map(({ session: { id, task }, landed, running }) => ({
      session: id,
      title: task.title,
      landed,
      running,
    })),
    ...(refused === undefined ? {} : { refused: refused.message }),
  };
}

type Held = Omit<SessionFacts, 'session' | 'worktree' | 'branch' | 'running' | 'children' | 'refused'>;

const nothingHeld: Held = {
  ...{ changed: 0, untracked: 0, unpushed: 0, unlanded: 0 },
  ...{ ignored: [], repositories: [], findings: [], needs: [], teardown: [] },
};

/** All that is known of a worktree whose repository is away: the folder stays, and that needs consent. */
async function unowned(context: RemovalContext, session: Session, place: Place): Promise<Held | undefined> {
  if (!(await isAway(context, session))) return undefined;
  return { ...nothingHeld, findings: [awayText(session, place)], needs: ['changes'] };
}

/** A worktree that is not there is in the trash, or nowhere; where that cannot be told, going on needs consent. */
async function vanished(context: RemovalContext, session: Session): Promise<Held> {
  const place = madeWorktree(context, session);
  const untold = session.removal !== undefined || place === undefined || (await isAway(context, session));
  const doubt = untold ? undefined : await inTrash(context, session, place, findRemoved).then(() => undefined, ours);
  return doubt === undefined ? nothingHeld : { ...nothingHeld, findings: [doubt.message], needs: ['changes'] };
}

/** What the worktree holds. */
async function held(context: RemovalContext, session: Session, place: Place): Promise<Held> {
  const repository = await repositoryOf(context, session);
  const into = await home(context, repository, session);
  const facts = await removalFacts(repository, place, into, context.stopping);
  for (const [id, { at }] of context.told) if (context.clock() - at >= toldMs) context.told.delete(id);
  context.told.set(session.id, { facts, into, at: context.clock() });
  const settings = await context.settings(session.repository.root);
  const { changed, untracked, ignored, repositories, unpushed, unmerged: unlanded, findings } = facts;
  return {
    ...{ changed, untracked, unpushed, unlanded },
    ignored: [...ignored],
    repositories: [...repositories],
    findings: findings.map(({ text }) => text),
    needs: consents(facts),
    teardown: settings['worktrees.teardown'].map((each) => (typeof each === 'string' ? each : each.join(' '))),
  };
}

/** The consents that a removal needs, one for each kind of thing that would go out of sight. */
function consents(facts: RemovalFacts): SessionFacts['needs'] {
  return [
    ...(facts.changed > 0 || facts.findings.length > 0 ? (['changes'] as const) : []),
    ...(facts.unmerged > 0 && facts.unpushed > 0 ? (['unpushed'] as const) : []),
    ...(facts.repositories.length > 0 ? (['repositories'] as const) : []),
  ];
}

/** The branch that the work comes home to, as landing sees it; undefined leaves it to git's facts. */
export async function home(
  { store }: RemovalContext,
  repository: Repository,
  session: Session,
): Promise<string | undefined> {
  return findTarget(store, repository, session, undefined).then(
    ({ target }) => target,
    () => undefined,
  );
}
