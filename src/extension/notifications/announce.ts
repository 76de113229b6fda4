/** Which changes are worth a notification, and its one text. Pure. */
import * as l10n from '@vscode/l10n';
import type { SessionView } from '../../protocol/schemas.ts';
import { needLabel } from '../needs-you/evidence.ts';
import type { Changes, Entry, Need } from '../sessions/entry.ts';
import { sessionLabel } from '../sessions/labels.ts';
import { isAtWork, lookOf } from '../sessions/status-look.ts';

/** What has happened that a person may want to hear of. */
export interface News {
  readonly needs: readonly Need[];
  readonly ended: readonly SessionView[];
}

/**
 * What is new in a change: decisions that were not there before, and sessions that have come to an end. Of a session that was not
 * known before nothing is new: it has only come into view.
 */
export function newsIn(changes: Changes): News {
  const needs: Need[] = [];
  const ended: SessionView[] = [];
  for (const { before, after } of changes.values()) {
    if (before === undefined || after === undefined || after.session.archived) continue;
    const known = new Set(needIds(before));
    for (const breakpoint of after.detail?.needs ?? []) {
      if (!known.has(breakpoint.id)) needs.push({ session: after.session, breakpoint });
    }
    if (isAtWork(before.session) && hasEnded(after)) ended.push(after.session);
  }
  return { needs, ended };
}

function needIds({ detail }: Entry): readonly string[] {
  return detail?.needs.map(({ id }) => id) ?? [];
}

/** A session that somebody cancelled is no news to whoever did it. */
function hasEnded({ session: { status } }: Entry): boolean {
  return status === 'reported' || status === 'verified' || status === 'failed' || status === 'interrupted';
}

/** One notification for all of it. */
export interface Announcement {
  readonly text: string;
  readonly severity: 'info' | 'warning';
  /** The decision or the session that the button leads to, when it is a single one. */
  readonly need: Need | undefined;
  readonly session: SessionView | undefined;
}

/** The text for what has gathered; undefined when it is nothing. */
export function announcement({ needs, ended }: News): Announcement | undefined {
  const [need, ...moreNeeds] = needs;
  const [session, ...moreEnded] = ended;
  if (need !== undefined) {
    const text =
      moreNeeds.length === 0
        ? l10n.t('{0} needs you: {1}', sessionLabel(need.session), needLabel(need.breakpoint))
        : l10n.t('{0} decisions need you.', needs.length);
    return { text, severity: 'warning', need: moreNeeds.length === 0 ? need : undefined, session: undefined };
  }
  if (session === undefined) return undefined;
  const failed = ended.some(({ status }) => status === 'failed');
  const text =
    moreEnded.length === 0
      ? l10n.t('{0}: {1}', sessionLabel(session), lookOf(session.status).label)
      : l10n.t('{0} sessions have ended.', ended.length);
  return {
    text,
    severity: failed ? 'warning' : 'info',
    need: undefined,
    session: moreEnded.length === 0 ? session : undefined,
  };
}
