import { table } from '../../core/settings/table.ts';
import type { Session } from '../../core/session/state.ts';
import type { SessionContext } from './context.ts';

/**
 * How long processes of a session have to end by themselves, in milliseconds. Where the settings cannot be used it is as long as
 * usual: whoever stops an agent is not kept from it by a mistake in a file.
 */
export async function graceMs(context: Pick<SessionContext, 'settings'>, session: Session): Promise<number> {
  const settings = await context.settings(session).catch(() => undefined);
  return (settings?.['stop.graceSeconds'] ?? table['stop.graceSeconds'].default) * 1000;
}
