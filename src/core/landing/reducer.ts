import { defined } from '../defined.ts';
import type { Recorded } from '../events.ts';
import { withAnswer, withUnanswered } from '../supervision/unanswered.ts';
import type { Landing } from './state.ts';

/** The landing after the event; the same object when nothing changed. */
export function reduceLanding(id: string, landing: Landing | undefined, event: Recorded): Landing | undefined {
  if (event.type === 'landing.requested') return landing ?? requested(event);
  if (landing === undefined) return undefined;
  if (event.type === 'landing.landed' && event.data.reverts === id)
    return { ...landing, revertedBy: event.data.landing };
  return isOpen(landing) ? progressed(landing, event) : landing;
}

/** It has not come to an end. */
export function isOpen(landing: Landing): boolean {
  return landing.state === 'queued' || landing.state === 'built';
}

function requested({ seq, at, data }: Recorded<'landing.requested'>): Landing {
  const { landing: id, session, repository, way, target, tip, message, reverts, by } = data;
  const consents = { private: data.private, deletions: data.deletions };
  const request = defined({ id, session, repository, way, target, tip, message, reverts, by, ...consents });
  return { ...request, requestedAt: at, place: seq, state: 'queued', evidence: [] };
}

function progressed(landing: Landing, event: Recorded): Landing {
  switch (event.type) {
    case 'landing.sealed':
      return { ...landing, tip: event.data.tip };
    case 'landing.built': {
      const { build } = event.data;
      const evidence = landing.evidence.filter(({ tree }) => tree === build.tree);
      return { ...unheld(landing), state: 'built', build, evidence };
    }
    case 'landing.tested': {
      const { evidence } = event.data;
      const unanswered = withAnswer(landing.unanswered ?? [], evidence.command);
      return {
        ...doubtless(landing),
        evidence: [...landing.evidence, evidence],
        ...(unanswered.length > 0 && { unanswered }),
      };
    }
    case 'landing.untested':
      return { ...landing, unanswered: withUnanswered(landing.unanswered ?? [], event.data.command) };
    case 'landing.held':
      return { ...landing, held: event.data.why };
    case 'landing.overtaken':
      return { ...unheld(landing), state: 'queued' };
    case 'landing.landed':
      return { ...unheld(landing), state: 'landed', build: event.data.build, endedAt: event.at };
    case 'landing.refused': {
      const { error, conflicts } = event.data;
      const ended = { ...unheld(landing), state: 'refused' as const, error, endedAt: event.at };
      return conflicts === undefined ? ended : { ...ended, conflicts };
    }
    case 'landing.withdrawn':
      return { ...unheld(landing), state: 'withdrawn', endedAt: event.at };
    default:
      return landing;
  }
}

function doubtless({ unanswered: _, ...landing }: Landing): Landing {
  return landing;
}

function unheld({ held: _, ...landing }: Landing): Landing {
  return landing;
}
