import type { Command } from './command.ts';

/** Coppice: Show Log */
export const showLog: Command = (app) => () => app.log.show();
