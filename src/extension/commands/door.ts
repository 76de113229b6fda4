import * as vscode from 'vscode';
import type { Disposable } from '../lifecycle/disposables.ts';
import type { Log } from '../log/logger.ts';
import { tellError } from './tell-error.ts';
import type { CommandId } from './table.ts';

/** What a command does. Its arguments come from menus, keys and other extensions, so nothing is known of them. */
export type Handler = (...given: readonly unknown[]) => Promise<void> | void;

/** The door to VS Code's commands. */
export interface Commands {
  /** An error of the handler is told to the user; a cancellation is not an error. */
  register(id: CommandId, handler: Handler): Disposable;
  /** Runs a command of ours. */
  run(id: CommandId, ...given: readonly unknown[]): Promise<void>;
}

/** Opens the door. */
export function openCommands(log: Log): Commands {
  return {
    register: (id, handler) =>
      vscode.commands.registerCommand(id, async (...given: readonly unknown[]) => {
        try {
          await handler(...given);
        } catch (error) {
          await tellError(error, log);
        }
      }),
    run: async (id, ...given) => {
      await vscode.commands.executeCommand(id, ...given);
    },
  };
}
