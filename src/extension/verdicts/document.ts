import * as vscode from 'vscode';
import type { Contribution } from '../contribution.ts';
import { Disposables } from '../lifecycle/disposables.ts';
import { verdictsText } from './text.ts';

const scheme = 'coppice-verdicts';

/** The document of a session's verdicts. */
export function verdictsUri(session: string, title: string): vscode.Uri {
  return vscode.Uri.from({ scheme, path: `/${title}.txt`, query: session });
}

/** Serves the documents, read anew from the engine while one is open and its session changes. */
export const verdictDocuments: Contribution = {
  name: 'Verdicts',
  register({ link }) {
    const owner = new Disposables();
    const changes = owner.add(new vscode.EventEmitter<vscode.Uri>());
    owner.add(
      vscode.workspace.registerTextDocumentContentProvider(scheme, {
        onDidChange: changes.event,
        provideTextDocumentContent: async ({ query }) =>
          verdictsText(await link.request('supervision/show', { session: query })),
      }),
    );
    owner.add(
      link.onRecords((records) => {
        const touched = new Set(records.map(({ data }) => data['session']));
        for (const { uri } of vscode.workspace.textDocuments) {
          if (uri.scheme === scheme && touched.has(uri.query)) changes.fire(uri);
        }
      }),
    );
    return owner;
  },
};
