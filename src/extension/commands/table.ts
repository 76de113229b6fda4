/** Every command that Coppice contributes; a test compares this list with package.json. */
export const commandIds = [
  'coppice.showLog',
  'coppice.startEngine',
  'coppice.refreshSessions',
  'coppice.openSession',
  'coppice.stopSession',
  'coppice.trustRepository',
] as const;

export type CommandId = (typeof commandIds)[number];
