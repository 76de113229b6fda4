import { join } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { oneLine } from '../../core/printable.ts';
import type { App } from '../app.ts';
import type { Contribution } from '../contribution.ts';
import { together } from '../lifecycle/disposables.ts';

/**
 * Offers `coppice mcp` to the models of the editor, one server for each repository of a trusted window that may be trusted itself.
 * VS Code may start a server by itself, so a start asks nobody; what a server is asked for, the engine refuses without trust.
 */
export const mcpServers: Contribution = {
  name: 'MCP servers',
  register(app) {
    const changes = new vscode.EventEmitter<void>();
    return together(
      changes,
      app.places.onChange(() => changes.fire()),
      vscode.workspace.onDidGrantWorkspaceTrust(() => changes.fire()),
      vscode.lm.registerMcpServerDefinitionProvider('coppice.sessions', {
        onDidChangeMcpServerDefinitions: changes.event,
        provideMcpServerDefinitions: () => serversOf(app),
      }),
    );
  },
};

function serversOf({ context, home, places, version }: App): vscode.McpServerDefinition[] {
  if (!vscode.workspace.isTrusted) return [];
  const roots = [...new Set(places.list.filter(({ trust }) => trust?.trusted !== false).map(({ root }) => root))];
  return roots.map((root) => {
    const server = new vscode.McpStdioServerDefinition(
      roots.length === 1 ? 'Coppice' : l10n.t('Coppice ({0})', oneLine(root, 100)),
      process.execPath,
      [join(context.extensionPath, 'dist', 'cli.js'), 'mcp', '--repo', root],
      { COPPICE_HOME: home, ELECTRON_RUN_AS_NODE: '1' },
      version,
    );
    server.cwd = vscode.Uri.file(root);
    return server;
  });
}
