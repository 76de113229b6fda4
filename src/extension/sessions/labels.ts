/** What is said of a session in a row, a tooltip, or aloud. Text of people and agents is cleaned and cut here. */
import * as l10n from '@vscode/l10n';
import { oneLine } from '../../core/printable.ts';
import type { ResourcesView, SessionDetail, SessionView, TurnNoteView } from '../../protocol/schemas.ts';
import { isSettled } from '../../protocol/session-status.ts';
import { belowText, type Below } from './below.ts';
import { joined } from './joined.ts';
import { lookOf } from './status-look.ts';

/**
 * Longest label in characters: in a sentence or on a tab, in a row of a view, where what is said behind it stays in sight in a side
 * bar of the usual width, and where there is room for all of it.
 */
const limits = { label: 44, row: 24, title: 200 } as const;
/** A row's label ends with a whole word if that leaves so many characters. */
const leastOfRow = 17;

type Titled = Pick<SessionView, 'title' | 'prompt' | 'id'>;

/** The session's title on one line. */
export function sessionLabel(session: Titled): string {
  return titleWithin(session, limits.label);
}

/** The session's title as it is at the head of a panel or a tooltip. */
export function sessionTitle(session: Titled): string {
  return titleWithin(session, limits.title);
}

/** The session's title in a row: its first words. The tooltip and the panel have all of it. */
export function rowLabel(session: Titled): string {
  const letters = [...sessionTitle(session)];
  if (letters.length <= limits.row) return letters.join('');
  const end = letters.lastIndexOf(' ', limits.row - 1);
  return `${letters
    .slice(0, end < leastOfRow ? limits.row - 1 : end)
    .join('')
    .trimEnd()}…`;
}

function titleWithin({ title, prompt, id }: Titled, limit: number): string {
  return oneLine(title, limit) || oneLine(prompt, limit) || id.slice(0, 8);
}

/** `3 files`, or nothing. */
export function changesText({ changes }: Pick<SessionView, 'changes'>): string {
  if (changes === undefined) return '';
  if (changes.files === 0) return l10n.t('no changes');
  return changes.files === 1 ? l10n.t('1 file') : l10n.t('{0} files', changes.files);
}

/** `+10 −2`, or nothing. */
export function linesText({ changes }: Pick<SessionView, 'changes'>): string {
  if (changes === undefined || changes.files === 0) return '';
  return `+${changes.insertions} \u2212${changes.deletions}`;
}

/** `120 MB of memory · ports 3000`, or nothing: what its processes use of their machine at the moment. */
export function usesText({ memoryBytes, ports = [] }: ResourcesView = {}): string {
  const memory = memoryBytes === undefined ? '' : l10n.t('{0} MB of memory', Math.round(memoryBytes / 1e6));
  const open = ports.length === 0 ? '' : l10n.t('ports {0}', ports.join(', '));
  return joined(memory, open);
}

/** Which commit of its branch was pushed where, or why that failed; empty when nothing was. */
export function pushText({ pushed, branch }: Pick<SessionDetail, 'pushed' | 'branch'>): string {
  if (pushed === undefined) return '';
  const { remote, commit, error } = pushed;
  const to = oneLine(`${remote}/${branch ?? ''}`, 120);
  if (error === undefined) return l10n.t('Pushed to {0} at {1}', to, commit.slice(0, 12));
  return l10n.t('Not pushed to {0}: {1}', to, oneLine(error.message, 300));
}

/** Since when the session is where it is, in milliseconds since 1970. */
export function since({ endedAt, startedAt, createdAt }: SessionView): number {
  return Date.parse(endedAt ?? startedAt ?? createdAt);
}

/** `now`, `5 min`, `3 h`, `2 d`: short, for a row. */
export function ageText(ms: number): string {
  const minutes = Math.floor(Math.max(0, ms) / 60_000);
  if (minutes < 1) return l10n.t('now');
  if (minutes < 60) return l10n.t('{0} min', minutes);
  const hours = Math.floor(minutes / 60);
  return hours < 24 ? l10n.t('{0} h', hours) : l10n.t('{0} d', Math.floor(hours / 24));
}

/** How long something took or takes: `8 s`, `5 min`, `3 h`, `2 d`. */
export function durationText(ms: number): string {
  return ms < 60_000 ? l10n.t('{0} s', Math.max(0, Math.floor(ms / 1000))) : ageText(ms);
}

/** How long a turn took. One under way is drawn anew only when minutes have passed, so its seconds are not told. */
export function turnTime({ startedAt, endedAt }: Pick<TurnNoteView, 'startedAt' | 'endedAt'>, now: number): string {
  const began = Date.parse(startedAt);
  return endedAt === undefined ? ageText(now - began) : durationText(Date.parse(endedAt) - began);
}

/** How long a decision waits, as it is said of a row that is drawn anew once a minute. */
export function waitText(ms: number): string {
  return ms < 60_000 ? l10n.t('waiting for less than a minute') : l10n.t('waiting for {0}', ageText(ms));
}

/** The dim text behind the label: how its plan stands, its place in line, how long, what its icon alone would say, what it changed. */
export function sessionDescription(session: SessionView, now: number, below?: Below): string {
  const { status, position } = session;
  const place = status === 'queued' && position !== undefined ? l10n.t('{0} in line', position) : '';
  const doing = status === 'preparing' || status === 'paused' ? lookOf(status).label : '';
  const age = ageText(now - since(session));
  const where = session.executor === 'local' ? '' : oneLine(session.executor, 24);
  return joined(belowText(below), place, age, doing, changesText(session), where);
}

/** The row as a screen reader says it. */
export function spokenSession(session: SessionView, now: number, below?: Below): string {
  const age = ageText(now - since(session));
  const when = isSettled(session) ? l10n.t('since {0}', age) : l10n.t('for {0}', age);
  const status = lookOf(session.status).label;
  const parts = [sessionTitle(session), status, belowText(below), when, changesText(session), session.agent];
  return parts.filter((part) => part !== '').join(', ');
}
