import type { Actor } from '../../core/domain.ts';
import type { Limits } from '../../core/queue/policy.ts';
import type { Place, Session } from '../../core/session/state.ts';
import type { Settings } from '../../core/settings/settings.ts';
import type { Agent, CarriedPrograms } from '../../agents/agent.ts';
import type { Executor, RunRef } from '../../executors/executor.ts';
import type { LocalExecutor } from '../../executors/local/local-executor.ts';
import type { Log } from '../process/log.ts';
import type { CheckpointPlace } from './checkpoints.ts';
import type { Store } from './store.ts';
import type { Judges } from '../supervision/judges.ts';
import type { Vault } from './vault.ts';
import type { Workplace } from './workplace.ts';

/** A question as an agent left it, and what takes it away, so that it is not asked again. */
export interface LeftQuestion {
  readonly text: string;
  readonly taken: () => Promise<void>;
}

/** The files of sessions whose agents work on other hosts. For all others nothing happens. */
export interface Away {
  /** Makes the worktree there as it is here. Throws `unreachable`, `executor-missing`, `git-failed`. */
  send(session: Session, place: Place): Promise<void>;
  /** Makes the worktree here as it is there, as far as nobody changed it here. Throws as `send`, and `path-in-the-way`, `wrong-state`. */
  bring(session: Session, place: Place): Promise<void>;
  /** What the agent left there for a person to answer (empty: nothing), and what takes it away; undefined where its files are here. */
  question(session: Session): Promise<LeftQuestion | undefined>;
}

/** What carrying out a session's steps takes. Made once by the composition root. */
export interface SessionContext {
  readonly store: Store;
  readonly workplace: Workplace;
  readonly checkpoints: CheckpointPlace;
  readonly away: Away;
  readonly vault: Vault;
  readonly judges: Judges;
  readonly log: Log;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly newId: () => string;
  /** Aborted when the engine stops; agents are then left alone. */
  readonly stopping: AbortSignal;
  agent(session: Session): Promise<Agent>;
  executor(session: Session): Executor;
  /** Processes of this host, on which gates run wherever the agent works. */
  readonly host: Pick<LocalExecutor, 'sweep' | 'watch'>;
  runRef(session: string, run: number): RunRef;
  /** Programs of ours for agents that run where those of this host cannot be run. */
  carried(): Promise<CarriedPrograms>;
  /** Asks the connected front ends for secrets; what nobody knows is missing from the answer. */
  askSecrets(session: string, names: readonly string[]): Promise<Readonly<Record<string, string>>>;
  /** Settings in force for the session's repository. */
  settings(session: Session): Promise<Settings>;
  /** Of the engine, whatever the shell says that asked for a session. */
  limits(): Limits;
}

export const engineActor: Actor = 'engine';
