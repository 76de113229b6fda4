#!/usr/bin/env node
/**
 * Installs node-llama-cpp at the version of `package-lock.json` (85 MB) into a cache outside of the clone: `COPPICE_TEST_CACHE`, else
 * `~/.cache/coppice-test`. It is a test peer and never part of the product. Linux on x64 only.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { run } from '../../scripts/bootstrap/command.mjs';

const here = import.meta.dirname;
const installLimitMs = 280_000;

/** Where this lockfile is installed. @returns {string} */
export function llamaFolder() {
  const base = process.env['COPPICE_TEST_CACHE'] ?? join(homedir(), '.cache', 'coppice-test');
  const lock = readFileSync(join(here, 'package-lock.json'));
  return join(base, `llama-${createHash('sha256').update(lock).digest('hex').slice(0, 12)}`);
}

/** Installs beside the final place and moves it there whole. */
async function install() {
  const folder = llamaFolder();
  if (existsSync(folder)) return;
  const draft = `${folder}.${randomUUID()}`;
  await mkdir(draft, { recursive: true });
  try {
    for (const name of ['package.json', 'package-lock.json']) await copyFile(join(here, name), join(draft, name));
    let output = '';
    // Builds for graphics cards, 700 MB, are optional and left out.
    // `npm ci` wants an entry of the lockfile for each of them, which npm does not write for other systems.
    const args = ['install', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
    const { code } = await run('npm', args, {
      ...{ cwd: draft, env: process.env, limitMs: installLimitMs },
      output: (text) => (output += text),
    });
    if (code !== 0) throw new Error(`npm install ended with code ${code}.\n${output.slice(-2000)}`);
    await rename(draft, folder);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await install();
  process.stdout.write(`llama.cpp is at ${llamaFolder()}\n`);
}
