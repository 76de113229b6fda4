/** The supervisor panels of a window: one for each session, brought back with the window. */
import type { Contribution } from '../contribution.ts';
import { bringBack, OneEach } from '../panel/one-each.ts';
import type { PanelServices } from '../panel/services.ts';
import type { SupervisorPanel } from './supervisor-panel.ts';

const viewType = 'coppice.supervisor';

/** Opens the supervisor's record of sessions. */
export type SupervisorPanels = OneEach<SupervisorPanel>;

/** Keeps the panels that are open. What they are made of is read when the first one is shown. */
export function openSupervisors(services: PanelServices & { readonly openSession: OpenSession }): SupervisorPanels {
  return new OneEach(viewType, async () => {
    const { SupervisorPanel: Made } = await import('./supervisor-panel.ts');
    return (session, view) => new Made(services, session, view);
  });
}

/** Shows a session's own panel. */
export type OpenSession = (session: string) => Promise<void>;

/** Brings panels back after a reload. */
export const registerSupervisors: Contribution = {
  name: 'Supervisor panel',
  register: ({ supervisors }) => bringBack(viewType, (session, view) => supervisors.adopt(session, view)),
};
