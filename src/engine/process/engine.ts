/** What an engine process offers to the app that runs in it, and asks of it. */
import type { Handlers, Requests } from '../../protocol/contract.ts';
import type { ClientContext } from '../rpc/server.ts';
import type { HomeLayout } from './home.ts';
import type { Log } from './log.ts';

/** Everything but the greeting and the request to stop, which are the process's own. */
export type AppHandlers = Handlers<Omit<Requests, 'hello' | 'engine/stop'>, ClientContext>;

/** What runs in an engine process, as the process sees it. */
export interface EngineApp {
  readonly handlers: AppHandlers;
  /** Called once, when front ends can reach the engine: takes up what is to be done. */
  begin?(): Promise<void>;
  /** Whether nothing runs or waits, so that the engine may end when no front end is connected. */
  idle(): boolean;
  /** Why nothing can be changed at present, in a sentence. */
  readOnly?(): string | undefined;
  /**
   * Brings everything to the disk and ends what belongs to this process; agents are left alone. No request is taken from here
   * on. If it rejects or takes more than 15 s, the process ends all the same, with exit code 1.
   */
  stop(reason: string): Promise<void>;
}

/** Facts for `engine/status`. */
export interface EngineStatus {
  readonly pid: number;
  readonly version: string;
  /** Path of the socket; empty before the engine listens. */
  readonly socket: string;
  readonly home: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly clients: number;
}

/** What an engine process gives to its app. */
export interface EngineContext {
  readonly home: HomeLayout;
  readonly version: string;
  readonly log: Log;
  /** Throws `read-only` once the data directory is not this engine's any more: for every commit to the journal. */
  readonly checkLock: () => void;
  status(): EngineStatus;
  /** Front ends that are connected, the latest first. */
  clients(): readonly ClientContext[];
  /** Makes the engine stop, as `engine/stop` does. */
  requestStop(reason: string): void;
}
