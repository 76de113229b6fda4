/**
 * The composition root of the engine: makes every part once, in order, and hands each what it needs. Parts never look for
 * one another.
 */
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { coppiceDomain } from '../core/coppice-domain.ts';
import type { JournalRecord } from '../core/domain.ts';
import { settingVariables } from '../core/environment.ts';
import { event } from '../core/events.ts';
import { runName } from '../core/ids.ts';
import { isAtRest } from '../core/session/status.ts';
import type { Session } from '../core/session/state.ts';
import type { Settings } from '../core/settings/settings.ts';
import { watchesFound } from '../core/watch/commands.ts';
import type { Agent, CarriedPrograms } from '../agents/agent.ts';
import { createDoor } from '../git/door.ts';
import type { Owner } from '../git/owner.ts';
import { StateManager } from '../state/state-manager.ts';
import { AgentDirectory } from './agent-directory.ts';
import { ExecutorDirectory, type ExecutorDirectoryOptions } from './executor-directory.ts';
import { breakpointHandlers } from './handlers/breakpoints.ts';
import { checkpointHandlers } from './handlers/checkpoints.ts';
import { diffHandlers } from './handlers/diff.ts';
import { engineHandlers } from './handlers/engine.ts';
import { healthHandlers } from './handlers/health.ts';
import { modelHandlers } from './handlers/models.ts';
import { recordHandlers } from './handlers/records.ts';
import { restoreHandlers } from './handlers/restores.ts';
import { reviewHandlers } from './handlers/review.ts';
import { sessionHandlers } from './handlers/sessions.ts';
import { streamHandlers } from './handlers/streams.ts';
import { supervisionHandlers } from './handlers/supervision.ts';
import { terminalHandlers } from './handlers/terminals.ts';
import { trustHandlers } from './handlers/trust.ts';
import { watchHandlers } from './handlers/watch.ts';
import { homecoming } from './homecoming.ts';
import { GitAway } from './places/git-away.ts';
import { Forgetter } from './places/forgetter.ts';
import { engineOwner, gitVariables } from './places/owner.ts';
import { GitCheckpoints } from './places/git-checkpoints.ts';
import { GitWorkplace } from './places/git-workplace.ts';
import { Repositories } from './places/repositories.ts';
import type { EngineApp, EngineContext } from './process/engine.ts';
import type { HomeLayout } from './process/home.ts';
import type { Log } from './process/log.ts';
import { projection } from './projections/project.ts';
import { checkoutSizes } from './room.ts';
import { rebuildFromFiles } from './projections/rebuild.ts';
import { Radar } from './radar/radar.ts';
import type { Services } from './services.ts';
import { SettingsSource } from './settings-source.ts';
import { engineActor, type SessionContext } from './sessions/context.ts';
import { askClients } from './sessions/secrets.ts';
import { Sessions } from './sessions/sessions.ts';
import { Store } from './sessions/store.ts';
import { Vault } from './sessions/vault.ts';
import { engineJudges } from './supervision/judges.ts';
import { Watching, watchedSession } from './watch/watching.ts';

/** The files that come with the engine. */
export interface Shipped {
  readonly wrapper: string;
  readonly demoAgent: string;
  /** The program between the engine and agents that speak ACP. */
  readonly acpBridge: string;
  /** The MCP server through which agents ask for help. */
  readonly helpServer: string;
  /** The program of the command line. */
  readonly cli: string;
  /** Folder of the templates of prompts, `prompt-<name>.md`. */
  readonly prompts: string;
  readonly sqlWasm?: string;
}

