/** What a session changed, as the panel lists it and as VS Code's own diff editors show it. */
import * as l10n from '@vscode/l10n';
import { defined } from '../../core/defined.ts';
import { CoppiceError } from '../../core/errors.ts';
import type { FileDiffView } from '../../protocol/diff-schemas.ts';
import type { PanelFile } from '../../protocol/webview/session-panel.ts';
import type { EngineLink } from '../engine/link.ts';
import { openFile } from '../review/diffs.ts';

/** A file of a comparison as the panel lists it. */
export function panelFile({ path, status, oldPath, insertions, deletions }: FileDiffView): PanelFile {
  const change = status === 'type-changed' ? 'modified' : status;
  return { path, change, ...defined({ from: oldPath, insertions, deletions }) };
}

/** What is compared: a session with its worktree. */
export interface Compared {
  readonly session: string;
  readonly worktree: string;
}

/**
 * Opens what changed in a file since the base.
 *
 * @throws CoppiceError `not-found` if the file is as it was at the base
 */
export async function openChange(link: Pick<EngineLink, 'request'>, compared: Compared, path: string): Promise<void> {
  const { files } = await link.request('diff/summary', { session: compared.session });
  const file = files.find((each) => each.path === path);
  if (file === undefined) {
    throw new CoppiceError(
      'not-found',
      l10n.t('{0} is as it was at the base.', path),
      l10n.t('It shows here when something changes.'),
    );
  }
  await openFile({ ...compared, from: 'base', to: 'worktree', title: l10n.t('since the base') }, file);
}
