import { defined } from '../../core/defined.ts';
import { line } from '../../core/landing/commands.ts';
import type { Landing } from '../../core/landing/state.ts';
import type { LandingView } from '../../protocol/landing.ts';
import type { Store } from '../sessions/store.ts';

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** A landing as front ends show it. */
export function landingView(store: Store, landing: Landing): LandingView {
  const session = store.get('session', landing.session);
  const ahead = line(store.all('landing')).filter(({ repository }) => repository === landing.repository);
  const position = ahead.findIndex(({ id }) => id === landing.id) + 1;
  const { build, conflicts, error, endedAt } = landing;
  return defined({
    id: landing.id,
    session: landing.session,
    title: session?.task.title ?? '',
    repository: session?.repository.root ?? '',
    way: landing.way,
    target: landing.target,
    reverts: landing.reverts,
    revertedBy: landing.revertedBy,
    state: landing.state,
    position: position === 0 ? undefined : position,
    held: landing.held,
    by: landing.by,
    requestedAt: iso(landing.requestedAt),
    endedAt: endedAt === undefined ? undefined : iso(endedAt),
    tip: landing.tip,
    from: build?.from,
    commit: landing.state === 'landed' ? build?.commit : undefined,
    evidence: landing.evidence.map((each) => ({ ...each, command: [...each.command] })),
    conflicts: conflicts?.map((each) => ({ ...each, messages: [...each.messages] })),
    error: error === undefined ? undefined : { ...error, context: { ...(error.context ?? {}) } },
  });
}
