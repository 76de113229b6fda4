import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '../protocol/client/connect.ts';
import { homePath } from '../protocol/client/home.ts';
import type { Connect } from './connection.ts';
import { keyboardOf } from './keyboard.ts';
import { launchPlan } from './launch.ts';
import { giveTerminal } from './launch-terminal.ts';
import { readLimited } from './read-limited.ts';
import type { Shell, Sink } from './shell.ts';

/** The shell that this process was started from. */
export function processShell(version: string): Shell {
  const { env, stdin, stdout, stderr } = process;
  const interrupts = new Set<() => void>();
  const interrupted = (): boolean => {
    for (const listener of interrupts) listener();
    return interrupts.size > 0;
  };
  return {
    env,
    cwd: workingFolder(env),
    get home() {
      return homePath(env);
    },
    version,
    nodeVersion: process.version,
    stdout: sinkOf(stdout),
    stderr: sinkOf(stderr),
    ...(stdin.isTTY ? { keyboard: keyboardOf({ input: stdin, output: stdout, interrupted }) } : {}),
    connect: connector(version, env),
    now: () => Date.now(),
    steady: () => performance.now(),
    sleep: async (ms, signal) => {
      // Aborting only ends the wait.
      await sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    },
    onInterrupt: (listener) => {
      interrupts.add(listener);
      if (interrupts.size === 1) process.on('SIGINT', interrupted);
      return () => {
        interrupts.delete(listener);
        if (interrupts.size === 0) process.off('SIGINT', interrupted);
      };
    },
    readStdin: (limit) => readLimited(stdin, limit),
    listen: () => stdin as AsyncIterable<string | Uint8Array>,
    ...(stdin.isTTY && stdout.isTTY ? { exec: giveTerminal } : {}),
  };
}

/** Also when it was deleted: a command that needs a folder then says that it is not there. */
function workingFolder({ PWD = '/' }: NodeJS.ProcessEnv): string {
  try {
    return process.cwd();
  } catch {
    return resolve('/', PWD);
  }
}

function connector(version: string, env: NodeJS.ProcessEnv): Connect {
  return async ({ launch }) =>
    connect({
      home: homePath(env),
      client: 'cli',
      version,
      ...(launch ? { launch: launchPlan(env) } : {}),
      secrets: ({ names }) => ({ values: pick(env, names) }),
    });
}

/** The secrets among `names` that this environment has; the engine asks for them by name when an agent starts. */
function pick(env: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const])));
}

function sinkOf(stream: NodeJS.WriteStream): Sink {
  return {
    isTTY: stream.isTTY,
    get columns() {
      return stream.isTTY && stream.columns > 0 ? stream.columns : 80;
    },
    write: (text) => {
      if (!stream.destroyed) stream.write(text);
    },
  };
}
