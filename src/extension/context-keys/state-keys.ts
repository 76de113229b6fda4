import type { App } from '../app.ts';
import type { Contribution } from '../contribution.ts';
import { together } from '../lifecycle/disposables.ts';
import { isAtWork } from '../sessions/status-look.ts';

/** Keeps the context keys about engine, repositories and sessions true. */
export const stateKeys: Contribution = {
  name: 'Context keys',
  register(app) {
    const places = (): void => {
      const { kind, list } = app.places;
      app.keys.set('coppice.place', kind);
      app.keys.set('coppice.repositoryTrusted', list.length > 0 && list.every(({ trust }) => trust?.trusted === true));
    };
    const engine = (): void => app.keys.set('coppice.engine', app.link.state.status);
    let waiting = 0;
    const sessions = (): void => {
      setSessionKeys(app);
      const { length } = app.sessions.needs;
      if (length < waiting) app.keys.set('coppice.decided', true);
      waiting = length;
    };
    const archive = (): void => app.keys.set('coppice.showsArchived', app.archive.shown);
    for (const each of [places, engine, sessions, archive]) each();
    return together(
      app.places.onChange(places),
      app.link.onState(engine),
      app.sessions.onChange(sessions),
      app.archive.onChange(archive),
    );
  },
};

function setSessionKeys({ keys, sessions }: App): void {
  // What was done once stays done.
  for (const { session } of sessions.entries.values()) {
    keys.set(session.agent === 'demo' ? 'coppice.demoStarted' : 'coppice.sessionStarted', true);
  }
  const shown = [...sessions.entries.values()].filter(({ session }) => !session.archived);
  keys.set('coppice.hasSessions', shown.length > 0);
  keys.set('coppice.needsYou', sessions.needs.length > 0);
  keys.set(
    'coppice.running',
    shown.some(({ session }) => isAtWork(session)),
  );
  keys.set(
    'coppice.queued',
    shown.some(({ session }) => session.status === 'queued'),
  );
}
