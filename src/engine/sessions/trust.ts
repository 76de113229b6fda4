import { CoppiceError } from '../../core/errors.ts';
import type { Session } from '../../core/session/state.ts';
import type { SessionContext } from './context.ts';

/** Whether the session's repository is trusted at this moment; what was granted at its creation may have been taken back. */
export function isTrusted({ store }: SessionContext, { repository }: Session): boolean {
  return store.get('repository', repository.id)?.trusted === true;
}

/** Throws `untrusted`: in an untrusted repository nothing runs (invariant 11). */
export function requireTrusted(context: SessionContext, session: Session): void {
  if (isTrusted(context, session)) return;
  throw new CoppiceError(
    'untrusted',
    `${session.repository.root} is not trusted any more: nothing runs in it.`,
    'Before the session is continued, look at it and trust it.',
    { way: 'trust', context: { root: session.repository.root } },
  );
}
