import type { AgentEvent } from '../../core/agent/events.ts';
import type { Finding } from '../../core/supervision/finding.ts';
import { worktreeSeen } from '../../core/supervision/moments.ts';
import { circle, noUses, silence, useKey, withUse, type Uses } from '../../core/supervision/repetition.ts';
import { toolErrorOf } from '../../core/supervision/tool-errors.ts';
import type { Session } from '../../core/session/state.ts';
import type { Settings } from '../../core/settings/settings.ts';
import { usualBranches, usualHosts, usualScratch, type Place } from '../../supervision/monitor/place.ts';
import { inspectTool } from '../../supervision/monitor/tools.ts';
import { shown } from '../../supervision/monitor/text.ts';
import type { Activity } from './activity.ts';
import { OwnChecks } from './own-checks.ts';

/** What the monitor has to know of the session's surroundings. Without `settings` (a file that cannot be read) defaults hold. */
export function monitorPlace(
  session: Session,
  settings: Settings | undefined,
  worktrees: readonly string[],
): Place | undefined {
  if (session.worktree === undefined) return undefined;
  const root = settings === undefined ? [] : [settings['worktrees.root']];
  return {
    worktree: worktreeSeen(session),
    home: session.requester.env['HOME'] ?? '/root',
    others: [session.repository.root, ...root, ...worktrees],
    scratch: usualScratch,
    hosts: settings?.['monitor.hosts'] ?? usualHosts,
    protectedBranches: usualBranches,
  };
}

/** Looks at what an agent does, event by event, and notes what a person should know. It decides nothing. */
export class StreamMonitor {
  readonly #place: Place;
  readonly #activity: Activity;
  readonly #checks: OwnChecks;
  #uses: Uses = noUses;

  /** `gates`: the commands of the session's gates. */
  constructor(place: Place, activity: Activity, gates: readonly (readonly string[])[] = []) {
    this.#place = place;
    this.#activity = activity;
    this.#checks = new OwnChecks(place, gates);
  }

  /** The event, with what is dangerous about it; the end of a turn, with the check that the agent ran last. Once for each, in order. */
  look(seen: AgentEvent): AgentEvent {
    const checked = this.#checks.note(seen);
    switch (seen.kind) {
      case 'turn-ended':
        return checked === undefined ? seen : { ...seen, checked };
      case 'tool-started':
        this.#repeated(seen.name, seen.input);
        return withFindings(seen, this.#inspect(seen.name, seen.input));
      case 'asked': {
        const { kind, tool, input } = seen.request;
        if (kind !== 'permission' || tool === undefined || input === undefined) return seen;
        return withFindings(seen, this.#inspect(tool, input));
      }
      case 'tool-ended':
        if (!seen.ok && seen.denied !== true) this.#failed(seen.output);
        return seen;
      default:
        return seen;
    }
  }

  /** Notes that an agent at work has said nothing for longer than `limitMs`. Times are in milliseconds since 1970. */
  listen(session: Session, now: number, limitMs: number): void {
    const { turn } = session;
    const { lastAt } = this.#activity;
    if (turn === undefined || turn.heldSince !== undefined || lastAt === undefined) return;
    if (silence(lastAt, now, limitMs) === undefined) return;
    const since = new Date(lastAt).toISOString();
    this.#activity.warn('warning', `The agent has said nothing since ${since}.`);
  }

  #inspect(tool: string, input: Readonly<Record<string, unknown>>): readonly Finding[] {
    const findings = inspectTool(tool, input, this.#place);
    for (const { severity, sentence } of findings) this.#activity.warn(severity, sentence);
    return findings;
  }

  #repeated(tool: string, input: Readonly<Record<string, unknown>>): void {
    this.#uses = withUse(this.#uses, useKey(tool, input));
    const times = circle(this.#uses);
    if (times === undefined) return;
    this.#activity.warn('warning', `The agent has used ${shown(tool, 60)} ${times} times with the same input.`);
  }

  #failed(output: string): void {
    const { kind, severity } = toolErrorOf(output);
    if (kind !== 'failed') this.#activity.warn(severity, `A tool of the agent failed: ${kind}.`);
  }
}

function withFindings<E extends AgentEvent>(seen: E, findings: readonly Finding[]): E {
  return findings.length === 0 ? seen : { ...seen, findings };
}
