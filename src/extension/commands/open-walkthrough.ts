import * as vscode from 'vscode';
import type { Command } from './command.ts';

/** Coppice: Get Started */
export const openWalkthrough: Command = (app) => async () => {
  const { id } = app.context.extension;
  await vscode.commands.executeCommand('workbench.action.openWalkthrough', `${id}#coppice.start`, false);
};
