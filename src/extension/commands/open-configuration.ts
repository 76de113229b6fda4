import { join } from 'node:path';
import * as vscode from 'vscode';
import type { Command } from './command.ts';

/** What a configuration file begins with. */
const head = `# Settings of Coppice for all front ends. Every key and its meaning: “Coppice: Open Guide to the Settings”,
# which is docs/guides/configuration.md.
# limits:
#   running: 3
`;

/** Coppice: Open Configuration File. The user's own, which decides over the settings of the editor; or the `file` with a mistake. */
export const openConfiguration: Command = (app) => async (file, line) => {
  if (typeof file === 'string' && file !== '') {
    const at = Math.max(0, Number(line) - 1);
    await vscode.window.showTextDocument(vscode.Uri.file(file), { selection: new vscode.Range(at, 0, at, 0) });
    return;
  }
  const uri = vscode.Uri.file(join(app.home, 'config.yaml'));
  try {
    await vscode.workspace.fs.stat(uri);
  } catch {
    await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(head));
  }
  await vscode.window.showTextDocument(uri);
};
