/** Looks at what an agent does with its tools through the breakpoints that people set, and the permissions that they gave. */
import type { AgentEvent, AgentRequest } from '../../core/agent/events.ts';
import type { NewEvent } from '../../core/domain.ts';
import { event } from '../../core/events.ts';
import { oneLine } from '../../core/printable.ts';
import type { Breakpoint, Session } from '../../core/session/state.ts';
import { isNeverRemembered, type Finding } from '../../core/supervision/finding.ts';
import { rulingOn, type Policy, type Ruling } from '../../core/supervision/policy.ts';
import {
  meetingOf,
  predicateText,
  toolMoment,
  toolUse,
  type Meeting,
  type ToolUse,
} from '../../core/supervision/moments.ts';
import { isLetThrough } from '../../core/supervision/autonomy.ts';
import { isGranted, type Stop } from '../../core/supervision/stops.ts';
import { useKey } from '../../core/supervision/repetition.ts';
import type { Store } from '../sessions/store.ts';

/** The enabled breakpoints of the session's repository, in the order in which they were set. */
export function armedStops(store: Store, session: Session): readonly Stop[] {
  return store
    .all('stop')
    .filter(({ repository, spec }) => repository === session.repository.id && spec.enabled)
    .filter(({ spec }) => spec.session === undefined || spec.session === session.id)
    .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
}

/** A use of a tool at a moment at which breakpoints look at it. */
export interface Used {
  readonly use: ToolUse;
  readonly at: 'before' | 'after';
  readonly findings: readonly Finding[];
}

interface Begun {
  readonly key: string;
  readonly use: ToolUse;
  readonly findings: readonly Finding[];
}

const mostBegun = 1000;

/**
 * Follows the tools of one run. An agent that asks is looked at while it waits; one that does not is looked at as soon as its tool
 * has ended: there is no way to hold it before.
 */
export class ToolWatch {
  readonly #worktree: string;
  readonly #begun = new Map<string, Begun>();
  /** Uses that were looked at while their agent asked: by their id where the request names it, else by what they are. */
  readonly #asked = new Set<string>();

  constructor(worktree: string) {
    this.#worktree = worktree;
  }

