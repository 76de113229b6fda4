import { toErrorRecord } from '../../core/errors.ts';
import type { Session } from '../../core/session/state.ts';
import type { Log } from '../process/log.ts';
import type { ClientContext } from '../rpc/server.ts';

const answerMs = 10_000;

/**
 * Values for secrets from the front ends that are connected; what nobody knows is missing. The kind of front end that gave
 * the session its work is asked first, of several the latest.
 */
export async function askClients(
  clients: readonly ClientContext[],
  { id: session, requester }: Pick<Session, 'id' | 'requester'>,
  names: readonly string[],
  log: Log,
): Promise<Readonly<Record<string, string>>> {
  const known: Record<string, string> = {};
  const asks = clients.filter(({ actor }) => actor === requester.by);
  for (const client of [...asks, ...clients.filter((each) => !asks.includes(each))]) {
    const missing = names.filter((name) => !Object.hasOwn(known, name));
    if (missing.length === 0) break;
    try {
      const { values } = await client.call('secrets/get', { session, names: missing }, { timeoutMs: answerMs });
      for (const name of missing) {
        const value = Object.hasOwn(values, name) ? values[name] : undefined;
        if (value !== undefined) known[name] = value;
      }
    } catch (error) {
      // A front end without a person or a store of secrets is no reason to stop asking the others.
      log.debug('a front end gave no secrets', { client: client.name, error: toErrorRecord(error).message });
    }
  }
  return known;
}