/** What the app of an engine gets from outside; tests put hooks in for what happens around a commit. */
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
  const state = await openState(engine, options);
  const store = new Store(state);
  describeTo(log, vault, store);
  const trusts = (root: string): boolean => store.all('repository').some((each) => each.root === root && each.trusted);
  const settings = await SettingsSource.open({ home: home.root, env, clock, log, trusts });

  const door = createDoor({
    env: { ...env, ...gitVariables(home.root) },
    log: ({ args, ms, code }) => log.component('git').debug(args[0] ?? '', { args, ms, code }),
  });
  const owner = await engineOwner(home.root);
  const repositories = new Repositories({ door, env, privateDir: join(home.root, 'git'), owner });
  const { plugins } = settings;
  const sessionFolder = (id: string): string => home.session(id);
  const places = { home: home.root, env, sessionFolder, plugins, ...(await sockets(settings)) };
  const executors = new ExecutorDirectory({ ...places, ...shipped, log: log.component('executor') });
  const directory = new AgentDirectory({ ...shipped, state: join(home.root, 'agents'), plugins });
  const settingsFor = (session: Session): Promise<Settings> =>
    settings.of(session.repository.root, session.requester.settings);
  const agentOf = async (session: Session): Promise<Agent> =>
    directory.agent(session.agent, await settingsFor(session), optionsOf(session));
  const paths = runPaths(home);
  const work = { store, repositories, settings: (root: string) => settings.of(root) };
  const far = { ...work, executors, sessionFolder, stopping: stopping.signal, folder: join(home.root, 'away') };
  const { watching, radar } = watchers({ store, repositories, log }, join(home.root, 'git', 'watch'));
  const context: SessionContext = {
    ...{ store, vault, clock, runRef: paths.runRef, newId: randomUUID, stopping: stopping.signal },
    ...{ log: log.component('session'), limits: () => settings.limits },
    workplace: new GitWorkplace({ ...work, log: log.component('git'), stopping: stopping.signal, sessionFolder }),
    checkpoints: new GitCheckpoints({ repositories, touched: watching, stopping: stopping.signal }),
    away: new GitAway({ ...far, log: log.component('executor') }),
    judges: engineJudges({ home, store, clock, shipped, settings: settingsFor, signal: stopping.signal }),
    executor: (session) => executors.executor(session.executor, session.requester.env),
    askSecrets: (session, names) => askClients(engine.clients(), store.session(session), names, log),
    ...{ host: executors.local, agent: agentOf, settings: settingsFor, carried: () => carriedPrograms(shipped) },
  };
  const sessions = new Sessions(context, settings);
  const services: Services = {
    ...{ store, sessions, vault, repositories, executors, clock, newId: randomUUID, agentOf, ...paths },
    ...{ radar, watching, checkoutBytes: checkoutSizes(repositories) },
    log: log.component('handlers'),
    ...{ limits: () => settings.limits, meter: () => settings.meter() },
    settings: (root, variables) => settings.of(root, variables),
    agent: (id, inForce, given) => directory.agent(id, inForce, given),
  };
  const forgetter = new Forgetter({ store, executors, log: log.component('executor') });
  const after = homecoming({ services, context, home, log, settings: work.settings });
  const projections = state.project(projection({ sessions: home.sessions }), (error, path) =>
    log.warn('cannot write a file that shows the state', { path, error }),
  );
  if (state.readOnlyReason === undefined) {
    await announce(engine, store, owner);
  } else {
    log.error('the state cannot be changed', { error: state.readOnlyReason });
  }
  return {
    handlers: {
      ...{ ...breakpointHandlers(services), ...checkpointHandlers(services) },
      ...{ ...diffHandlers(services), ...engineHandlers(services, engine) },
      ...healthHandlers({
        ...{ services, engine, door, config: settings.config, plugins, variables: settingVariables(env) },
        agents: async (root) => directory.all(await settings.of(root)),
      }),
      ...after.handlers,
      ...{ ...recordHandlers(services), ...restoreHandlers(services) },
      ...{ ...reviewHandlers(services), ...modelHandlers(services, stopping.signal) },
      ...sessionHandlers(services, after.pushing),
      ...{ ...streamHandlers(services), ...supervisionHandlers(services, context) },
      ...{ ...terminalHandlers(services), ...trustHandlers(services), ...watchHandlers(services) },
    },
    begin: () =>
      takeUp(state, [
        () => executors.begin((id) => isAtWork(store, id)),
        () => watching.start(),
        () => radar.start(),
        () => sessions.start(),
        () => after.start(),
      ]),
    idle: () => sessions.idle && after.idle(),
    readOnly: () => state.readOnlyReason?.message,
    async stop(reason) {
      stopping.abort();
      await sessions.stop();
      await after.stop();
      await forgetter.stop();
      await executors.dispose();
      await radar.stop();
      await watching.stop();
      if (state.readOnlyReason === undefined) {
        await store.commit(engineActor, () => [event('engine.stopped', { engine: owner.mark.id, reason })]);
      }
      await projections.close();
      await state.close();
    },
  };
}

