/** What is going on and what waits where, line by line: the tooltip of the status bar. Pure. */
import * as l10n from '@vscode/l10n';
import { oneLine } from '../../core/printable.ts';
import type { LandingView } from '../../protocol/landing.ts';
import type { SessionDetail, SessionView } from '../../protocol/schemas.ts';
import { isSettled } from '../../protocol/session-status.ts';
import { needLabel } from '../needs-you/evidence.ts';
import { landingDescription, landingLabel } from '../review/labels.ts';
import { belowText, Subtrees } from '../sessions/below.ts';
import type { Entry, Need } from '../sessions/entry.ts';
import { joined } from '../sessions/joined.ts';
import { sessionDescription, sessionLabel } from '../sessions/labels.ts';
import { isAtWork, lookOf } from '../sessions/status-look.ts';

/** What the lines are made of: sessions and landings of one window. `now` in milliseconds since 1970. */
export interface Facts {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly needs: readonly Need[];
  readonly landings: readonly LandingView[];
  readonly now: number;
}

/** One line of text behind a codicon. */
export interface Line {
  readonly icon: string;
  readonly text: string;
}

/** Lines of each kind, so that all of it is taken in at one look. */
const most = { needs: 4, working: 4, plans: 3, queue: 3, landings: 3 } as const;
const stageLimit = 40;

/** What needs a person, what is at work, how plans stand, and who waits at which place of which line: each with its first few. */
export function progressLines({ entries, needs, landings, now }: Facts): readonly Line[] {
  const shown = [...entries.values()].filter(({ session }) => !session.archived);
  const sessions = shown.map(({ session }) => session);
  return [
    ...first(most.needs, needs, ({ session, breakpoint }) => ({
      icon: 'bell-dot',
      text: `${sessionLabel(session)}: ${needLabel(breakpoint)}`,
    })),
    ...first(most.working, shown.filter(goesOn), (entry) => workLine(entry, now)),
    ...first(most.plans, planTexts(sessions), (text) => ({ icon: 'list-tree', text })),
    ...first(most.queue, sessions.filter(isQueued).sort(byPosition), (session) => ({
      icon: 'clock',
      text: joined(sessionLabel(session), sessionDescription(session, now)),
    })),
    ...first(most.landings, landings, (landing) => ({ icon: 'git-merge', text: landingText(landing) })),
  ];
}

function first<T>(limit: number, all: readonly T[], line: (each: T) => Line): readonly Line[] {
  const more = all.length - limit;
  const rest = more > 0 ? [{ icon: 'ellipsis', text: l10n.t('and {0} more', more) }] : [];
  return [...all.slice(0, limit).map(line), ...rest];
}

/** An agent is at work, or gates are asked about its work; what waits for a person is among the needs. */
function goesOn({ session, detail }: Entry): boolean {
  return (isAtWork(session) && session.status !== 'needs-you') || detail?.supervision?.verifying === true;
}

function workLine({ session, detail }: Entry, now: number): Line {
  const icon = lookOf(session.status).icon.replace('loading~spin', 'circle-filled');
  return { icon, text: joined(sessionLabel(session), sessionDescription(session, now), judgingText(session, detail)) };
}

/** Who looks at the work at the moment, beside its agent. */
function judgingText(session: SessionView, detail: SessionDetail | undefined): string {
  const supervision = detail?.supervision;
  if (supervision === undefined) return '';
  if (supervision.verifying) return l10n.t('at its gates');
  const latest = supervision.judgements.at(-1);
  return isAtWork(session) && latest !== undefined && latest.decision === undefined ? l10n.t('being judged') : '';
}

/** Plans of which something is still to be done: `Title · 2 of 5 done · stage build: 1 of 3`. */
function planTexts(sessions: readonly SessionView[]): readonly string[] {
  const known = new Map(sessions.map((session) => [session.id, session]));
  const subtrees = new Subtrees(sessions, ({ parent }) => (parent === undefined ? undefined : known.get(parent)));
  const tasksOf = new Map<string, SessionView[]>();
  for (const session of sessions) {
    if (session.parent === undefined) continue;
    const tasks = tasksOf.get(session.parent);
    if (tasks === undefined) tasksOf.set(session.parent, [session]);
    else tasks.push(session);
  }
  return sessions.flatMap((plan) => {
    const tasks = tasksOf.get(plan.id) ?? [];
    if (tasks.every(isSettled)) return [];
    return [joined(sessionLabel(plan), belowText(subtrees.below(plan.id)), stageText(tasks))];
  });
}

/** How the stage stands at which a plan is: the first one of which a task has not ended. */
function stageText(tasks: readonly SessionView[]): string {
  const inOrder = [...tasks].sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  const stage = inOrder.find((task) => !isSettled(task))?.stage;
  if (stage === undefined) return '';
  const its = tasks.filter((task) => task.stage === stage);
  return l10n.t('stage {0}: {1} of {2}', oneLine(stage, stageLimit), its.filter(isSettled).length, its.length);
}

function isQueued({ status }: SessionView): boolean {
  return status === 'queued';
}

function byPosition(a: SessionView, b: SessionView): number {
  return (a.position ?? Infinity) - (b.position ?? Infinity);
}

function landingText(landing: LandingView): string {
  const title = sessionLabel({ title: landing.title, prompt: '', id: landing.session });
  return joined(`${title}: ${landingLabel(landing)}`, landingDescription(landing));
}
