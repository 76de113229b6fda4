/**
 * A real VS Code workbench from npm, in a cache folder outside of the clone: it is large, its native parts are built on the
 * machine, and every clone can use the same one. Plain JavaScript without packages.
 */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { run } from './command.mjs';
import { installMissing, succeeds } from './parts.mjs';

/** The release whose VS Code (1.139) the tests are written for. */
export const version = '4.139.1';

const limitMs = 12 * 60_000;

/** What is there only when the last step of an installation has been done, and what fails when a native part was not built. */
const signs = [
  'out/node/entry.js',
  'lib/vscode/out/server-main.js',
  'lib/vscode/node_modules/@vscode/spdlog/build/Release/spdlog.node',
  'lib/vscode/node_modules/@vscode/native-watchdog/build/Release/watchdog.node',
  'lib/vscode/node_modules/kerberos/build/Release/kerberos.node',
  'lib/vscode/bin/remote-cli/code-server',
  'lib/vscode/extensions/node_modules',
];

/** The folder of this release: below `XDG_CACHE_HOME`, or `~/.cache`. @param {NodeJS.ProcessEnv} env */
export function cacheFolder(env) {
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'coppice', `code-server-${version}`);
}

/**
 * The program of a complete installation; undefined when there is none. `COPPICE_CODE_SERVER` names another place.
 * @param {NodeJS.ProcessEnv} env
 * @returns {string | undefined}
 */
export function installedCodeServer(env) {
  const chosen = env['COPPICE_CODE_SERVER'];
  if (chosen) return existsSync(chosen) ? chosen : undefined;
  return whyIncomplete(cacheFolder(env)) === undefined ? entryIn(cacheFolder(env)) : undefined;
}

/** @param {string} folder */
function entryIn(folder) {
  return join(folder, 'node_modules', 'code-server', 'out', 'node', 'entry.js');
}

/** @param {string} folder @returns {string | undefined} */
function whyIncomplete(folder) {
  const product = join(folder, 'node_modules', 'code-server');
  try {
    const found = JSON.parse(readFileSync(join(product, 'package.json'), 'utf8')).version;
    if (found !== version) return `it is version ${found}`;
  } catch {
    return 'it is not there';
  }
  const missing = signs.find((path) => !existsSync(join(product, path)));
  return missing === undefined ? undefined : `it has no ${missing}`;
}

/**
 * Makes sure that code-server is installed. What is made is put in its place in one step, so that half an installation is
 * never taken for a whole one; two installers at the same time do not disturb each other.
 *
 * @param {object} options
 * @param {NodeJS.ProcessEnv} options.env
 * @param {string} options.node the Node that runs it and for which its native parts are built: version 24
 * @param {(line: string) => void} options.say
 * @param {AbortSignal} [options.signal]
 * @returns {Promise<{ entry: string } | { problem: string }>}
 */
