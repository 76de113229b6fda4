import { homedir, platform, release, arch } from 'node:os';
import { join } from 'node:path';
import { allowed, type RequesterEnvironment } from '../../core/environment.ts';
import { CoppiceError, isCoppiceError, toErrorRecord } from '../../core/errors.ts';
import type { Settings } from '../../core/settings/settings.ts';
import type { Agent } from '../../agents/agent.ts';
import { freeBytes } from '../../executors/space.ts';
import { textOf, type Door } from '../../git/door.ts';
import { runProcess } from '../../git/process.ts';
import type { Handlers, Requests } from '../../protocol/contract.ts';
import type { Check } from '../../protocol/schemas.ts';
import { protocol } from '../../protocol/version.ts';
import type { Config, ConfigRequest } from '../config/config.ts';
import { lastLines } from '../diagnostics/last-lines.ts';
import { diagnosticsReport, logLines, partLimitMs } from '../diagnostics/report.ts';
import type { AgentFinding, ExecutorFinding, ModelFinding, RepositoryFinding } from '../doctor/checks.ts';
import { examine, probeLimitMs } from '../doctor/doctor.ts';
import { findProgram, tryWriting, watchLimit } from '../doctor/host.ts';
import { refusalText, type PluginFolder } from '../plugins/plugin-folder.ts';
import type { EngineContext } from '../process/engine.ts';
import type { ClientContext } from '../rpc/server.ts';
import type { Services } from '../services.ts';
import { modelsFound } from '../supervision/installed.ts';
import { isTrustedAt } from './trusted.ts';
import { countSessions } from './engine.ts';
import { usualPlace } from './sessions.ts';

type HealthHandlers = Pick<Handlers<Requests, ClientContext>, 'config/show' | 'doctor' | 'diagnostics'>;

/** The parts of the engine that are looked at. */
export interface HealthOptions {
  readonly services: Services;
  readonly engine: EngineContext;
  readonly config: Config;
  readonly plugins: Pick<PluginFolder, 'read'>;
  readonly door: Door;
  /** `COPPICE_…` variables of the engine's own environment. */
  readonly variables: Readonly<Record<string, string>>;
  /** Every agent that can be named, with the settings in force for the repository at `root`. */
  agents(root: string | undefined): Promise<readonly Agent[]>;
}

const everywhere = '/';
const detectionLimit = 1024 * 1024;

/** What is set, whether everything that is needed is there, and a report for when something goes wrong. */
export function healthHandlers(options: HealthOptions): HealthHandlers {
  const { services, engine, config } = options;
  const nobody: RequesterEnvironment = { env: {}, secrets: {} };
  return {
    'config/show': async ({ path, settings: variables }) => {
      const own = Object.keys(variables).length === 0;
      const environment = own ? {} : { environment: { ...options.variables, ...variables } };
      const { settings, files } = await config.explain({ ...(await requestAt(services, path)), ...environment });
      return { settings: settings.map((row) => ({ ...row })), files: files.map((file) => ({ ...file })) };
    },
    doctor: async ({ path, requester }) => ({ checks: await check(options, path, requester) }),
    diagnostics: async () => ({
      report: await diagnosticsReport(
        {
          versions: () =>
            Promise.resolve({
              coppice: engine.version,
              protocol: `${protocol.major}.${protocol.minor}`,
              node: process.versions.node,
            }),
          platform: () => Promise.resolve({ system: platform(), architecture: arch(), kernel: release() }),
          settings: () => config.explain(),
          engine: () => Promise.resolve(engine.status()),
          counts: () => Promise.resolve(countSessions(services)),
          journal: () => services.store.state.verify(),
          checks: () => check(options, undefined, nobody),
          log: () => lastLines(engine.home.log, logLines),
        },
        { redaction: { secrets: services.vault.all(), home: homedir() }, clock: services.clock, limitMs: partLimitMs },
      ),
    }),
  };
}

/** Whose settings are asked for: with a path also those of the repository there. */
async function requestAt(services: Services, path: string | undefined): Promise<ConfigRequest> {
  if (path === undefined) return {};
  const location = await services.repositories.locate(path);
  const root = services.repositories.mainRoot(location);
  return { repository: { root, trusted: isTrustedAt(services, location) } };
}

