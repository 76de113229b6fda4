#!/usr/bin/env node
/**
 * `npm start`: one command from a fresh clone to the product. Looks at the machine, installs the packages, builds, and hands over to
 * `scripts/start/main.ts`, which opens Coppice on a sample project. Plain JavaScript without packages.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './bootstrap/command.mjs';
import { install, pinnedNode } from './bootstrap/install.mjs';
import { checkMachine } from './bootstrap/machine.mjs';

const buildLimitMs = 120_000;
const root = fileURLToPath(new URL('..', import.meta.url));
const say = (/** @type {string} */ line) => console.log(line);
const interrupted = new AbortController();
const abort = () => interrupted.abort();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(name, abort);

/** @returns {Promise<string | undefined>} what is in the way, with its fix */
async function prepare() {
  const missing = await checkMachine({ say });
  if (missing.length > 0) return missing.join('\n');
  const problem = await install({ root, say, signal: interrupted.signal });
  if (problem !== undefined) return problem;
  let printed = '';
  const built = await run(pinnedNode(root), ['esbuild.mjs'], {
    cwd: root,
    env: process.env,
    limitMs: buildLimitMs,
    output: (text) => (printed += text),
    signal: interrupted.signal,
  });
  return built.code === 0 ? undefined : `The build failed.\n${printed}`;
}

const problem = await prepare();
if (interrupted.signal.aborted) process.exitCode = 130;
else if (problem !== undefined) {
  say(problem);
  process.exitCode = 1;
} else {
  const child = spawn(pinnedNode(root), [join(root, 'scripts', 'start', 'main.ts'), ...process.argv.slice(2)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(name, () => child.kill(name));
  child.once('exit', (code) => (process.exitCode = code ?? 1));
  child.once('error', (error) => {
    say(error.message);
    process.exitCode = 1;
  });
}
