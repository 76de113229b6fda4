import * as vscode from 'vscode';
import { stepsAreWatched } from '../walkthrough/steps.ts';
import type { Command } from './index.ts';

/** Coppice: Get Started */
export const openWalkthrough: Command = (app) => async () => {
  const { id } = app.context.extension;
  await vscode.commands.executeCommand('workbench.action.openWalkthrough', `${id}#coppice.start`, false);
  await stepsAreWatched(app);
};
