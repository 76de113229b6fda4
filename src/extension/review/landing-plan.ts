/** What a landing would do, in the words in which a person is asked. Pure. */
import * as l10n from '@vscode/l10n';
import { oneLine } from '../../core/printable.ts';
import type { LandingPreview } from '../../protocol/landing.ts';

export type Way = LandingPreview['way'];

/** The ways of landing, for a quick pick. */
export function ways(): { label: string; description: string; way: Way }[] {
  return [
    { label: l10n.t('Squash'), description: l10n.t('one commit with everything'), way: 'squash' },
    { label: l10n.t('Merge'), description: l10n.t('a merge commit; the commits stay as they are'), way: 'merge' },
    { label: l10n.t('Rebase'), description: l10n.t('each commit again, on top of the target'), way: 'rebase' },
  ];
}

/** The question and what it rests on. */
export function landingPlan(preview: LandingPreview): { title: string; detail: string } {
  const { target, files, insertions, deletions, commits, uncommitted, gates, checkout, privateFiles, unsigned } =
    preview;
  const { lost } = preview;
  const lines = [
    `${filesText(files)}, +${insertions} −${deletions}, ${commits.length === 1 ? l10n.t('1 commit') : l10n.t('{0} commits', commits.length)}`,
    ...(uncommitted > 0 ? [committedFirst(uncommitted)] : []),
    ...(lost === undefined
      ? []
      : [
          l10n.t(
            '{0} of {1} files are gone since its work ended. If that is not meant, roll back first.',
            lost.gone,
            lost.of,
          ),
        ]),
    ...(privateFiles.length > 0
      ? [
          l10n.t(
            'Your checkout keeps these out of git, and .worktreeinclude had copied them: {0}',
            privateFiles.map((path) => oneLine(path, 120)).join(', '),
          ),
        ]
      : []),
    ...(preview.defaultBranch ? [l10n.t('{0} is the default branch of this repository.', target)] : []),
    ...gates.map((gate) => l10n.t('Gate: {0}', oneLine(gate.join(' '), 120))),
    ...(checkout?.waits === undefined ? [] : [l10n.t('It will wait: {0}', oneLine(checkout.waits, 300))]),
    ...(unsigned ? [l10n.t('Its commits are not signed, although git is set to sign yours.')] : []),
    l10n.t('It can be taken back afterwards.'),
  ];
  return { title: l10n.t('Land this in {0}?', oneLine(target, 100)), detail: lines.join('\n') };
}

/** `1 file`, `2 files`. */
export function filesText(files: number): string {
  return files === 1 ? l10n.t('1 file') : l10n.t('{0} files', files);
}

function committedFirst(files: number): string {
  if (files === 1) return l10n.t('1 file is not committed yet and is committed first.');
  return l10n.t('{0} files are not committed yet and are committed first.', files);
}

/** The button that says yes to all of it. Files that git ignores in the checkout, or that are gone, are no part of an ordinary yes. */
export function landingButton({ uncommitted, privateFiles, lost }: LandingPreview): string {
  if (lost !== undefined) return l10n.t('Land without the Files That Are Gone');
  if (privateFiles.length > 0) {
    return uncommitted > 0 ? l10n.t('Commit and Land with These Files') : l10n.t('Land with These Files');
  }
  return uncommitted > 0 ? l10n.t('Commit and Land') : l10n.t('Land');
}
