import { isCoppiceError, type CoppiceError } from '../core/errors.ts';
import type { Context } from './context.ts';
import { oneLine } from '../core/printable.ts';

/**
 * Does `work`; where the engine refuses it for want of trust, or of the consent to unattended work on this host, a person at
 * the terminal is asked, and the work is done again after a yes. Each is asked once at most. Without a person the refusal stands.
 */
export async function withTrust<T>(context: Context, work: () => Promise<T>): Promise<T> {
  const asked = new Set<string>();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isCoppiceError(error) || asked.has(error.code) || !(await confirmed(context, error))) throw error;
      asked.add(error.code);
      const path = error.context['root'] ?? context.path;
      await context.engine.request('trust/grant', { path, host: error.code === 'host-consent-needed' });
    }
  }
}

async function confirmed({ person, path }: Context, error: CoppiceError): Promise<boolean> {
  if (person === undefined) return false;
  const root = oneLine(error.context['root'] ?? path);
  switch (error.code) {
    case 'untrusted':
      return isYes(
        await person.ask(`Coppice runs nothing in ${root} until you trust it. Trust this repository? [y/N] `),
      );
    case 'host-consent-needed':
      return isYes(await person.ask(`${oneLine(error.message)} Allow this for the repository? [y/N] `));
    default:
      return false;
  }
}

/** Whether what somebody typed is a yes. */
export function isYes(typed: string | undefined): boolean {
  return /^\s*y(es)?\s*$/i.test(typed ?? '');
}
