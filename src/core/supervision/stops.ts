/** Breakpoints that people set, and permissions that they gave for good: entities of a repository, each with its events. */
import type { Recorded } from '../events.ts';
import { matches, type BreakpointSpec } from './predicate.ts';

/** A breakpoint that was set. `hits` counts the moments that it was true of, held or not. Times are in milliseconds since 1970. */
export interface Stop {
  readonly id: string;
  readonly repository: string;
  readonly spec: BreakpointSpec;
  readonly hits: number;
  /** The last turn in which it was true of a tool. */
  readonly seen?: { readonly session: string; readonly turn: number };
  readonly by: string;
  readonly at: number;
}

/** What may be done without asking again: one tool, with a command or a path that matches. */
export interface Grant {
  readonly id: string;
  readonly repository: string;
  /** Absent: every session of the repository. */
  readonly session?: string;
  readonly tool: string;
  /** `*` is any text. Of a command it never passes what joins commands. */
  readonly pattern: string;
  readonly by: string;
  readonly at: number;
}

/** Data of their events. */
export interface StopEvents {
  'stop.set': { repository: string; spec: BreakpointSpec; by: string };
  'stop.removed': { stop: string; by: string };
  /**
   * A moment was looked at: before a prompt, after a turn, the `nth` use of a tool (from 0) of the line that ends at a byte of the stream, or the end of the work that a prompt began.
   * `spent` were to hold once; `during` is the turn of a tool. `also`: it belongs to a question that is open, which gets this line.
   */
  'stop.met': {
    session: string;
    prompt?: number;
    turn?: number;
    offset?: number;
    nth?: number;
    end?: number;
    during?: number;
    hit: readonly string[];
    spent: readonly string[];
    also?: { readonly breakpoint: string; readonly line?: string };
  };
  'grant.given': { grant: string; repository: string; only?: string; tool: string; pattern: string; by: string };
  'grant.withdrawn': { grant: string; by: string };
  /** A prompt that was not given yet says something else. */
  'prompt.edited': { session: string; prompt: number; text: string };
}

/** The breakpoints that an event is about. */
export function stopsOf(event: Recorded): readonly string[] {
  switch (event.type) {
    case 'stop.set':
      return [event.data.spec.id];
    case 'stop.removed':
      return [event.data.stop];
    case 'stop.met':
      return event.data.hit;
    default:
      return [];
  }
}

/** The breakpoint after the event; undefined once it was removed, or has held the once that it was to. */
export function reduceStop(id: string, stop: Stop | undefined, event: Recorded): Stop | undefined {
  switch (event.type) {
    case 'stop.set': {
      const { repository, spec, by } = event.data;
      return { id, repository, spec, hits: stop?.hits ?? 0, by, at: stop?.at ?? event.at };
    }
    case 'stop.removed':
      return undefined;
    case 'stop.met':
      if (stop === undefined || event.data.spent.includes(id)) return undefined;
      return { ...stop, hits: stop.hits + 1, ...seenBy(event.data) };
    default:
      return stop;
  }
}

function seenBy({ session, during }: StopEvents['stop.met']): Pick<Stop, 'seen'> {
  return during === undefined ? {} : { seen: { session, turn: during } };
}

/** The permission after the event. */
export function reduceGrant(grant: Grant | undefined, event: Recorded): Grant | undefined {
  if (event.type === 'grant.withdrawn') return undefined;
  if (event.type !== 'grant.given') return grant;
  const { grant: id, repository, only, tool, pattern, by } = event.data;
  return { ...{ id, repository, tool, pattern, by, at: event.at }, ...(only === undefined ? {} : { session: only }) };
}

/** What joins or nests commands: a pattern with a `*` does not reach over it. */
const joining = /[;&|<>`$(){}\n\r\\]/u;

/** Whether a permission holds for a use of a tool. What is not known of it matches nothing. */
export function isGranted(
  { tool, pattern, session }: Grant,
  use: {
    readonly session: string;
    readonly tool: string;
    readonly command?: string;
    readonly paths: readonly string[];
  },
): boolean {
  if (tool !== use.tool || (session !== undefined && session !== use.session)) return false;
  if (use.command !== undefined) {
    if (pattern === use.command) return true;
    return !joining.test(use.command) && matches(pattern, use.command, false);
  }
  return use.paths.length > 0 && use.paths.every((each) => !each.startsWith('..') && matches(pattern, each, true));
}
