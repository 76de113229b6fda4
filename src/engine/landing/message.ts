import type { Landing } from '../../core/landing/state.ts';
import type { Session } from '../../core/session/state.ts';

/** What the commit says unless a person says something else: the task, and the agent's last word on it. */
export function defaultMessage(session: Session): string {
  const text = session.result?.text ?? session.lastTurn?.text;
  return text === undefined || text === '' ? session.task.title : `${session.task.title}\n\n${text}`;
}

/** What the commit says that takes a landing back. */
export function revertMessage({ message, build }: Landing): string {
  const [subject = ''] = message.split('\n', 1);
  return `Revert "${subject}"\n\nThis takes back ${build?.commit ?? 'a landing'}.`;
}
