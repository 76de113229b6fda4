import type { App } from '../app.ts';
import type { Contribution } from '../contribution.ts';
import { together } from '../lifecycle/disposables.ts';
import type { Handler } from './door.ts';
import { openSession } from './open-session.ts';
import { refreshSessions } from './refresh-sessions.ts';
import { showLog } from './show-log.ts';
import { startEngine } from './start-engine.ts';
import { stopSession } from './stop-session.ts';
import { commandIds, type CommandId } from './table.ts';
import { trustRepository } from './trust-repository.ts';

/** A command, given what features share. */
export type Command = (app: App) => Handler;

/** One per id: a missing one is a compile error. */
const commands: { readonly [K in CommandId]: Command } = {
  'coppice.showLog': showLog,
  'coppice.startEngine': startEngine,
  'coppice.refreshSessions': refreshSessions,
  'coppice.openSession': openSession,
  'coppice.stopSession': stopSession,
  'coppice.trustRepository': trustRepository,
};

/** Registers every command. */
export const registerCommands: Contribution = {
  name: 'Commands',
  register: (app) => together(...commandIds.map((id) => app.commands.register(id, commands[id](app)))),
};