/** From here on no line of the log holds a secret, and each that names a session says what it works on and where. */
function describeTo(log: Log, vault: Vault, store: Store): void {
  log.redact(() => vault.all());
  log.about((id) => store.whereabouts(id));
}

/** Whether something of a session may run. */
function isAtWork(store: Store, id: string): boolean {
  const session = store.get('session', id);
  return session !== undefined && !isAtRest(session);
}

/** What an earlier engine left is taken up when front ends can reach this one, so that nobody waits for it. */
async function takeUp(state: StateManager, starts: readonly (() => Promise<void> | void)[]): Promise<void> {
  if (state.readOnlyReason !== undefined) return;
  for (const start of starts) await start();
}

async function openState(engine: EngineContext, options: AppOptions): Promise<StateManager> {
  const { shipped, clock = Date.now, beforeCommit, afterCommit } = options;
  const state = await StateManager.open({
    home: engine.home.root,
    domain: coppiceDomain,
    clock,
    beforeCommit: () => {
      engine.checkLock();
      beforeCommit?.();
    },
    onProblem: (problem) => engine.log.component('state').warn(problem.message, { code: problem.code }),
    ...(shipped.sqlWasm === undefined ? {} : { sqlWasm: shipped.sqlWasm }),
  });
  if (afterCommit !== undefined) state.onRecords(afterCommit);
  return state;
}

/** Settings that cannot be read are told by every request that needs them; they do not keep the engine from starting. */
async function sockets(
  settings: SettingsSource,
): Promise<Pick<ExecutorDirectoryOptions, 'tmuxSocket' | 'dockerSocket'>> {
  const found = await settings.of(undefined).catch(() => undefined);
  const docker = found?.['executors.docker.socket'] ?? 'auto';
  return {
    tmuxSocket: found?.['executors.tmux.socket'] ?? 'coppice',
    dockerSocket: docker === 'auto' ? undefined : docker,
  };
}

/** The first records of this engine: what could be brought back if the journal was lost, that the engine is there, and what nobody watched meanwhile. */
async function announce(engine: EngineContext, store: Store, { mark }: Owner): Promise<void> {
  const { home, log, version } = engine;
  const rebuilt = store.state.lastSeq === 0 ? await rebuildFromFiles(home.sessions, log) : [];
  if (rebuilt.length > 0)
    log.warn('the journal is empty: sessions were brought back from their files', { events: rebuilt.length });
  const started = event('engine.started', { engine: mark.id, version, pid: process.pid, host: mark.host });
  const watched = (session: string): boolean => watchedSession(store, session) !== undefined;
  await store.commit(engineActor, () => [...rebuilt, started, ...watchesFound(store.all('watch'), watched)]);
}

/** Where a session's runs leave their files. */
function runPaths(home: HomeLayout): Pick<Services, 'runRef' | 'streamPath'> {
  const streamPath = (session: string): string => join(home.session(session), 'stream.jsonl');
  return {
    streamPath,
    runRef: (session, run) => ({
      session,
      run,
      directory: join(home.session(session), 'runs', runName(run)),
      streamPath: streamPath(session),
      stderrPath: join(home.session(session), 'stderr.log'),
    }),
  };
}

/** The watchers of worktrees, and the radar that lives on what they tell. */
function watchers(
  parts: { readonly store: Store; readonly repositories: Repositories; readonly log: EngineContext['log'] },
  folder: string,
): { readonly watching: Watching; readonly radar: Radar } {
  const log = parts.log.component('watch');
  const watching = new Watching({ ...parts, log, folder, onChanged: (session) => radar.changed(session) });
  const radar = new Radar({ ...parts, log: parts.log.component('radar'), touched: watching });
  return { watching, radar };
}

/** What the session says of its agent; the stronger model where its work has come to that. */
function optionsOf({ agentOptions, stronger }: Session): Readonly<Record<string, unknown>> {
  return stronger === undefined ? agentOptions : { ...agentOptions, model: stronger };
}

/** What agents elsewhere get along. */
async function carriedPrograms({ acpBridge, helpServer }: Shipped): Promise<CarriedPrograms> {
  const [acp, help] = await Promise.all([acpBridge, helpServer].map((path) => readFile(path, 'utf8')));
  return { acp: acp ?? '', help: help ?? '' };
}
