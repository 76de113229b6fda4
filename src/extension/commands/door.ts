import * as vscode from 'vscode';
import type { Disposable } from '../lifecycle/disposables.ts';
import type { Log } from '../log/logger.ts';
import { tellError } from './tell-error.ts';
import * as l10n from '@vscode/l10n';
import { CoppiceError } from '../../core/errors.ts';
import { looking, type CommandId, type RowCommandId } from './table.ts';

/** What a command does. Its arguments come from menus, keys and other extensions, so nothing is known of them. */
export type Handler = (...given: readonly unknown[]) => Promise<void> | void;

/** The door to VS Code's commands. */
export interface Commands {
  /** An error of the handler is told to the user; a cancellation is not an error. */
  register(id: CommandId | RowCommandId, handler: Handler): Disposable;
  /** Runs a command of ours. */
  run(id: CommandId, ...given: readonly unknown[]): Promise<void>;
  /** Runs what a row stands for. */
  follow(target: vscode.Command): Promise<void>;
}

/** Opens the door. */
export function openCommands(log: Log): Commands {
  return {
    register: (id, handler) =>
      vscode.commands.registerCommand(id, async (...given: readonly unknown[]) => {
        try {
          if (!looking.has(id)) requireTrustedWindow();
          await handler(...given);
        } catch (error) {
          await tellError(error, log);
        }
      }),
    run: async (id, ...given) => {
      await vscode.commands.executeCommand(id, ...given);
    },
    follow: async ({ command, arguments: given = [] }) => {
      await vscode.commands.executeCommand(command, ...(given as readonly unknown[]));
    },
  };
}

/** A window in Restricted Mode only looks, whichever way something was asked for: throws `untrusted` there. */
export function requireTrustedWindow(): void {
  if (vscode.workspace.isTrusted) return;
  throw new CoppiceError(
    'untrusted',
    l10n.t('This window is in Restricted Mode: nothing is started or changed from it.'),
    l10n.t('Trust the workspace first (“Workspaces: Manage Workspace Trust”).'),
  );
}
