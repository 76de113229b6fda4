import type { Command } from './index.ts';

/** Coppice: Show Log */
export const showLog: Command = (app) => () => app.log.show();
