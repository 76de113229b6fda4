import { defined } from '../defined.ts';
import type { Session } from './state.ts';

/** What changes in a session; a key that is undefined leaves. */
export type Patch = { readonly [K in keyof Session]?: Session[K] | undefined };

/** Changed where the patch says so; a key that is set to undefined leaves, so that a replayed entity equals a live one key for key. */
export function patch(session: Session, changes: Patch): Session {
  // `defined` drops exactly the keys that may be absent from a session.
  return defined({ ...session, ...changes }) as Session;
}