export async function installCodeServer({ env, node, say, signal }) {
  const there = installedCodeServer(env);
  if (there !== undefined) return { entry: there };
  if (env['COPPICE_CODE_SERVER']) {
    return { problem: `COPPICE_CODE_SERVER is ${env['COPPICE_CODE_SERVER']}, which is not there.` };
  }
  const missing = await installMissing(buildTools, { say, signal });
  if (missing.length > 0) return { problem: missing.join('\n') };

  const target = cacheFolder(env);
  const draft = `${target}.new-${process.pid}`;
  await mkdir(dirname(target), { recursive: true });
  await removeAbandoned(target);
  say(`code-server ${version} (VS Code in the browser) goes to ${target}: 2 to 5 minutes, once on this machine`);
  try {
    const problem = await make(draft, { env, node, say, signal });
    if (problem !== undefined) return { problem };
    if (whyIncomplete(target) !== undefined) {
      await rm(target, { recursive: true, force: true });
      await rename(draft, target).catch(async (/** @type {unknown} */ error) => {
        if (whyIncomplete(target) !== undefined) throw error; // else another installer was first
      });
    }
    return { entry: entryIn(target) };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** @type {readonly import('./parts.mjs').Part[]} */
const buildTools = [
  { name: 'a C++ compiler', present: () => has('c++') || has('g++') || has('clang++'), debian: 'g++' },
  { name: 'make', present: () => has('make'), debian: 'make' },
  { name: 'Python 3', present: () => has('python3'), debian: 'python3' },
  ...(process.platform === 'linux'
    ? [
        { name: 'pkg-config', present: () => has('pkg-config'), debian: 'pkg-config' },
        {
          name: 'the headers of Kerberos',
          present: () => succeeds('pkg-config', ['--exists', 'krb5-gssapi']),
          debian: 'libkrb5-dev',
        },
      ]
    : []),
];

/** @param {string} command */
function has(command) {
  return succeeds('sh', ['-c', 'command -v "$0"', command]);
}

/**
 * @param {string} folder
 * @param {{ env: NodeJS.ProcessEnv, node: string, say: (line: string) => void, signal?: AbortSignal | undefined }} options
 * @returns {Promise<string | undefined>} what went wrong
 */
async function make(folder, { env, node, say, signal }) {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "private": true, "name": "code-server-home" }\n');
  const product = join(folder, 'node_modules', 'code-server');
  // npm itself tells native builds which Node they are for, by the Node it runs on.
  const path = [dirname(node), ...(env['PATH'] ?? '').split(delimiter)].join(delimiter);
  const plain = Object.fromEntries(
    Object.entries(env).filter(
      ([key]) =>
        !/^npm_/i.test(key) ||
        /^npm_config_(cache|userconfig|globalconfig|registry|proxy|https_proxy|noproxy|cafile)$/i.test(key),
    ),
  );
  const steps = /** @type {const} */ ([
    {
      what: 'downloading',
      cwd: folder,
      command: [
        'npm',
        'install',
        '--ignore-scripts',
        '--save-exact',
        '--no-audit',
        '--no-fund',
        `code-server@${version}`,
      ],
      env: {},
    },
    {
      what: 'building its native parts',
      cwd: product,
      command: ['sh', './postinstall.sh'],
      env: { npm_config_user_agent: 'npm/11 node/v24.0.0', ...headersFor(node) },
    },
  ]);
  for (const {
    what,
    cwd,
    command: [tool, ...args],
    env: extra,
  } of steps) {
    /** @type {string[]} */
    const output = [];
    const begun = Date.now();
    const progress = setInterval(
      () => say(`code-server: ${what}, ${Math.round((Date.now() - begun) / 1000)} s`),
      15_000,
    );
    const ended = await run(tool, args, {
      cwd,
      env: { ...plain, PATH: path, ...extra },
      limitMs,
      output: (text) => output.push(text),
      ...(signal && { signal }),
    });
    clearInterval(progress);
    if (ended.code !== 0) {
      say(output.join('').trimEnd().split('\n').slice(-40).join('\n'));
      return `code-server could not be installed (${what}: ${ended.how === 'exited' ? `exit code ${ended.code}` : ended.how}). Check that npm can reach its packages (npm ping), then try again.`;
    }
    say(`code-server: ${what} took ${Math.round(ended.ms / 1000)} s`);
  }
  const why = whyIncomplete(folder);
  return why && `code-server was installed, but ${why}. See what was printed above.`;
}

/**
 * The package of Node brings the headers of that very Node, so that nothing has to be fetched from elsewhere to build for it.
 * @param {string} node
 * @returns {{ npm_config_nodedir?: string }}
 */
function headersFor(node) {
  const home = dirname(dirname(realpathSync(node)));
  const places = [home, join(home, 'node_modules', `node-${process.platform}-${process.arch}`)];
  const found = places.find((place) => existsSync(join(place, 'include', 'node', 'common.gypi')));
  return found === undefined ? {} : { npm_config_nodedir: found };
}

/** Drafts of installers that are gone. @param {string} target */
async function removeAbandoned(target) {
  const prefix = `${target}.new-`;
  for (const name of readdirSync(dirname(target))) {
    const path = join(dirname(target), name);
    if (path.startsWith(prefix) && !lives(Number(path.slice(prefix.length))))
      await rm(path, { recursive: true, force: true });
  }
}

/** @param {number} pid */
function lives(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
