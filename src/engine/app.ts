/**
 * The composition root of the engine: makes every part once, in order, and hands each what it needs. Parts never look for
 * one another.
 */
import { randomUUID } from 'node:crypto';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { coppiceDomain } from '../core/coppice-domain.ts';
import type { JournalRecord } from '../core/domain.ts';
import { settingVariables } from '../core/environment.ts';
import { event } from '../core/events.ts';
import type { Limits } from '../core/queue/policy.ts';
import { runName } from '../core/ids.ts';
import type { Session } from '../core/session/state.ts';
import { resolveSettings, type Settings } from '../core/settings/settings.ts';
import type { Agent } from '../agents/agent.ts';
import { builtInAgentIds } from '../agents/registry.ts';
import type { Executor, RunRef } from '../executors/executor.ts';
import { LocalExecutor } from '../executors/local/local-executor.ts';
import { createDoor } from '../git/door.ts';
import { Projections } from '../state/projections.ts';
import { diskFiles } from '../state/file-operations.ts';
import { StateManager } from '../state/state-manager.ts';
import { AgentDirectory } from './agent-directory.ts';
import { Config } from './config/config.ts';
import { engineHandlers } from './handlers/engine.ts';
import { healthHandlers } from './handlers/health.ts';
import { recordHandlers } from './handlers/records.ts';
import { sessionHandlers } from './handlers/sessions.ts';
import { streamHandlers } from './handlers/streams.ts';
import { trustHandlers } from './handlers/trust.ts';
import { worktreeHandlers } from './handlers/worktrees.ts';
import { Cleanup } from './places/cleanup.ts';
import { engineOwner } from './places/owner.ts';
import { GitWorkplace } from './places/git-workplace.ts';
import { Repositories } from './places/repositories.ts';
import type { EngineApp, EngineContext } from './process/engine.ts';
import { projection } from './projections/project.ts';
import { rebuildFromFiles } from './projections/rebuild.ts';
import type { Services } from './services.ts';
import { engineActor, type SessionContext } from './sessions/context.ts';
import { askClients } from './sessions/secrets.ts';
import { Sessions } from './sessions/sessions.ts';
import { Store } from './sessions/store.ts';
import { Vault } from './sessions/vault.ts';

/** The files that come with the engine. */
export interface Shipped {
  readonly wrapper: string;
  readonly demoAgent: string;
  readonly sqlWasm?: string;
}

export interface AppOptions {
  readonly shipped: Shipped;
  readonly env: NodeJS.ProcessEnv;
  readonly clock?: () => number;
  /** Called before every commit, after the lock was checked. */
  readonly beforeCommit?: () => void;
  /** Called with the records of every commit once they are on the disk, before anything else acts on them. */
  readonly afterCommit?: (records: readonly JournalRecord[]) => void;
}

