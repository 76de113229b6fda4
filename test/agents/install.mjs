#!/usr/bin/env node
/**
 * Installs the real agent command lines that the tests talk to, at the versions of `package-lock.json`, into a cache outside
 * of the clone: `COPPICE_TEST_CACHE`, else `~/.cache/coppice-test`. They are test peers and never part of the product. What
 * is there already is checked and left alone. Plain JavaScript without packages (Node 20.19 or later).
 */
import { createHash, randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { run } from '../../scripts/bootstrap/command.mjs';

const here = import.meta.dirname;
const lockfile = join(here, 'package-lock.json');
/** Claude Code is 361 MB. */
const installLimitMs = 280_000;
const versionLimitMs = 30_000;
const progressMs = 5000;

/** @param {string} line */
const say = (line) => process.stdout.write(`${line}\n`);

/** The version of Claude Code that is pinned. */
export const claudeVersion = pinned('@anthropic-ai/claude-code');

/** Where the agents of this lockfile are installed. @returns {string} */
export function agentsFolder() {
  const base = process.env['COPPICE_TEST_CACHE'] ?? join(homedir(), '.cache', 'coppice-test');
  const hash = createHash('sha256').update(readFileSync(lockfile)).digest('hex').slice(0, 12);
  return join(base, `agents-${hash}-${process.platform}-${process.arch}`);
}

/**
 * The installed Claude Code, or undefined when it is not there or does not say that it has the pinned version. It is the
 * program itself, not npm's wrapper around it, so no script of the package has to run.
 * @param {string} [folder] @returns {Promise<string | undefined>}
 */
export async function installedClaude(folder = agentsFolder()) {
  const scope = join(folder, 'node_modules', '@anthropic-ai');
  const names = await readdir(scope).catch(() => []);
  for (const name of names.filter((each) => each.startsWith('claude-code-'))) {
    const program = join(scope, name, 'claude');
    if ((await versionOf(program)) === claudeVersion) return program;
  }
  return undefined;
}

/**
 * Where the programs of the other agents are that are installed.
 * @typedef {Record<'codex' | 'copilot' | 'gemini' | 'opencode' | 'qwen', string | undefined>} Programs
 * @param {string} [folder] @returns {Promise<Programs>}
 */
export async function installedPrograms(folder = agentsFolder()) {
  const modules = join(folder, 'node_modules');
  const bin = join(modules, '.bin');
  /** @type {readonly string[]} */
  const names = await readdir(bin).catch(() => []);
  const path = (/** @type {string} */ name) => (names.includes(name) ? join(bin, name) : undefined);
  return {
    ...{ codex: path('codex'), copilot: path('copilot'), gemini: path('gemini'), qwen: path('qwen') },
    opencode: await openCode(modules),
  };
}

/**
 * The build of OpenCode that runs on this processor: its own wrapper only works once a script of the package has run.
 * @param {string} modules @returns {Promise<string | undefined>}
 */
async function openCode(modules) {
  const names = (await readdir(modules).catch(() => [])).filter((name) => name.startsWith('opencode-')).sort();
  for (const program of names.map((name) => join(modules, name, 'bin', 'opencode'))) {
    if ((await versionOf(program)) !== undefined) return program;
  }
  return undefined;
}

/** @param {string} program @returns {Promise<string | undefined>} */
async function versionOf(program) {
  let output = '';
  const env = { PATH: process.env['PATH'], HOME: agentsFolder(), DISABLE_AUTOUPDATER: '1' };
  const options = { cwd: here, env, limitMs: versionLimitMs, output: (/** @type {string} */ text) => (output += text) };
  const { code } = await run(program, ['--version'], options);
  return code === 0 ? /^(\d+\.\d+\.\d+)/m.exec(output)?.[1] : undefined;
}

/** @param {string} name @returns {string} */
function pinned(name) {
  const { dependencies } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
  return dependencies[name];
}

/** Installs beside the final place and moves it there whole: a folder that is there is complete. @returns {Promise<string>} */
async function install() {
  const folder = agentsFolder();
  const draft = `${folder}.${randomUUID()}`;
  await mkdir(draft, { recursive: true });
  try {
    for (const name of ['package.json', 'package-lock.json']) await copyFile(join(here, name), join(draft, name));
    await npmInstall(draft);
    if ((await installedClaude(draft)) === undefined) throw new Error(await whyNot(draft));
    await rm(folder, { recursive: true, force: true });
    // Whoever else installed at the same time may have been faster.
    try {
      await rename(draft, folder);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    }
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  const program = await installedClaude();
  if (program === undefined) throw new Error(`${folder} is damaged: delete it and try again.`);
  return program;
}

/**
 * What the lockfile says, checked by its hashes. Not `npm ci`, which refuses altogether where a registry lacks the builds for machines
 * of other kinds.
 * @param {string} folder
 */
async function npmInstall(folder) {
  const begun = performance.now();
  const ticking = setInterval(() => say(`  still installing, ${seconds(begun)} s`), progressMs);
  let output = '';
  const { code, how } = await run(
    'npm',
    ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'warn'],
    {
      cwd: folder,
      env: process.env,
      limitMs: installLimitMs,
      output: (text) => (output += text),
    },
  );
  clearInterval(ticking);
  if (code === 0) {
    say(`  installed in ${seconds(begun)} s`);
    return;
  }
  const end = how === 'over-limit' ? `was ended after ${installLimitMs / 1000} s` : `ended with code ${code}`;
  throw new Error(`npm install ${end}.\n${lastLines(output)}\n${advice(output)}`);
}

/** @param {string} output */
function advice(output) {
  if (/ENOENT|not-started/.test(output) && /npm: /.test(output)) return 'npm was not found: install Node with npm.';
  if (
    /\b(ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH|ERR_SOCKET_TIMEOUT|E40[0-9]|E5\d\d)\b/.test(
      output,
    )
  ) {
    return (
      "npm could not reach its registry. Look at `npm config get registry` and `npm ping`; behind a proxy set npm's `proxy` " +
      'and `https-proxy`. Without a network, copy the folder of another machine and name what it is in with COPPICE_TEST_CACHE.'
    );
  }
  if (/\bENOSPC\b/.test(output))
    return 'The disk is full: 4 GB are needed for a moment. COPPICE_TEST_CACHE names another place.';
  return 'Try again with `node test/agents/install.mjs`.';
}

/** @param {string} folder */
async function whyNot(folder) {
  const scope = join(folder, 'node_modules', '@anthropic-ai');
  const names = (await readdir(scope).catch(() => [])).filter((name) => name.startsWith('claude-code-'));
  return names.length === 0
    ? `npm found no build of Claude Code for ${process.platform} ${process.arch} (or could not load it).`
    : `Claude Code was installed but does not run: try ${join(scope, names[0] ?? '', 'claude')} --version`;
}

/** @param {string} output */
function lastLines(output) {
  return output.trim().split('\n').slice(-15).join('\n');
}

/** @param {number} begun */
function seconds(begun) {
  return ((performance.now() - begun) / 1000).toFixed(0);
}

/** @returns {Promise<number>} the exit code */
async function main() {
  const there = await installedClaude();
  if (there !== undefined) {
    say(`Claude Code ${claudeVersion} is at ${there}`);
    return 0;
  }
  say(`Installing Claude Code ${claudeVersion} and other agents into ${agentsFolder()} (about 2 GB)`);
  try {
    say(`Claude Code ${claudeVersion} is at ${await install()}`);
    return 0;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href)
  process.exitCode = await main();
