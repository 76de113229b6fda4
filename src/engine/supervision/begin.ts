import type { NewEvent } from '../../core/domain.ts';
import { event } from '../../core/events.ts';
import { queues } from '../../core/session/mode.ts';
import type { Session } from '../../core/session/state.ts';
import type { Settings } from '../../core/settings/settings.ts';
import { asksEachTurn } from '../../core/supervision/decision.ts';
import type { QualityGate } from '../../core/supervision/gate.ts';
import type { SessionContext } from '../sessions/context.ts';

/** The gates that the settings of a repository name. */
export function gatesOf(settings: Pick<Settings, 'supervision.gates'>): readonly QualityGate[] {
  return settings['supervision.gates'].map((command) => ({ kind: 'test', command: [...command], from: 'settings' }));
}

/**
 * Gates run on this host, and what they run was written by the agent. One that was shut into a container, or works on another host, does
 * not get out of it that way: only where a person lets work run here unattended.
 */
function mayRunHere(context: SessionContext, session: Session): boolean {
  if (context.executor(session).capabilities.isolation === 'none') return true;
  return context.store.get('repository', session.repository.id)?.host === true;
}

/**
 * Who judges the session's turns from here on, on record before its agent can touch a file. Judged is what works unattended,
 * where there is somebody to judge: gates, a model that was named, or a person who wants to be asked after each turn.
 */
export async function begunSupervision(context: SessionContext, session: Session): Promise<readonly NewEvent[]> {
  const settings = await context.settings(session);
  const gates = mayRunHere(context, session) ? gatesOf(settings) : [];
  const level = session.supervision?.level ?? settings['supervision.level'];
  const model = settings['supervision.model'];
  const named = model !== 'auto' && model !== 'none';
  const unattended = queues(session.mode);
  const judged = unattended && (gates.length > 0 || named || asksEachTurn(level));
  // The level counts for tools also where nobody judges turns.
  if (!judged && !(unattended && level === 'autonomous') && session.supervision === undefined) return [];
  return [event('supervision.begun', { session: session.id, level, gates, review: judged && model !== 'none' })];
}
