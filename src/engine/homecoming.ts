/** Wires what happens to work after its agent: landing, removal, the deleting that follows, and the worktrees kept warm. */
import { join } from 'node:path';
import type { Session } from '../core/session/state.ts';
import type { Settings } from '../core/settings/settings.ts';
import type { RequestHandlers } from './rpc/dispatch.ts';
import { landingHandlers } from './handlers/landing.ts';
import { removalHandlers } from './handlers/removal.ts';
import { worktreeHandlers } from './handlers/worktrees.ts';
import { Lander } from './landing/lander.ts';
import { Cleanup } from './places/cleanup.ts';
import { Pool } from './places/pool.ts';
import { Pusher } from './places/pusher.ts';
import { Sweeper } from './places/sweeper.ts';
import type { HomeLayout } from './process/home.ts';
import type { Log } from './process/log.ts';
import type { RemovalContext } from './removal/context.ts';
import { recoverRemovals } from './removal/recover.ts';
import type { Services } from './services.ts';
import type { SessionContext } from './sessions/context.ts';

/** What the parts of a homecoming share with the rest of the engine. */
export interface HomecomingOptions {
  readonly services: Services;
  readonly context: Pick<SessionContext, 'checkpoints' | 'host' | 'stopping'>;
  readonly home: HomeLayout;
  readonly log: Log;
  readonly settings: (root: string) => Promise<Settings>;
}

/** The running parts. `start` takes up what an earlier engine left; `stop` is called after `stopping` was aborted. */
export interface Homecoming {
  readonly handlers: Pick<
    RequestHandlers,
    | keyof ReturnType<typeof landingHandlers>
    | keyof ReturnType<typeof removalHandlers>
    | keyof ReturnType<typeof worktreeHandlers>
  >;
  readonly idle: () => boolean;
  /** A commit of the session may be on its way to its remote. */
  readonly pushing: (session: Session) => boolean;
  start(): void;
  stop(): Promise<void>;
}

/** Makes the parts, before anybody can ask the engine for anything; nothing runs before `start`. */
export function homecoming({ services, context, home, log, settings }: HomecomingOptions): Homecoming {
  const { checkpoints, stopping } = context;
  const { store, repositories, clock, newId } = services;
  const shared = { store, repositories, settings, stopping };
  const lander = new Lander({
    ...{ ...shared, newId, host: context.host },
    log: log.component('landing'),
    folder: (id) => join(home.root, 'landings', id),
  });
  const sweeper = new Sweeper({ ...{ ...shared, clock }, log: log.component('trash') });
  const removal: RemovalContext = {
    told: new Map(),
    unsettled: new Set(),
    ...{ ...shared, sweeper, clock, newId },
    log: log.component('removal'),
    sessionFolder: (id) => home.session(id),
  };
  const pool = new Pool({ ...{ ...shared, sweeper, clock }, log: log.component('pool') });
  const pusher = new Pusher({ ...shared, log: log.component('push') });
  const left = store.all('intent');
  let recovering: Promise<void> = Promise.resolve();
  return {
    handlers: {
      ...landingHandlers(services, checkpoints),
      ...removalHandlers(services, removal),
      ...worktreeHandlers(services, new Cleanup({ ...shared, sweeper, log, clock })),
    },
    idle: () => lander.idle && pusher.idle,
    pushing: (session) => pusher.pushing(session),
    start() {
      lander.start();
      pool.start();
      pusher.start();
      sweeper.start();
      recovering = recoverRemovals(removal, left);
    },
    async stop() {
      await lander.stop();
      await pool.stop();
      await pusher.stop();
      await recovering;
      await sweeper.stop();
    },
  };
}
