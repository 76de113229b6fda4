/** `coppice doctor`: asks every probe at the same time, none for longer than its limit, and never fails itself. */
import { isCoppiceError, systemCode } from '../../core/errors.ts';
import type { Check } from '../../protocol/schemas.ts';
import * as checks from './checks.ts';
import type { AgentFinding, ExecutorFinding, ModelFinding, RefusedPlugin, RepositoryFinding } from './checks.ts';

/** Where the facts come from. A probe that throws or does not answer makes a row of its own. */
export interface DoctorProbes {
  /** `20.19.0` */
  readonly node: () => string;
  /** What `git --version` prints, asked outside of any repository. */
  readonly git: (signal: AbortSignal) => Promise<string>;
  /** Absolute path of a program on the `PATH`. */
  readonly program: (name: string) => Promise<string | undefined>;
  /** Resolves if a file can be made, kept and removed in the data directory. */
  readonly write: () => Promise<void>;
  /** Free bytes where the data directory is. */
  readonly freeBytes: () => Promise<number>;
  /** File watches that one user may have, or undefined where there is no such limit. */
  readonly watches: () => Promise<number | undefined>;
  /** Problems of the settings, one sentence each. */
  readonly settings: () => Promise<readonly string[]>;
  readonly agents: (signal: AbortSignal) => Promise<readonly AgentFinding[]>;
  readonly executors: (signal: AbortSignal) => Promise<readonly ExecutorFinding[]>;
  /** The model that reviews; undefined where none is wanted. */
  readonly model: (signal: AbortSignal) => Promise<ModelFinding | undefined>;
  /** Plugins that cannot be used. */
  readonly plugins: () => Promise<readonly RefusedPlugin[]>;
  /** Undefined outside of a repository. */
  readonly repository: (signal: AbortSignal) => Promise<RepositoryFinding | undefined>;
}

/** What is checked, and how long each probe may take. */
export interface DoctorOptions {
  /** The data directory. */
  readonly home: string;
  /** The agent of a session that names none. */
  readonly defaultAgent: string;
  /** Where it works when nobody says it. */
  readonly defaultExecutor: string;
  /** Whether its program has to be on this machine for that. */
  readonly startsHere: boolean;
  readonly minFreeMegabytes: number;
  /** False leaves the row about a repository out. */
  readonly repository: boolean;
  /** Milliseconds that each probe may take. */
  readonly limitMs: number;
}

/** Several times what the slowest agent needs to print its version on a busy machine. */
export const probeLimitMs = 15_000;

/**
 * One row per finding, in a fixed order. Never rejects; a probe that is aborted at its limit or throws is a row that is
 * not ok.
 */
export async function examine(probes: DoctorProbes, options: DoctorOptions): Promise<Check[]> {
  const { home, defaultAgent, defaultExecutor, startsHere, minFreeMegabytes, limitMs } = options;
  const ask = (name: string, fix: string, probe: Probe): Promise<readonly Check[]> => answer(name, fix, probe, limitMs);
  const program = (name: string): Promise<readonly Check[]> =>
    ask(name, `Install \`${name}\`.`, async () => [checks.programCheck(name, await probes.program(name))]);
  const rows = await Promise.all([
    ask('node', 'Install Node 20.19 or later.', async () => [checks.nodeCheck(probes.node())]),
    ask('git', 'Install git 2.38 or later and put it on the PATH.', async (signal) => [
      checks.gitCheck(await probes.git(signal)),
    ]),
    program('sh'),
    program('mkfifo'),
    ask('data directory', `Make ${home} writable for your user, or set COPPICE_HOME.`, async () => {
      await probes.write();
      return [checks.dataCheck(home)];
    }),
    ask('free space', `Look at the disk of ${home}.`, async () => [
      checks.spaceCheck(await probes.freeBytes(), minFreeMegabytes),
    ]),
    ask('file watches', 'Look at /proc/sys/fs/inotify.', async () => {
      const limit = await probes.watches();
      return limit === undefined ? [] : [checks.watchesCheck(limit)];
    }).then(optional),
    ask('settings', `Look at the settings files.`, async () => [checks.settingsCheck(await probes.settings())]),
    ask('agents', 'Run the program of the agent by hand.', async (signal) =>
      (await probes.agents(signal)).map((found) => checks.agentCheck(found, startsHere ? defaultAgent : undefined)),
    ),
    ask('executors', 'Use `--executor local`.', async (signal) =>
      (await probes.executors(signal)).map((found) => checks.executorCheck(found, defaultExecutor)),
    ).then((found) => (defaultExecutor === 'local' ? optional(found) : found)), // which is always there
    ask('model', 'Look at the model server.', async (signal) => {
      const found = await probes.model(signal);
      return found === undefined ? [] : [checks.modelCheck(found)];
    }).then(optional),
    ask('plugins', 'Look at the folder `plugins` of the data directory.', async () =>
      (await probes.plugins()).map((refused) => checks.pluginCheck(refused, defaultAgent)),
    ),
    options.repository
      ? ask('repository', 'Look at it with git.', async (signal) => [
          checks.repositoryCheck(await probes.repository(signal)),
        ]).then(optional)
      : [],
  ]);
  return rows.flat();
}

type Probe = (signal: AbortSignal) => Promise<readonly Check[]>;

async function answer(name: string, fix: string, probe: Probe, limitMs: number): Promise<readonly Check[]> {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<readonly Check[]>((resolve) => {
    timer = setTimeout(() => {
      resolve([checks.failedCheck(name, `no answer within ${limitMs / 1000} s`, fix)]);
      abort.abort();
    }, limitMs);
  });
  // What comes after the limit is nobody's any more, a late failure included.
  const asked = Promise.resolve(abort.signal)
    .then(probe)
    .catch((error: unknown) => [failure(name, fix, error)]);
  try {
    return await Promise.race([asked, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

function failure(name: string, fix: string, error: unknown): Check {
  if (isCoppiceError(error)) return checks.failedCheck(name, error.message, error.next);
  const message = error instanceof Error ? error.message : String(error);
  return checks.failedCheck(name, systemCode(error) ?? message, fix);
}

function optional(rows: readonly Check[]): readonly Check[] {
  return rows.map((each) => ({ ...each, required: false }));
}
