import * as vscode from 'vscode';
import type { SessionView } from '../../protocol/schemas.ts';
import type { Contribution } from '../contribution.ts';
import { together } from '../lifecycle/disposables.ts';
import { colourId, lookOf } from './status-look.ts';

const scheme = 'coppice-session';

/** The resource that stands for a session wherever VS Code decorates one. */
export function decorationUri({ id }: Pick<SessionView, 'id'>): vscode.Uri {
  return vscode.Uri.from({ scheme, path: `/${id}` });
}

/** A letter and a colour by status, on rows of sessions. */
export const sessionDecorations: Contribution = {
  name: 'Decorations of sessions',
  register({ sessions }) {
    const changes = new vscode.EventEmitter<vscode.Uri[]>();
    const following = sessions.onChange((changed) => {
      changes.fire([...changed.keys()].map((id) => decorationUri({ id })));
    });
    const provider = vscode.window.registerFileDecorationProvider({
      onDidChangeFileDecorations: changes.event,
      provideFileDecoration(uri) {
        if (uri.scheme !== scheme) return undefined;
        const session = sessions.entries.get(uri.path.slice(1))?.session;
        if (session === undefined) return undefined;
        const { letter, colour, label } = lookOf(session.status);
        if (letter === undefined && colour === undefined) return undefined;
        return new vscode.FileDecoration(
          letter,
          label,
          colour === undefined ? undefined : new vscode.ThemeColor(colourId(colour)),
        );
      },
    });
    return together(changes, following, provider);
  },
};
