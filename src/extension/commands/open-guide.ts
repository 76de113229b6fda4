import * as vscode from 'vscode';
import type { Command } from './command.ts';

/** Coppice: Open Guide to the Settings. The page that is shipped with the extension: every setting, and what it means. */
export const openGuide: Command =
  ({ context }) =>
  async () => {
    const page = vscode.Uri.joinPath(context.extensionUri, 'docs', 'guides', 'configuration.md');
    await vscode.commands.executeCommand('markdown.showPreview', page);
  };
