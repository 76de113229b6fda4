import { randomUUID } from 'node:crypto';
import { CoppiceError } from '../core/errors.ts';
import type { SessionView } from '../protocol/schemas.ts';
import type { Context } from './context.ts';
import { insist } from './insist.ts';
import { withTrust } from './with-trust.ts';

/** One more prompt for a session. With `steer` it cuts into the turn under way. Throws `queue-full` when it was refused. */
export async function continueWork(
  context: Context,
  session: string,
  prompt: string,
  steer = false,
): Promise<SessionView> {
  const params = { session, prompt, steer, requester: context.requester(), key: randomUUID() };
  const { verdict, session: view } = await withTrust(context, () => insist(context, 'session/continue', params));
  if (verdict.status === 'rejected') {
    throw new CoppiceError(
      'queue-full',
      verdict.reason,
      'Wait until one has ended; `coppice session list --active` shows them.',
    );
  }
  context.began(view.id);
  return view;
}
