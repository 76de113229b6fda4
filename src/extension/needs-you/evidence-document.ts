import * as vscode from 'vscode';
import type { BreakpointView } from '../../protocol/schemas.ts';
import type { App } from '../app.ts';
import type { Contribution } from '../contribution.ts';
import { together } from '../lifecycle/disposables.ts';
import { sessionLabel } from '../sessions/labels.ts';
import { evidenceText, kindLook } from './evidence.ts';

const scheme = 'coppice-evidence';

/** The document with all the evidence of a decision. */
export function evidenceUri(session: string, { id, kind }: Pick<BreakpointView, 'id' | 'kind'>): vscode.Uri {
  const query = new URLSearchParams({ session, breakpoint: id }).toString();
  return vscode.Uri.from({ scheme, path: `/${kindLook(kind).label}.txt`, query });
}

/** Evidence as read-only text: never as a language, so nothing in it is looked at but by the user. */
export const evidenceDocuments: Contribution = {
  name: 'Documents of evidence',
  register: (app) => {
    const kept = new Map<string, string>();
    const provider = vscode.workspace.registerTextDocumentContentProvider(scheme, {
      provideTextDocumentContent(uri) {
        const text = textOf(app, uri) ?? kept.get(uri.toString()) ?? '';
        kept.set(uri.toString(), text);
        return text;
      },
    });
    // A decision that was made is gone from the engine's list; its document stays readable until it is closed.
    const closing = vscode.workspace.onDidCloseTextDocument(({ uri }) => kept.delete(uri.toString()));
    return together(provider, closing);
  },
};

function textOf({ all }: App, uri: vscode.Uri): string | undefined {
  const query = new URLSearchParams(uri.query);
  const need = all.needs.find(
    ({ session, breakpoint }) => session.id === query.get('session') && breakpoint.id === query.get('breakpoint'),
  );
  return need === undefined ? undefined : evidenceText(need.breakpoint, sessionLabel(need.session));
}
