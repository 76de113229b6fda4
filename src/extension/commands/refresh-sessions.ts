import type { Command } from './index.ts';

/** Coppice: Refresh Sessions */
export const refreshSessions: Command = (app) => async () => {
  await app.places.refresh();
  app.all.reload();
};
