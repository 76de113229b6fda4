import type { Command } from './command.ts';

/** Coppice: Refresh Sessions */
export const refreshSessions: Command = (app) => async () => {
  await app.places.refresh();
  app.all.reload();
};
