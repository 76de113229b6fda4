/** The tests of the workbench in a VS Code of the desktop: the same ones, each window in the program that is named. */
import { globSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { lanes } from './lanes.ts';
import { summarise } from './outcome.ts';
import { runLane } from './run-lane.ts';

/** What is not about a window of VS Code, and why. */
const elsewhere: Readonly<Record<string, string>> = {
  'test/workbench/start.test.ts': 'it is `npm start` where no VS Code is: it brings code-server and a browser',
  'test/workbench/stand-in.test.ts': 'it tries the way to a desktop where there is none, with code-server below it',
};

/** Windows of a desktop start slowly, and each has a process of its own. */
const limitS = 1200;

/** Runs them in a program of VS Code; 0 when all have passed. `options` are those of mocha, e.g. `--grep`. */
export async function runWorkbenchIn(program: string, root: string, options: readonly string[]): Promise<number> {
  const chosen = globSync('test/workbench/*.test.ts', { cwd: root }).filter((spec) => !(spec in elsewhere));
  for (const [file, why] of Object.entries(elsewhere)) console.log(`[electron] not here: ${file}, since ${why}`);
  const over = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => over.abort());
  const env = {
    ...process.env,
    ...display(process.env),
    PATH: [join(root, 'node_modules', '.bin'), process.env['PATH']].join(delimiter),
    COPPICE_TEST_DESKTOP: program,
  };
  const lane = { ...lanes.workbench, limitS };
  const outcome = await runLane(lane, { specs: chosen.sort(), options }, { root, env, signal: over.signal });
  return summarise([outcome]).failed;
}

/** A lane has a home and a runtime folder of its own, in which a display is not found. */
function display(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { WAYLAND_DISPLAY: wayland, XDG_RUNTIME_DIR: runtime, XAUTHORITY: authority } = env;
  return {
    XAUTHORITY: authority ?? join(homedir(), '.Xauthority'),
    ...(wayland !== undefined && runtime !== undefined && { WAYLAND_DISPLAY: resolve(runtime, wayland) }),
  };
}
