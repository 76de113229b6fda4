import * as vscode from 'vscode';
import type { Command } from './index.ts';

/** Coppice: Get Started */
export const openWalkthrough: Command = (app) => async () => {
  // Its first step is done where the window has a repository; nobody may have looked for one yet.
  await app.places.refresh();
  const { id } = app.context.extension;
  await vscode.commands.executeCommand('workbench.action.openWalkthrough', `${id}#coppice.start`, false);
};
