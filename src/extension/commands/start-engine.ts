import type { Command } from './command.ts';

/** Coppice: Start Engine. Starts one, or tries again at once where that failed. */
export const startEngine: Command = (app) => async () => {
  app.link.retry();
  await app.link.request('engine/status', {});
};
