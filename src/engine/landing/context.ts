import type { Settings } from '../../core/settings/settings.ts';
import type { LocalExecutor } from '../../executors/local/local-executor.ts';
import type { Landing } from '../../core/landing/state.ts';
import type { Repository } from '../../git/repository.ts';
import type { Log } from '../process/log.ts';
import type { Repositories } from '../places/repositories.ts';
import type { Store } from '../sessions/store.ts';

/** What bringing work home takes. Made once by the composition root. */
export interface LandingContext {
  readonly store: Store;
  readonly repositories: Repositories;
  readonly log: Log;
  readonly newId: () => string;
  /** Aborted when the engine stops; what is under way is then taken up by the next one. */
  readonly stopping: AbortSignal;
  /** Settings in force for the main checkout at `root`. */
  settings(root: string): Promise<Settings>;
  /** Processes of this host, on which gates run. */
  readonly host: Pick<LocalExecutor, 'watch' | 'sweep'>;
  /** Folder for the output of a landing's gates. */
  folder(landing: string): string;
}

/** The opened repository of a landing. Throws what opening throws; trust is the caller's to check. */
export async function repositoryOf(context: LandingContext, landing: Landing): Promise<Repository> {
  const { root } = context.store.session(landing.session).repository;
  return context.repositories.open(await context.repositories.locate(root));
}
