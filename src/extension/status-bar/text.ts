/** What the status bar says. Pure. */
import * as l10n from '@vscode/l10n';
import type { SessionView } from '../../protocol/schemas.ts';
import type { LinkState } from '../engine/link.ts';
import { isAtWork } from '../sessions/status-look.ts';

/** Numbers of the sessions of this window. */
export interface Counts {
  readonly running: number;
  /** Sessions that wait for a person. */
  readonly waiting: number;
  readonly queued: number;
  readonly needsYou: number;
  readonly ended: number;
}

/** Counts sessions. `needsYou`: the decisions that wait; a session may wait for several. */
export function countsOf(sessions: Iterable<SessionView>, needsYou: number): Counts {
  let [running, waiting, queued, ended] = [0, 0, 0, 0];
  for (const session of sessions) {
    if (session.archived) continue;
    if (session.status === 'queued') queued++;
    else if (session.status === 'needs-you') waiting++;
    else if (isAtWork(session)) running++;
    else ended++;
  }
  return { running, waiting, queued, needsYou, ended };
}

/** All numbers in one line; those that are nothing are left out. */
export function summary({ running, waiting, queued, ended }: Counts): string {
  return [
    running > 0 ? l10n.t('{0} running', running) : '',
    waiting > 0 ? l10n.t('{0} waiting for you', waiting) : '',
    queued > 0 ? l10n.t('{0} in the queue', queued) : '',
    ended > 0 ? l10n.t('{0} ended', ended) : '',
  ]
    .filter((part) => part !== '')
    .join(', ');
}

/** What the item shows; undefined: nothing, so it is hidden. */
export interface Shown {
  readonly text: string;
  /** For a screen reader. */
  readonly spoken: string;
  /** A person must act. */
  readonly warns: boolean;
}

/** The one item of Coppice. */
export function statusText(
  { running, waiting, queued, needsYou, ended }: Counts,
  engine: LinkState['status'],
): Shown | undefined {
  if (running + waiting + queued + ended === 0) return undefined;
  const parts = [
    running > 0 ? l10n.t('{0} running', running) : '',
    queued > 0 && running === 0 ? l10n.t('{0} queued', queued) : '',
    needsYou > 0 ? (needsYou === 1 ? l10n.t('1 needs you') : l10n.t('{0} need you', needsYou)) : '',
  ].filter((part) => part !== '');
  const away = engine === 'away';
  const icon = away ? 'debug-disconnect' : needsYou > 0 ? 'bell-dot' : running > 0 ? 'loading~spin' : 'layers';
  const what = parts.length === 0 ? 'Coppice' : parts.join(' · ');
  const spoken = away ? l10n.t('Coppice, engine not connected, {0}', what) : l10n.t('Coppice, {0}', what);
  return { text: `$(${icon}) ${what}`, spoken, warns: needsYou > 0 };
}
