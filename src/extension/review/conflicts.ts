/** Both sides of a file that is in conflict, or on which two sessions overlap, as read-only documents. */
import * as vscode from 'vscode';
import type { EngineLink } from '../engine/link.ts';
import type { Disposable } from '../lifecycle/disposables.ts';

const scheme = 'coppice-conflict';

/** Which side of a conflict: the branch that is landed in, or the session's. */
export type ConflictSide = 'target' | 'session';

/** The document of one side. */
export function conflictUri(session: string, path: string, side: ConflictSide): vscode.Uri {
  const query = JSON.stringify({ side, path });
  return vscode.Uri.from({ scheme, authority: session, path: `/${path.toWellFormed()}`, query });
}

/** Serves the documents. */
export function serveConflicts(link: Pick<EngineLink, 'request'>): Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(scheme, {
    async provideTextDocumentContent({ authority, query }) {
      const asked = parse(query);
      if (asked === undefined) return '';
      const texts = await link.request('landing/conflict', { session: authority, path: asked.path });
      return texts[asked.side] ?? '';
    },
  });
}

function parse(query: string): { side: ConflictSide; path: string } | undefined {
  try {
    const said: unknown = JSON.parse(query);
    if (typeof said !== 'object' || said === null || !('side' in said) || !('path' in said)) return undefined;
    const { side, path } = said;
    return (side === 'target' || side === 'session') && typeof path === 'string' ? { side, path } : undefined;
  } catch {
    return undefined;
  }
}
