import { CoppiceError } from '../../core/errors.ts';
import { queues } from '../../core/session/mode.ts';
import type { Session } from '../../core/session/state.ts';
import type { Agent } from '../../agents/agent.ts';
import type { Executor } from '../../executors/executor.ts';
import type { RepositoryLocation } from '../../git/locate.ts';
import type { Services } from '../services.ts';

/** In an untrusted repository nothing runs, not even git (invariant 11). */
export function requireTrusted(services: Services, repository: { id: string; root: string }): void {
  if (services.store.get('repository', repository.id)?.trusted !== true) throw untrusted(repository);
}

/** The same of a place that somebody works from. A folder that only points to a trusted repository is not trusted with it. */
export function requireTrustedAt(services: Services, location: RepositoryLocation): void {
  const at = { id: location.id, root: services.repositories.mainRoot(location) };
  if (!isTrustedAt(services, location)) throw untrusted(at);
}

/** Whether the repository is trusted, and this is a checkout of it, or the very folder in which it was trusted. */
export function isTrustedAt({ store, repositories }: Services, location: RepositoryLocation): boolean {
  const known = store.get('repository', location.id);
  if (known?.trusted !== true) return false;
  return repositories.isOwn(location) || known.root === location.root;
}

function untrusted({ root }: { readonly root: string }): CoppiceError {
  return new CoppiceError(
    'untrusted',
    `${root} is not trusted yet: nothing runs in it.`,
    'Look at it, then trust it.',
    { context: { root }, way: 'trust' },
  );
}

/** Unattended work on the bare host needs a consent of its own (design §7); a trusted repository alone is not enough. */
export async function requireTrust(
  services: Services,
  repository: { id: string; root: string },
  mode: Session['mode'],
  agent: Agent,
  executor: Executor,
): Promise<void> {
  requireTrusted(services, repository);
  if (!queues(mode) || executor.capabilities.isolation !== 'none' || !agent.capabilities.needsHostConsent) return;
  if (services.store.get('repository', repository.id)?.host === true) return;
  throw new CoppiceError(
    'host-consent-needed',
    `${agent.title} would work unattended on this host, with your rights, in ${repository.root}.`,
    'If that is what you want, allow it there.',
    { context: { root: repository.root }, way: 'trust-host' },
  );
}
