/** What a session changed, in VS Code's own diff editors. Old sides are read-only documents that the engine answers for. */
import { join } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { defined } from '../../core/defined.ts';
import { CoppiceError } from '../../core/errors.ts';
import type { FileDiffView } from '../../protocol/diff-schemas.ts';
import type { PanelFile } from '../../protocol/webview/session-panel.ts';
import type { EngineLink } from '../engine/link.ts';
import type { Disposable } from '../lifecycle/disposables.ts';

/** Scheme of documents that show a file as it was where the session's work began. */
const scheme = 'coppice-base';
/** Files that a multi-diff editor is opened with. */
const mostAtOnce = 300;

/** Serves the files of base commits. */
export function serveBases(link: Pick<EngineLink, 'request'>): Disposable {
  return vscode.workspace.registerTextDocumentContentProvider(scheme, {
    async provideTextDocumentContent({ authority, path }, token) {
      const file = await link.request('diff/file', { session: authority, side: 'base', path: path.slice(1) });
      if (token.isCancellationRequested || file.state === 'missing') return '';
      if (file.state === 'too-large') return l10n.t('This file is too large to be shown here.');
      return file.encoding === 'text' ? file.content : l10n.t('This file is not text.');
    },
  });
}

/** A file of a comparison as the panel lists it. */
export function panelFile({ path, status, oldPath, insertions, deletions }: FileDiffView): PanelFile {
  const change = status === 'type-changed' ? 'modified' : status;
  return { path, change, ...defined({ from: oldPath, insertions, deletions }) };
}

/** What is compared: a session with its worktree. */
export interface Compared {
  readonly session: string;
  readonly title: string;
  readonly worktree: string;
}

/**
 * Opens the diff of one file, or of all.
 *
 * @throws CoppiceError `not-found` if the file, or everything, is as it was at the base
 */
export async function openChanges(link: Pick<EngineLink, 'request'>, compared: Compared, path?: string): Promise<void> {
  const { files } = await link.request('diff/summary', { session: compared.session });
  const chosen = path === undefined ? files : files.filter((each) => each.path === path);
  const [first] = chosen;
  if (first === undefined) {
    throw new CoppiceError(
      'not-found',
      path === undefined ? l10n.t('No file differs from the base.') : l10n.t('{0} is as it was at the base.', path),
      l10n.t('It shows here when something changes.'),
    );
  }
  if (path !== undefined) {
    const { before, after } = sidesOf(compared, first);
    const title = l10n.t('{0} (since the base)', first.path);
    await vscode.commands.executeCommand('vscode.diff', before, after, title, { preview: true });
    return;
  }
  const resources = chosen.slice(0, mostAtOnce).map((each) => {
    const { before, after } = sidesOf(compared, each);
    return [vscode.Uri.file(join(compared.worktree, each.path)), before, after];
  });
  await vscode.commands.executeCommand('vscode.changes', l10n.t('Changes of {0}', compared.title), resources);
}

function sidesOf({ session, worktree }: Compared, file: FileDiffView): { before: vscode.Uri; after: vscode.Uri } {
  const before = vscode.Uri.from({ scheme, authority: session, path: `/${file.oldPath ?? file.path}` });
  return { before, after: vscode.Uri.file(join(worktree, file.path)) };
}
