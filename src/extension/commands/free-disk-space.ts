import { basename } from 'node:path';
import * as l10n from '@vscode/l10n';
import * as vscode from 'vscode';
import { oneLine } from '../../core/printable.ts';
import type { ResultOf, Requests } from '../../protocol/contract.ts';
import { showInformationMessage, showWarningMessage } from '../messages/messages.ts';
import type { Command } from './command.ts';

type Plan = ResultOf<Requests, 'worktree/cleanup'>;

const linesMost = 12;
const answerMs = 10 * 60_000;

/** Coppice: Free Disk Space… Shows what would be removed first; what is not on a branch is never removed. */
export const freeDiskSpace: Command = (app) => async (given) => {
  const named = typeof given === 'object' && given !== null && 'root' in given ? given.root : undefined;
  const path = typeof named === 'string' ? named : await app.places.choose(l10n.t('Free Disk Space'));
  const clean = async (dryRun: boolean): Promise<Plan> =>
    vscode.window.withProgress({ location: { viewId: 'coppice.sessions' } }, async () =>
      app.link.request('worktree/cleanup', { path, dryRun }, { timeoutMs: answerMs }),
    );
  const plan = await clean(true);
  if (plan.removed.length === 0) {
    await showInformationMessage(l10n.t('No worktree can be removed.'), {
      modal: true,
      detail: lines(plan.kept),
    });
    return;
  }
  const remove = l10n.t('Remove');
  const count = plan.removed.length;
  const question = count === 1 ? l10n.t('Remove 1 worktree?') : l10n.t('Remove {0} worktrees?', count);
  const promise = l10n.t('Branches stay, and what was not committed is kept in git, so that it can be brought back.');
  const kept = plan.kept.length === 0 ? '' : `\n\n${l10n.t('Kept:')}\n${lines(plan.kept)}`;
  const detail = `${promise}\n\n${l10n.t('To be removed:')}\n${lines(plan.removed)}${kept}`;
  if ((await showWarningMessage(question, { modal: true, detail }, remove)) !== remove) return;
  const done = await clean(false);
  const removed = done.removed.length;
  vscode.window.setStatusBarMessage(
    removed === 1 ? l10n.t('1 worktree was removed.') : l10n.t('{0} worktrees were removed.', removed),
    5000,
  );
};

/** By the names of their folders: that is how people know them, and paths would fill the dialog. */
function lines(worktrees: readonly { readonly path: string; readonly reason: string }[]): string {
  const shown = worktrees
    .slice(0, linesMost)
    .map(({ path, reason }) => `• ${oneLine(basename(path), 80)}: ${oneLine(reason, 120)}`);
  const more = worktrees.length - shown.length;
  return [...shown, ...(more > 0 ? [l10n.t('… and {0} more', more)] : [])].join('\n');
}
