/** What landings change in the session whose work they bring home. */
import type { Recorded } from '../events.ts';
import { patch } from '../session/patch.ts';
import type { Session } from '../session/state.ts';
import type { LandingEvents } from './state.ts';

/** The events that `landingFolds` are for. */
export type HomecomingEvents = Pick<
  LandingEvents,
  'landing.requested' | 'landing.landed' | 'landing.refused' | 'landing.withdrawn'
>;

/** A landing that came to nothing takes with it only the acceptance that was its own. */
function unaccepted(session: Session, landing: string): Session {
  return session.acceptance?.landing === landing ? patch(session, { acceptance: undefined }) : session;
}

export const landingFolds: {
  readonly [K in keyof HomecomingEvents]: (session: Session, event: Recorded<K>) => Session;
} = {
  'landing.requested': (session, { data }) =>
    data.reverts === undefined
      ? { ...session, acceptance: { landing: data.landing, prompts: data.prompts, landed: false } }
      : session,
  'landing.landed': (session, { data }) => {
    if (data.reverts !== undefined) return unaccepted(session, data.reverts);
    const { acceptance } = session;
    return acceptance?.landing === data.landing ? { ...session, acceptance: { ...acceptance, landed: true } } : session;
  },
  'landing.refused': (session, { data }) => unaccepted(session, data.landing),
  'landing.withdrawn': (session, { data }) => unaccepted(session, data.landing),
};
