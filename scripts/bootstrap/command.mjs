/**
 * Runs a command in a process group of its own, with a time limit that holds: what is over its time is ended with everything
 * it started. Plain JavaScript without packages: a fresh clone runs it before anything is installed (Node 20.19 or later).
 *
 * @typedef {object} CommandOptions
 * @property {string} cwd
 * @property {NodeJS.ProcessEnv} env
 * @property {number} limitMs milliseconds after which the command is ended
 * @property {(text: string) => void} output receives standard output and standard error as they come
 * @property {AbortSignal} [signal] ends the command early
 *
 * @typedef {{ pid: number, command: string }} LeftProcess
 *
 * @typedef {object} Ended
 * @property {number | null} code exit code; null when a signal ended it or it could not be started
 * @property {'exited' | 'over-limit' | 'aborted' | 'not-started'} how
 * @property {number} ms how long it took
 * @property {readonly LeftProcess[]} left processes that it started and that outlived it by 5 seconds (ended here; Linux only)
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** The environment variable by which the descendants of a command are known, also those in sessions of their own. */
const markName = 'COPPICE_TEST_MARK';
const graceMs = 5000;

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {CommandOptions} options
 * @returns {Promise<Ended>} never rejects
 */
export async function run(command, args, { cwd, env, limitMs, output, signal }) {
  const begun = performance.now();
  const mark = randomUUID();
  const child = spawn(command, args, {
    cwd,
    env: { ...env, [markName]: mark },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', output);
  const closed = new Promise((resolve) => child.once('close', resolve));

  const end = { how: /** @type {Ended['how']} */ ('exited') };
  /** @type {Promise<void> | undefined} */
  let stopping;
  const stop = (/** @type {Ended['how']} */ why) => {
    if (stopping) return;
    end.how = why;
    stopping = endGroup(child.pid);
  };
  const timer = setTimeout(stop, limitMs, 'over-limit');
  const abort = () => stop('aborted');
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();

  const code = await new Promise((/** @type {(code: number | null) => void} */ resolve) => {
    child.once('exit', (value) => resolve(value));
    child.once('error', (error) => {
      end.how = 'not-started';
      output(`${command}: ${error.message}\n`);
      resolve(null);
    });
  });
  clearTimeout(timer);
  signal?.removeEventListener('abort', abort);
  await stopping;
  const left = await sweep(mark, end.how === 'exited' ? graceMs : 0);
  // A stray process may hold the pipes open for ever: what is in them by now is all that is read.
  await Promise.race([closed, delay(500, undefined, { ref: false })]);
  child.stdout.destroy();
  child.stderr.destroy();
  return { code: end.how === 'exited' ? code : null, how: end.how, ms: performance.now() - begun, left };
}

/** SIGTERM to the process group, and SIGKILL three seconds later. @param {number | undefined} pid */
async function endGroup(pid) {
  if (pid === undefined) return;
  for (const name of /** @type {const} */ (['SIGTERM', 'SIGKILL'])) {
    try {
      process.kill(-pid, name);
    } catch {
      return; // the group is gone
    }
    for (let waited = 0; waited < 3000 && groupLives(pid); waited += 50) await delay(50);
  }
}

/** @param {number} pid */
function groupLives(pid) {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Waits for marked processes to end by themselves, ends the others and names them. @param {string} mark @param {number} waitMs */
async function sweep(mark, waitMs) {
  const deadline = performance.now() + waitMs;
  let left = marked(mark);
  while (left.length > 0 && performance.now() < deadline) {
    await delay(100);
    left = marked(mark);
  }
  for (const { pid } of left) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it ended in between
    }
  }
  for (let waited = 0; waited < 1000 && marked(mark).length > 0; waited += 50) await delay(50);
  return left;
}

/** Live processes that carry the mark in their environment; none where there is no /proc. @param {string} mark */
function marked(mark) {
  /** @type {LeftProcess[]} */
  const found = [];
  for (const name of procEntries()) {
    try {
      if (!readFileSync(`/proc/${name}/environ`, 'latin1').includes(`${markName}=${mark}`)) continue;
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
      if (command !== '') found.push({ pid: Number(name), command: command.slice(0, 200) });
    } catch {
      // it ended, or it is not ours to read
    }
  }
  return found;
}

function procEntries() {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}
