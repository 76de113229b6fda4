import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { installCodeServer } from '../bootstrap/code-server.mjs';
import { CodeServer } from '../workbench/code-server.ts';
import { extensionsIn } from '../workbench/places.ts';
import type { Settings } from '../workbench/user-settings.ts';
import { installExtension, root } from '../workbench/installation.ts';

const execute = promisify(execFile);

/** The port that a browser knows from the start before, with what it remembers for it. */
const usualPort = 8477;
const endLimitMs = 20_000;

const settings: Settings = {
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.disableAIFeatures': true,
  'telemetry.telemetryLevel': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
};

/** Where things are kept, and what is opened. */
export interface BrowserOptions {
  /** Folder that is kept between starts: settings, extension, Coppice's data. */
  readonly folder: string;
  /** Folder to open. */
  readonly sample: string;
  /** Whether the browser is opened, too. */
  readonly open: boolean;
  readonly say: (line: string) => void;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** Shows a folder in a VS Code in the browser until the signal. Gives the exit code. */
export async function inBrowser({ folder, sample, open, say, signal }: BrowserOptions): Promise<number> {
  const there = await installCodeServer({ env: process.env, node: process.execPath, say, signal });
  if (signal.aborted) return 130;
  if ('problem' in there) {
    say(there.problem);
    return 1;
  }
  const extensions = extensionsIn(folder);
  await rm(extensions, { recursive: true, force: true }); // of an earlier build
  await installExtension(extensions);
  const env = { ...plainEnvironment(), COPPICE_HOME: join(folder, 'home') };
  const server = await CodeServer.start({
    folder,
    env,
    settings: { ...settings, ...(await knownSettings(folder)) },
    port: (await isFree(usualPort)) ? usualPort : 0,
    trust: true, // it is a project of ours
    program: there.entry,
  });
  try {
    const address = server.windowOn(sample);
    say(`\nCoppice is open on a sample project:\n\n  ${address}\n`);
    say('Choose Coppice in the bar at the left, and press Run the Demo. Ctrl-C here ends all of it.');
    if (open) openBrowser(address);
    const ended = await Promise.race([server.ended.then(() => true), aborted(signal).then(() => false)]);
    if (ended) say('VS Code in the browser ended by itself.');
    return ended ? 1 : 0;
  } finally {
    await server.stop();
    await endEngine(env);
  }
}

/** What the person changed in an earlier start. */
async function knownSettings(folder: string): Promise<Settings> {
  try {
    return JSON.parse(await readFile(join(folder, 'data', 'User', 'settings.json'), 'utf8')) as Settings;
  } catch {
    return {}; // the first start, or a file with comments
  }
}

/** The environment of the person's shell, without what npm added for this script: agents get to see it. */
function plainEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE$|INIT_CWD$)/.test(name));
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((each) => !each.includes('node_modules'));
  return { ...Object.fromEntries(kept), PATH: path.join(delimiter) };
}

/** Ends the sessions and the engine of the sample: nothing goes on behind the person's back. */
async function endEngine(env: NodeJS.ProcessEnv): Promise<void> {
  const coppice = async (...args: string[]): Promise<string> => {
    const { stdout } = await execute(process.execPath, [join(root, 'dist', 'cli.js'), ...args], {
      env,
      timeout: endLimitMs,
    });
    return stdout;
  };
  try {
    const { running } = JSON.parse(await coppice('engine', 'status', '--json')) as { running: boolean };
    if (!running) return;
    const active = JSON.parse(await coppice('session', 'list', '--active', '--json')) as { id: string }[];
    for (const { id } of active) await coppice('session', 'cancel', id);
    await coppice('engine', 'stop');
  } catch (error) {
    console.log(`Coppice's engine could not be stopped: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

/** A machine without a screen has none to open; the address was printed. */
function openBrowser(address: string): void {
  const screen = process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY'];
  const command = process.platform === 'darwin' ? 'open' : screen === undefined ? undefined : 'xdg-open';
  if (command === undefined) return;
  const child = spawn(command, [address], { stdio: 'ignore', detached: true });
  child.once('error', () => undefined);
  child.unref();
}
