import * as vscode from 'vscode';

/** Starts the VS Code front end. Everything that it makes is owned by `context.subscriptions`. */
export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel('Coppice', { log: true });
  context.subscriptions.push(
    log,
    vscode.commands.registerCommand('coppice.showLog', () => log.show()),
  );
}