  /** What is to be looked at, now that the agent said this. Call it once for each event, in order. */
  note(seen: AgentEvent): Used | undefined {
    switch (seen.kind) {
      case 'tool-started': {
        const use = toolUse(seen.name, seen.input, this.#worktree);
        this.#begun.set(seen.id, { use, key: useKey(seen.name, seen.input), findings: seen.findings ?? [] });
        const [oldest] = this.#begun.keys();
        if (this.#begun.size > mostBegun && oldest !== undefined) this.#begun.delete(oldest);
        return undefined;
      }
      case 'asked':
        return this.#ask(seen.request, seen.findings ?? []);
      case 'tool-ended': {
        const begun = this.#begun.get(seen.id);
        this.#begun.delete(seen.id);
        if (begun === undefined || this.#asked.delete(seen.id) || this.#asked.delete(begun.key)) return undefined;
        return { use: begun.use, findings: begun.findings, at: 'after' };
      }
      default:
        return undefined;
    }
  }

  #ask({ kind, tool, input, use: id }: AgentRequest, findings: readonly Finding[]): Used | undefined {
    if (kind !== 'permission' || tool === undefined || input === undefined) return undefined;
    this.#asked.add(id ?? useKey(tool, input));
    return { use: toolUse(tool, input, this.#worktree), findings, at: 'before' };
  }
}

/**
 * The events of a moment of a tool, with what policy, breakpoints and permissions make of it: a request that the policy forbids is
 * denied, one that it or a breakpoint is true of says so, one that was allowed for good is answered, and an agent that did not ask
 * is interrupted.
 */
export function withStops(
  store: Store,
  session: Session,
  events: readonly NewEvent[],
  { used, policy, offset, nth, newId }: Looked,
): readonly NewEvent[] {
  const stops = armedStops(store, session);
  const moment = toolMoment(session.id, used.use, used.at, used.findings);
  const meeting = meetingOf(stops, moment);
  const ruling = rulingOn(policy, moment);
  const during = turnUnderWay(session);
  const seen = { session: session.id, offset, nth, during, hit: meeting.hit, spent: meeting.spent };
  const met = meeting.hit.length === 0 ? [] : [event('stop.met', seen)];
  if (used.at === 'before') {
    const raised = events.find(({ type }) => type === 'breakpoint.raised');
    return raised === undefined ? events : whileAsked(store, session, events, { raised, used, meeting, met, ruling });
  }
  if ((meeting.hit.length === 0 && ruling === undefined) || wasLookedAt(session, offset, nth)) return events;
  const why = ruling?.why ?? (meeting.holding.length === 0 ? undefined : because(meeting));
  if (why === undefined) return [...events, event('stop.met', seen)];
  const open = session.breakpoints.find(({ about, answer }) => about?.during === during && answer === undefined);
  const asked =
    open === undefined
      ? [event('stop.met', seen), questionAbout(session, used, { why, during, breakpoint: newId() })]
      : [event('stop.met', { ...seen, also: { breakpoint: open.id, ...lineOf(open, used, why) } })];
  return [...events, ...asked, ...interrupting(session)];
}

/**
 * Whether an engine before this one has shown the use to breakpoints: it has put on record what came of it, or of a later line. Which
 * breakpoints are set by now says nothing of it.
 */
function wasLookedAt({ met, streamOffset }: Session, offset: number, nth: number): boolean {
  if (offset < streamOffset) return true;
  if (met === undefined) return false;
  return offset < met.offset || (offset === met.offset && nth <= (met.nth ?? Infinity));
}

/** The turn that a use of a tool belongs to; the agent may tell of both at once. */
function turnUnderWay({ turn, lastTurn }: Session): number {
  return turn?.n ?? (lastTurn?.n ?? 0) + 1;
}

interface Looked {
  readonly used: Used;
  readonly policy: Policy;
  /** Where the line of it ends, bytes of the stream. */
  readonly offset: number;
  /** Which of the uses of that line it is, from 0. */
  readonly nth: number;
  readonly newId: () => string;
}

interface Asked {
  readonly raised: NewEvent;
  readonly used: Used;
  readonly meeting: Meeting;
  readonly met: readonly NewEvent[];
  readonly ruling: Ruling | undefined;
}

function whileAsked(
  store: Store,
  session: Session,
  events: readonly NewEvent[],
  { raised, used, meeting, met, ruling }: Asked,
): readonly NewEvent[] {
  const by = letThroughBy(store, session, used);
  const held = meeting.holding.length > 0 || ruling?.say === 'ask';
  const why = ruling?.why ?? (held ? because(meeting) : whyAsked(session, used));
  const told = events.map((each) => (each === raised ? { ...each, data: { ...each.data, why } } : each));
  const breakpoint = String(raised.data['breakpoint']);
  if (ruling?.say === 'forbid') {
    const denied = {
      session: session.id,
      breakpoint,
      answer: { choice: 'deny', reason: why } as const,
      by: 'approval policy',
    };
    return [...told, ...met, event('breakpoint.resolved', denied)];
  }
  if (by === undefined || held) return [...told, ...met];
  const answer = { choice: 'allow' } as const;
  return [...told, ...met, event('breakpoint.resolved', { session: session.id, breakpoint, answer, by })];
}

/** Who lets it through without asking a person: a permission that was given for it, or the session's level. */
function letThroughBy(store: Store, session: Session, used: Used): string | undefined {
  const grant = grantFor(store, session, used);
  if (grant !== undefined) return `permission ${grant} given earlier`;
  return isLetThrough(session, used.use, used.findings) ? 'level autonomous, nothing dangerous was seen' : undefined;
}

/** A permission that was given for this use. Nothing dangerous has one, and who wants to see each step is asked all the same. */
function grantFor(store: Store, session: Session, { use, findings }: Used): string | undefined {
  if (isNeverRemembered(findings) || session.supervision?.level === 'guided') return undefined;
  const grants = store.all('grant').filter(({ repository }) => repository === session.repository.id);
  return grants.find((each) => isGranted(each, { session: session.id, ...use }))?.id;
}

function because({ holding }: Meeting): string {
  return `A breakpoint holds it: ${holding.map(({ predicate }) => predicateText(predicate)).join('; ')}.`;
}

function whyAsked(session: Session, { findings }: Used): string {
  if (findings.length > 0) return 'The agent asks, and it is dangerous: such a permission is never remembered.';
  return session.supervision?.level === 'guided'
    ? 'The agent asks, and you want to see each step (guided).'
    : 'The agent asks, and no permission was given earlier that covers it.';
}

interface Held {
  readonly why: string;
  readonly during: number;
  readonly breakpoint: string;
}

function questionAbout({ id: session }: Session, { use }: Used, { why, during, breakpoint }: Held): NewEvent {
  const what = doneBy(use);
  const detail = `${why}\n\nThe agent did not ask before ${use.tool}, so that it was done already:\n${what}`;
  const title = `Breakpoint: ${use.tool} ${what}`.slice(0, 200);
  return event('breakpoint.raised', {
    ...{ session, breakpoint, kind: 'decision', title, detail, why },
    about: { hold: true, stopped: true, during },
  });
}

/** So many uses are named in a question beside its own: an agent that does not stop makes it no longer than can be read. */
const mostNamed = 20;

/** What an agent did before its interruption arrived belongs to the question that it is interrupted for: one, with all of it. */
function lineOf({ why: first, also = 0 }: Breakpoint, { use }: Used, why: string): { readonly line?: string } {
  if (also > mostNamed) return {};
  if (also === mostNamed) return { line: 'and more after that: see the conversation.' };
  const reason = first === why ? '' : ` (${why})`;
  return { line: `and ${use.tool} ${oneLine(doneBy(use), 200)}${reason}` };
}

function doneBy({ command, paths }: ToolUse): string {
  return command ?? paths.join(', ');
}

function interrupting({ id: session, turn, interrupting: already }: Session): readonly NewEvent[] {
  return turn === undefined || already === true ? [] : [event('session.interrupting', { session })];
}
