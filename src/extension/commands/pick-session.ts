import * as l10n from '@vscode/l10n';
import type { SessionView } from '../../protocol/schemas.ts';
import type { App } from '../app.ts';
import { sessionDescription, sessionLabel } from '../sessions/labels.ts';
import { lookOf } from '../sessions/status-look.ts';
import { chooseFrom } from '../quick/choose.ts';

/** The session that a command is about, as a row of a view, a need or a plain id names it; else undefined. */
export function sessionIn(given: unknown): string | undefined {
  if (typeof given === 'string') return given;
  if (typeof given !== 'object' || given === null) return undefined;
  if ('session' in given) return sessionIn(given.session);
  return 'id' in given && typeof given.id === 'string' ? given.id : undefined;
}

/** Which sessions are offered, and what is said when there is none. */
export interface Wanted {
  readonly title: string;
  readonly none: string;
  readonly fits: (session: SessionView) => boolean;
  /** Offers archived sessions instead of the others. */
  readonly archived?: boolean;
}

/**
 * The session that was given, or the one that the user picks among those that `fits`. Without any that fits the user is told so
 * with `none`. Throws a `CancellationError` when nothing is picked.
 */
export async function pickSession(
  { sessions }: App,
  given: unknown,
  { title, none, fits, archived = false }: Wanted,
): Promise<string> {
  const id = sessionIn(given);
  if (id !== undefined) return id;
  const now = Date.now();
  const items = [...sessions.entries.values()]
    .map(({ session }) => session)
    .filter((session) => session.archived === archived && fits(session))
    .sort((a, b) => b.createdAt.localeCompare(a.createdAt))
    .map((session) => ({
      label: `$(${lookOf(session.status).icon.replace('~spin', '')}) ${sessionLabel(session)}`,
      description: `${lookOf(session.status).label} · ${sessionDescription(session, now)}`,
      id: session.id,
    }));
  const options = { title, placeHolder: l10n.t('Choose a session'), matchOnDescription: true };
  return (await chooseFrom(items, options, none)).id;
}
