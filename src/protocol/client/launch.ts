/** Starts an engine, detached: it belongs to nobody's terminal or window and outlives both. */
import { spawn, type ChildProcess } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { CoppiceError } from '../../core/errors.ts';
import { withResolvers } from './deadline.ts';
import { settingVariables } from '../../core/environment.ts';
import { variableOf } from '../../core/settings/keys.ts';
import { settingKeys } from '../../core/settings/table.ts';
import { readable } from './home.ts';
import { installEngine, type Shipped } from './shipped.ts';

/** The engine to start: its files, and the program and environment that it gets. */
export interface LaunchPlan extends Shipped {
  /** The file among `files` that is the engine's program. */
  readonly entry: string;
  /** The program that runs it: Node or Electron; the present one unless told. */
  readonly execPath?: string;
  /** The environment of which an allow-list is handed on; the present one unless told. */
  readonly env?: NodeJS.ProcessEnv;
  /** Variables that are set beside the allow-list. */
  readonly extraEnv?: Readonly<Record<string, string>>;
}

/** How the process that was started ended: before it could be reached, or long after. */
export type Exit = { readonly code: number } | { readonly signal: string } | { readonly failed: Error };

/** An engine process that was started; it belongs to itself, and ending this one does not end it. */
export interface Started {
  /** Undefined if the system could not start it. */
  readonly pid: number | undefined;
  readonly exited: Promise<Exit>;
  /** Undefined while it runs. */
  exit(): Exit | undefined;
  /** Size of the engine's log when it was started: what it says is behind that. */
  readonly logOffset: number;
  /** The file that it runs. An engine that is there meanwhile deletes copies of others. */
  readonly program: string;
}

/**
 * What an engine gets of the environment of whoever happened to start it. Sessions have that of their own requester; nothing
 * secret belongs here. `DOCKER_HOST` and `TMUX_TMPDIR` say where the daemon and the terminals are that the user means.
 */
const handedOn = ['PATH', 'HOME', 'LANG', 'XDG_RUNTIME_DIR', 'TMPDIR', 'DOCKER_HOST', 'TMUX_TMPDIR'] as const;

/** The engine's log in a data directory. What the runtime prints before the engine logs goes there too. */
export function logPath(home: string): string {
  return join(home, 'engine', 'engine.log');
}

/** Installs this version's files in the data directory and starts the engine from there. Resolves before it can be reached. */
export async function startEngine(home: string, version: string, plan: LaunchPlan): Promise<Started> {
  const folder = await installEngine(home, version, plan);
  const program = join(folder, plan.entry);
  const log = await open(logPath(home), 'a', 0o600).catch((error: unknown) => {
    throw readable(home, error);
  });
  try {
    const { size } = await log.stat();
    const child = spawn(plan.execPath ?? process.execPath, [program], {
      cwd: home,
      env: environment(home, folder, plan),
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    child.unref();
    return { pid: child.pid, logOffset: size, program, ...watch(child) };
  } finally {
    await log.close();
  }
}

function environment(home: string, folder: string, plan: LaunchPlan): NodeJS.ProcessEnv {
  const from = plan.env ?? process.env;
  const kept = handedOn.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]] as const]));
  // Settings of the engine itself, such as its limits, hold for the engine that is started with them. A name that is no
  // setting is refused to the shell that uses it, and must not stay with the engine.
  const known = new Set(settingKeys.map(variableOf));
  const settings = Object.fromEntries(Object.entries(settingVariables(from)).filter(([name]) => known.has(name)));
  const electron = process.versions['electron'] !== undefined && plan.execPath === undefined;
  return {
    ...Object.fromEntries(kept),
    ...settings,
    // What the engine before has compiled; with the copy of this version it goes.
    NODE_COMPILE_CACHE: join(folder, 'compiled'),
    ...plan.extraEnv,
    COPPICE_HOME: home,
    ...(electron && { ELECTRON_RUN_AS_NODE: '1' }),
  };
}

function watch(child: ChildProcess): Pick<Started, 'exited' | 'exit'> {
  const ended = withResolvers<Exit>();
  let exit: Exit | undefined;
  const settle = (how: Exit): void => {
    exit ??= how;
    ended.resolve(exit);
  };
  child.once('error', (failed) => settle({ failed }));
  child.once('exit', (code, signal) => settle(code === null ? { signal: signal ?? 'unknown' } : { code }));
  return { exited: ended.promise, exit: () => exit };
}

/** An engine that ended before it could be reached, although it did not make way for another one. */
export function startFailed(exit: Exit, log: string, tail: string): CoppiceError {
  const how = 'failed' in exit ? exit.failed.message : 'code' in exit ? `code ${exit.code}` : exit.signal;
  const cause = 'failed' in exit ? exit.failed : undefined;
  const last = tail.trim() === '' ? '' : `\n${tail.trim()}`;
  const message = `The engine could not be started (${how}).${last}`;
  return new CoppiceError('internal', message, `See ${log}, and run the doctor.`, {
    context: { log },
    cause,
    way: 'run-doctor',
  });
}
