import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { pageOf } from './page.ts';

/** Which page a webview shows: the bundle `dist/webview/<bundle>.{js,css}`, under a title for those who listen. */
export interface Dress {
  readonly bundle: string;
  readonly title: string;
}

/** Makes a webview show one of our pages: only its own script, style and icons, from `dist/webview` of the extension. */
export function dress(view: vscode.WebviewPanel, extension: vscode.Uri, { bundle, title }: Dress): void {
  const { webview } = view;
  const icon = (name: string): vscode.Uri => vscode.Uri.joinPath(extension, 'media', name);
  const folder = vscode.Uri.joinPath(extension, 'dist', 'webview');
  const file = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(folder, name)).toString();
  view.iconPath = { light: icon('tab-light.svg'), dark: icon('tab-dark.svg') };
  webview.options = { enableScripts: true, localResourceRoots: [folder] };
  webview.html = pageOf({
    title,
    language: vscode.env.language,
    source: webview.cspSource,
    script: file(`${bundle}.js`),
    style: file(`${bundle}.css`),
    nonce: randomBytes(16).toString('base64url'),
    texts: vscode.l10n.bundle ?? {},
  });
}