async function check(
  options: HealthOptions,
  path: string | undefined,
  requester: RequesterEnvironment,
): Promise<Check[]> {
  const { services, engine, config, door } = options;
  const settings = await config.settings().catch(() => undefined);
  const defaultAgent = settings?.['agent.default'] ?? 'claude-code';
  const agents = options.agents(undefined);
  const standard = (await agents.catch(() => [])).find(({ id }) => id === defaultAgent); // why there are none is a finding
  const place = settings === undefined || standard === undefined ? 'local' : usualPlace(standard, settings);
  return examine(
    {
      node: () => process.versions.node,
      git: async (signal) => textOf(await door.run(['--version'], { cwd: everywhere, lane: 'doctor' }, { signal })),
      program: (name) => findProgram(name, process.env['PATH'] ?? ''),
      write: () => tryWriting(engine.home.root),
      freeBytes: () => freeBytes(engine.home.root),
      watches: () => watchLimit(),
      // Outside of a repository there are those of the user alone.
      settings: async () => config.problems(await requestAt(services, path).catch(() => ({}))),
      agents: async (signal) => {
        const { used } = await options.plugins.read();
        const found = (await agents).map((agent) => detect(agent, requester, signal));
        return (await Promise.all(found)).map((each) => {
          const plugin = used.find(({ kind, id }) => kind === 'agent' && id === each.id);
          return plugin === undefined ? each : { ...each, detail: `${each.detail} (plugin ${plugin.version})` };
        });
      },
      executors: (signal) => executorsFound(services, place, signal, requester.env),
      model: (signal) => modelAt(settings, signal),
      plugins: async () =>
        (await options.plugins.read()).refused.map((each) => ({ ...each, detail: refusalText(each) })),
      repository: () => (path === undefined ? Promise.resolve(undefined) : repositoryAt(services, path)),
    },
    {
      home: engine.home.root,
      defaultAgent,
      defaultExecutor: place,
      startsHere: services.executors.executor(place).capabilities.isolation === 'none',
      minFreeMegabytes: settings?.['session.minFreeMegabytes'] ?? 512,
      repository: path !== undefined,
      limitMs: probeLimitMs,
    },
  );
}

/** Settings that cannot be read have a row of their own. */
async function modelAt(settings: Settings | undefined, signal: AbortSignal): Promise<ModelFinding | undefined> {
  if (settings === undefined || settings['supervision.model'] === 'none') return undefined;
  const { judges, sentence, problem, endpoint } = await modelsFound(settings, signal);
  if (judges !== undefined) return { name: judges, detail: `${sentence.replace(/\.$/u, '')} (${endpoint})` };
  if (problem !== undefined) return { detail: problem.sentence, fix: problem.next };
  return { detail: sentence, fix: 'Run `coppice model pull`; until then rules judge alone.' };
}

/** Every executor that can be named, and the usual one, with what it says of itself. */
async function executorsFound(
  { executors }: Services,
  usual: string,
  signal: AbortSignal,
  env: RequesterEnvironment['env'],
): Promise<ExecutorFinding[]> {
  return Promise.all(
    [...new Set([...executors.ids, usual])].map(async (id): Promise<ExecutorFinding> => {
      try {
        return { id, usable: true, detail: await executors.executor(id, env).detect(signal, env['PATH']) };
      } catch (error) {
        const { message, next } = toErrorRecord(error);
        return { id, usable: false, detail: message, fix: next };
      }
    }),
  );
}

/** Asks an agent's program for its version, with the environment that a session of this requester would give it. */
async function detect(agent: Agent, requester: RequesterEnvironment, signal: AbortSignal): Promise<AgentFinding> {
  const { command, args } = agent.detection;
  const parse: Agent['detection']['parse'] = (...said) => agent.detection.parse(...said);
  const given = allowed(requester, agent.environment);
  const env = { PATH: process.env['PATH'] ?? '', ...given.env };
  const file = await findProgram(command, env.PATH);
  if (file === undefined) return unusable(agent, parse('', '', undefined));
  try {
    const end = await runProcess({
      file,
      args,
      cwd: everywhere,
      env,
      timeoutMs: probeLimitMs,
      maxBytes: detectionLimit,
      signal,
    });
    const found = parse(end.stdout.toString('utf8'), end.stderr, end.code);
    if ('problem' in found) return unusable(agent, found);
    const warning = found.warning === undefined ? '' : ` (${found.warning})`;
    return { id: agent.id, usable: true, detail: `${found.version} at ${file}${warning}` };
  } catch (error) {
    return { id: agent.id, usable: false, detail: toErrorRecord(error).message, fix: `Look at ${join(file)}.` };
  }
}

function unusable(agent: Agent, found: ReturnType<Agent['detection']['parse']>): AgentFinding {
  if ('problem' in found) return { id: agent.id, usable: false, detail: found.problem, fix: found.fix };
  return { id: agent.id, usable: false, detail: `${agent.title} was not found.` };
}

async function repositoryAt(services: Services, path: string): Promise<RepositoryFinding | undefined> {
  try {
    const location = await services.repositories.locate(path);
    const root = services.repositories.mainRoot(location);
    const known = services.store.get('repository', location.id);
    const finding = { root, trusted: isTrustedAt(services, location), host: known?.host === true };
    if (!finding.trusted) return finding;
    const problem = await services.repositories.check(location, {}).then(() => undefined, toErrorRecord);
    return problem === undefined ? finding : { ...finding, problem };
  } catch (error) {
    if (isCoppiceError(error, 'not-a-repository')) return undefined;
    if (error instanceof CoppiceError) return { root: path, trusted: true, host: false, problem: error.toRecord() };
    throw error;
  }
}
