import type { Session } from '../core/session/state.ts';
import type { Limits } from '../core/queue/policy.ts';
import type { Settings } from '../core/settings/settings.ts';
import type { Agent } from '../agents/agent.ts';
import type { RunRef } from '../executors/executor.ts';
import type { RepositoryLocation } from '../git/locate.ts';
import type { ExecutorDirectory } from './executor-directory.ts';
import type { Log } from './process/log.ts';
import type { Repositories } from './places/repositories.ts';
import type { Radar } from './radar/radar.ts';
import type { Sessions } from './sessions/sessions.ts';
import type { Meter } from './settings-source.ts';
import type { Store } from './sessions/store.ts';
import type { Vault } from './sessions/vault.ts';
import type { Watching } from './watch/watching.ts';

/** What the handlers of requests use. Made once by the composition root (`app.ts`). */
export interface Services {
  readonly store: Store;
  readonly sessions: Sessions;
  readonly vault: Vault;
  readonly repositories: Repositories;
  readonly executors: Pick<ExecutorDirectory, 'ids' | 'executor' | 'docker'>;
  /** Bytes that a worktree of the repository takes on the disk, about. */
  checkoutBytes(location: RepositoryLocation): Promise<number>;
  readonly radar: Pick<Radar, 'view'>;
  readonly watching: Pick<Watching, 'ready'>;
  readonly log: Log;
  readonly clock: () => number;
  readonly newId: () => string;
  readonly limits: () => Limits;
  /** Settings in force for a repository's main checkout and a requester's `COPPICE_…` variables. Throws `config-invalid`. */
  settings(root: string | undefined, variables: Readonly<Record<string, string>>): Promise<Settings>;
  /** Which sessions are paid by use, by the settings of this moment. */
  meter(): Promise<Meter>;
  agent(id: string, settings: Settings, options: Readonly<Record<string, unknown>>): Agent;
  agentOf(session: Session): Promise<Agent>;
  runRef(session: string, run: number): RunRef;
  streamPath(session: string): string;
}