/** Opens the state of the data directory and takes up what an earlier engine left unfinished. */
export async function openApp(engine: EngineContext, options: AppOptions): Promise<EngineApp> {
  const { home, log } = engine;
  const { env, shipped, clock = Date.now } = options;
  const stopping = new AbortController();
  const vault = new Vault();
  log.redact(() => vault.all());

  const config = new Config({
    home: home.root,
    userHome: homedir(),
    agents: builtInAgentIds,
    environment: settingVariables(env),
    clock,
  });
  const state = await StateManager.open({
    home: home.root,
    domain: coppiceDomain,
    clock,
    beforeCommit: () => {
      engine.checkLock();
      options.beforeCommit?.();
    },
    onProblem: (problem) => log.component('state').warn(problem.message, { code: problem.code }),
    ...(shipped.sqlWasm === undefined ? {} : { sqlWasm: shipped.sqlWasm }),
  });
  if (options.afterCommit !== undefined) state.onRecords(options.afterCommit);
  const store = new Store(state);
  const settingsOf = async (
    root: string | undefined,
    variables: Readonly<Record<string, string>> = {},
  ): Promise<Settings> => {
    const own = Object.keys(variables).length === 0;
    const settings = await config.settings({
      ...(root === undefined ? {} : { repository: { root, trusted: trustsRoot(store, root) } }),
      ...(own ? {} : { environment: { ...settingVariables(env), ...variables } }),
    });
    // The limits are the engine's: a file that was changed counts from the next request on, one requester's shell does not.
    if (own) limits = { running: settings['limits.running'], waiting: settings['limits.waiting'] };
    return settings;
  };
  // A file of settings that cannot be read must not take the engine away from sessions that run: the defaults hold and
  // every request that needs settings says what is wrong.
  const settings = await config.settings().catch(async (error: unknown) => {
    log.warn('the settings cannot be used', { error });
    return resolveSettings([], { home: home.root, userHome: homedir(), agents: builtInAgentIds }).settings;
  });
  let limits: Limits = { running: settings['limits.running'], waiting: settings['limits.waiting'] };

  const door = createDoor({
    env,
    log: ({ args, ms, code }) => log.component('git').debug(args[0] ?? '', { args, ms, code }),
  });
  const owner = await engineOwner(home.root);
  const repositories = new Repositories({ door, env, privateDir: join(home.root, 'git'), owner });
  const executor = new LocalExecutor({ wrapperPath: shipped.wrapper });
  const executors: ReadonlyMap<string, Executor> = new Map([[executor.id, executor]]);
  const directory = new AgentDirectory({ demoScript: shipped.demoAgent, state: join(home.root, 'agents') });
  const agentOf = async (session: Session): Promise<Agent> =>
    directory.agent(
      session.agent,
      await settingsOf(session.repository.root, session.requester.settings),
      session.agentOptions,
    );
  const streamPath = (session: string): string => join(home.session(session), 'stream.jsonl');
  const runRef = (session: string, run: number): RunRef => ({
    session,
    run,
    directory: join(home.session(session), 'runs', runName(run)),
    streamPath: streamPath(session),
    stderrPath: join(home.session(session), 'stderr.log'),
  });
  const workplace = new GitWorkplace({
    store,
    repositories,
    log: log.component('git'),
    settings: settingsOf,
    sessionFolder: (id) => home.session(id),
  });
  const context: SessionContext = {
    ...{ store, workplace, vault, clock, runRef, newId: randomUUID, stopping: stopping.signal },
    log: log.component('session'),
    agent: agentOf,
    executor: (session) => executors.get(session.executor) ?? executor,
    askSecrets: (session, names) => askClients(engine.clients(), session, names, log),
    settings: (session) => settingsOf(session.repository.root, session.requester.settings),
  };
  const sessions = new Sessions(context, () => limits);
  const services: Services = {
    ...{ store, sessions, vault, repositories, executors, clock, newId: randomUUID, agentOf, runRef, streamPath },
    log: log.component('handlers'),
    limits: () => limits,
    settings: settingsOf,
    agent: (id, inForce, given) => directory.agent(id, inForce, given),
  };
  const cleanup = new Cleanup({ store, repositories, log, clock, stopping: stopping.signal, settings: settingsOf });
  const projections = new Projections({
    files: diskFiles,
    view: state.view,
    project: projection({ sessions: home.sessions }),
    onFailure: (error, path) => log.warn('cannot write a file that shows the state', { path, error }),
  });
  const unproject = state.onRecords((records) => projections.apply(records));

  if (state.readOnlyReason === undefined) {
    const rebuilt = state.lastSeq === 0 ? await rebuildFromFiles(home.sessions, log) : [];
    if (rebuilt.length > 0)
      log.warn('the journal is empty: sessions were brought back from their files', { events: rebuilt.length });
    await store.commit(engineActor, () => [
      ...rebuilt,
      event('engine.started', {
        engine: owner.mark.id,
        version: engine.version,
        pid: process.pid,
        host: owner.mark.host,
      }),
    ]);
    await executor.warmUp();
    sessions.start();
  } else {
    log.error('the state cannot be changed', { error: state.readOnlyReason });
  }

  return {
    handlers: {
      ...engineHandlers(services, engine),
      ...healthHandlers({
        services,
        engine,
        config,
        door,
        agents: async (root) => directory.all(await settingsOf(root)),
      }),
      ...recordHandlers(services),
      ...sessionHandlers(services),
      ...streamHandlers(services),
      ...trustHandlers(services),
      ...worktreeHandlers(services, cleanup),
    },
    idle: () => sessions.idle,
    readOnly: () => state.readOnlyReason?.message,
    async stop(reason) {
      stopping.abort();
      await sessions.stop();
      await cleanup.stop();
      if (state.readOnlyReason === undefined) {
        await store.commit(engineActor, () => [event('engine.stopped', { engine: owner.mark.id, reason })]);
      }
      unproject();
      await projections.close();
      await state.close();
    },
  };
}

function trustsRoot(store: Store, root: string): boolean {
  return store.all('repository').some((each) => each.root === root && each.trusted);
}
