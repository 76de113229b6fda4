import { join } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { oneLine } from '../../core/printable.ts';
import type { App } from '../app.ts';
import type { Contribution } from '../contribution.ts';
import { together } from '../lifecycle/disposables.ts';
import { confirmTrust } from '../trust/with-consent.ts';

/**
 * Offers `coppice mcp` to the models of the editor, one server for each repository of a trusted window. Offering asks nothing and
 * starts nothing; whoever starts a server is asked first whether the repository is trusted.
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
        resolveMcpServerDefinition: async (server) => resolved(app, server),
      }),
    );
  },
};

function serversOf({ context, home, places, version }: App): vscode.McpServerDefinition[] {
  if (!vscode.workspace.isTrusted) return [];
  const roots = [...new Set(places.list.map(({ root }) => root))];
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

/** The server, when the repository is trusted or becomes so; undefined after a no, and it is not started. */
async function resolved(app: App, server: vscode.McpServerDefinition): Promise<vscode.McpServerDefinition | undefined> {
  const root = server instanceof vscode.McpStdioServerDefinition ? server.cwd?.fsPath : undefined;
  if (root === undefined || !vscode.workspace.isTrusted) return undefined;
  const { trusted } = await app.link.request('trust/state', { path: root });
  if (trusted) return server;
  try {
    await confirmTrust(app, root);
    return server;
  } catch (error) {
    if (error instanceof vscode.CancellationError) return undefined;
    throw error;
  }
}
