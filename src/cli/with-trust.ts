import { counted } from '../core/counted.ts';
import { CoppiceError, isCoppiceError } from '../core/errors.ts';
import type { Requests, ResultOf } from '../protocol/contract.ts';
import type { Context } from './context.ts';
import { oneLine } from '../core/printable.ts';

/**
 * Does `work`; where the engine refuses it for want of trust, or of the consent to unattended work on this host, a person at
 * the terminal is asked, and the work is done again after a yes. Each is asked once at most. Without a person the refusal stands.
 * A repository that was moved here is bound to its new path instead, if the person wants it.
 */
export async function withTrust<T>(context: Context, work: () => Promise<T>): Promise<T> {
  const asked = new Set<string>();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isCoppiceError(error) || asked.has(error.code)) throw error;
      const path = error.context['root'] ?? context.path;
      const from = error.code === 'untrusted' ? await movedFrom(context, path) : undefined;
      if (from !== undefined && context.person === undefined) throw whereItWas(error, from);
      if (from !== undefined && (await wantsMove(context, path, from))) {
        await context.engine.request('repository/move', { from: from.root, path });
        continue;
      }
      if (!(await confirmed(context, error))) throw error;
      asked.add(error.code);
      await context.engine.request('trust/grant', { path, host: error.code === 'host-consent-needed' });
    }
  }
}

type MovedFrom = NonNullable<ResultOf<Requests, 'trust/state'>['movedFrom']>;

/** An engine that cannot tell has refused all the same. */
async function movedFrom({ engine }: Context, path: string): Promise<MovedFrom | undefined> {
  try {
    return (await engine.request('trust/state', { path })).movedFrom;
  } catch {
    return undefined;
  }
}

/** What to do about a repository that holds the work of one that is not where it was. */
export function moveHint({ root, sessions }: MovedFrom): string {
  return `It holds ${counted(sessions, 'session')} of ${oneLine(root)}, which is not there any more: \`coppice repository move ${oneLine(root)}\` binds them to it.`;
}

function whereItWas(error: CoppiceError, from: MovedFrom): CoppiceError {
  return new CoppiceError(
    error.code,
    error.message,
    `${moveHint(from)} Or look at it, then run \`coppice trust\` in it.`,
    {
      context: error.context,
    },
  );
}

async function wantsMove({ person }: Context, path: string, { root, sessions }: MovedFrom): Promise<boolean> {
  const what = `${oneLine(path)} holds ${counted(sessions, 'session')} of ${oneLine(root)}, which is not there any more.`;
  return isYes(await person?.ask(`${what} Was it moved here? Then they are bound to it, with its trust. [y/N] `));
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
