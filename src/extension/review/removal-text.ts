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
    ...(changed > 0 ? [l10n.t('{0} files are not committed, {1} of them new.', changed, untracked)] : []),
    ...(unlanded > 0 ? [l10n.t('{0} commits have not landed.', unlanded)] : []),
    ...(unpushed > 0 ? [l10n.t('{0} commits are not pushed.', unpushed)] : []),
    ...(ignored.length > 0 ? [l10n.t('Ignored by git, and made by no tool: {0}', names(ignored))] : []),
    ...(repositories.length > 0 ? [l10n.t('Repositories inside it: {0}', names(repositories))] : []),
    ...(open.length > 0
      ? [l10n.t('Sessions below it with work that has not landed: {0}', names(open.map(({ title }) => title)))]
      : []),
    ...(teardown.length > 0 ? [l10n.t('Runs first: {0}', names(teardown))] : []),
    ...facts.findings.map((each) => oneLine(each, 200)),
    l10n.t('All of it is kept, and can be brought back for a time.'),
  ].join('\n');
}
