#!/usr/bin/env node
/**
 * `npm test`: one command for a fresh clone. Looks at the machine, installs the packages, then hands over to
 * `scripts/test/main.ts` under the pinned Node. Arguments: lanes to run (default: all), then files and options of mocha.
 * Plain JavaScript without packages.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install, pinnedNode } from './bootstrap/install.mjs';
import { checkMachine } from './bootstrap/machine.mjs';

const begun = Date.now();
const root = fileURLToPath(new URL('..', import.meta.url));
const say = (/** @type {string} */ line) => console.log(`[install] ${line}`);

const missing = await checkMachine({ say });
const problem = missing.length > 0 ? missing.join('\n') : await installUnlessInterrupted();
if (problem === undefined) process.exitCode = await handOver();
else giveUp(problem);

/** @returns {Promise<string | undefined>} */
async function installUnlessInterrupted() {
  const interrupted = new AbortController();
  const abort = () => interrupted.abort();
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, abort);
  const result = await install({ root, say, signal: interrupted.signal });
  for (const name of ['SIGINT', 'SIGTERM']) process.off(name, abort);
  return result;
}

/** Runs the lanes; the exit code. @returns {Promise<number>} */
async function handOver() {
  const main = join(root, 'scripts', 'test', 'main.ts');
  // The IPC channel tells the lanes when this process is gone.
  const child = spawn(pinnedNode(root), [main, ...process.argv.slice(2)], {
    cwd: root,
    env: { ...process.env, COPPICE_TEST_BEGUN: String(begun) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  for (const name of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
    process.on(name, () => child.kill(name));
  }
  return new Promise((resolve) => {
    child.once('error', (error) => {
      giveUp(error.message);
      resolve(1);
    });
    child.once('exit', (code, signal) => {
      if (code !== 0 && code !== 1) giveUp(`The test run itself ended with ${signal ?? `exit code ${code}`}.`);
      resolve(code === 0 ? 0 : 1);
    });
  });
}

/** @param {string} reason */
function giveUp(reason) {
  console.log(reason);
  console.log('0 passed, 1 failed');
  process.exitCode = 1;
}
