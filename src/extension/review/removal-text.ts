/** What removing a session would take away, in the words in which a person is asked. Pure. */
import * as l10n from '@vscode/l10n';
import { oneLine } from '../../core/printable.ts';
import type { SessionFacts } from '../../protocol/removal.ts';

const mostNames = 5;

/** Line by line. */
export function removalText(facts: SessionFacts): string {
  const { changed, untracked, unpushed, unlanded, ignored, repositories, children, teardown, worktree } = facts;
  const names = (list: readonly string[]): string => {
    const shown = list
      .slice(0, mostNames)
      .map((each) => oneLine(each, 80))
      .join(', ');
    return list.length > mostNames ? l10n.t('{0} and {1} more', shown, list.length - mostNames) : shown;
  };
  const open = children.filter(({ landed }) => !landed);
  return [
    ...(worktree === null ? [l10n.t('It has no worktree: only its record goes out of sight.')] : []),
    ...(changed > 0 ? [uncommitted(changed, untracked)] : []),
    ...(unlanded > 0 ? [notLanded(unlanded, unpushed)] : []),
    ...(ignored.length > 0 ? [l10n.t('Ignored by git, and made by no tool: {0}', names(ignored))] : []),
    ...(repositories.length > 0 ? [l10n.t('Repositories inside it: {0}', names(repositories))] : []),
    ...(open.length > 0
      ? [l10n.t('Sessions below it with work that has not landed: {0}', names(open.map(({ title }) => title)))]
      : []),
    ...(teardown.length > 0 ? [l10n.t('Runs first: {0}', names(teardown))] : []),
    ...facts.findings.map((each) => oneLine(each, 200)),
    l10n.t('All of it is kept, and can be brought back.'),
    ...(ignored.length + repositories.length > 0
      ? [l10n.t('What git does not hold (ignored files, repositories inside) is kept for a time.')]
      : []),
  ].join('\n');
}

/** Commits that a parent branch has need not be pushed. */
function notLanded(unlanded: number, unpushed: number): string {
  const landed = unlanded === 1 ? l10n.t('1 commit has not landed.') : l10n.t('{0} commits have not landed.', unlanded);
  if (unpushed === 0) return landed;
  const pushed = unpushed === 1 ? l10n.t('1 commit is not pushed.') : l10n.t('{0} commits are not pushed.', unpushed);
  return `${landed}\n${pushed}`;
}

function uncommitted(changed: number, untracked: number): string {
  if (changed > 1) return l10n.t('{0} files are not committed, {1} of them new.', changed, untracked);
  return untracked > 0 ? l10n.t('1 new file is not committed.') : l10n.t('1 file is not committed.');
}

/** What is said once it is removed. What git holds is kept; only what it does not hold is in the trash, until a day. */
export function removedText(title: string, facts: SessionFacts, until: string): string {
  const { ignored, repositories } = facts;
  if (ignored.length === 0 && repositories.length === 0) return l10n.t('“{0}” was removed, and is kept in git.', title);
  const day = new Date(until).toLocaleDateString();
  return l10n.t('“{0}” was removed, and is kept in git; what git ignores is in the trash until {1}.', title, day);
}
