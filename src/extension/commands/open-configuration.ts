import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Command } from './command.ts';

/** What a configuration file begins with. */
const head = `# Settings of Coppice for all front ends. Every key and its meaning: docs/guides/configuration.md
# limits:
#   running: 3
`;

/** Coppice: Open Configuration File. The user's own, which decides over the settings of the editor. */
export const openConfiguration: Command = (app) => async () => {
  const uri = vscode.Uri.file(join(app.home, 'config.yaml'));
  try {
    await vscode.workspace.fs.stat(uri);
  } catch {
    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(head));
  }
  await vscode.window.showTextDocument(uri);
};
