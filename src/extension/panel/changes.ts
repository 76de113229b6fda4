/** What a session changed, as the panel lists it and as VS Code's own diff editors show it. */
import * as l10n from '@vscode/l10n';
import { defined } from '../../core/defined.ts';
import { CoppiceError } from '../../core/errors.ts';
import type { FileDiffView } from '../../protocol/diff-schemas.ts';
import type { PanelFile } from '../../protocol/webview/session-panel.ts';
import type { EngineLink } from '../engine/link.ts';
import { openAll, openFile } from '../review/diffs.ts';

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
  const { session, worktree } = compared;
  const side = { session, worktree, from: 'base', to: 'worktree' } as const;
  if (path !== undefined) await openFile({ ...side, title: l10n.t('since the base') }, first);
  else await openAll({ ...side, title: l10n.t('Changes of {0}', compared.title) }, chosen);
}
