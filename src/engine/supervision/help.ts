import type { Session } from '../../core/session/state.ts';
import type { SessionContext } from '../sessions/context.ts';
import { cut, materialOf } from './material.ts';

const longestDiff = 12_000;

/** What a person needs to help: question, goal, what was tried, what went wrong, the last words, what changed. Plain text. */
export async function helpDetail(
  context: Pick<SessionContext, 'checkpoints'>,
  session: Session,
  question: string,
): Promise<string> {
  const { worktree, checkpoint, attempts, lastTurn, turnNotes = [] } = session;
  const material =
    worktree === undefined || checkpoint === undefined
      ? undefined
      : await materialOf(context, session, worktree, { tree: checkpoint.tree });
  const tried = turnNotes.map(({ n, about = '', outcome = 'under way' }) => `${n}. ${about} (${outcome})`);
  const errors = (attempts?.errors ?? []).map(({ count, fingerprint }) => `${count} times: ${fingerprint.message}`);
  const parts: readonly (readonly [string, string])[] = [
    ['Question', question],
    ['Goal', cut(session.goal, 4000)],
    ['Tried', tried.join('\n')],
    ['Errors', errors.join('\n')],
    ['Last words of the agent', lastTurn?.text ?? ''],
    ['Changed so far', material?.files ?? ''],
    ['', cut(material?.changes ?? '', longestDiff)],
  ];
  return parts
    .filter(([, text]) => text.trim() !== '')
    .map(([heading, text]) => (heading === '' ? text : `${heading}:\n${text}`))
    .join('\n\n');
}
