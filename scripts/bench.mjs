#!/usr/bin/env node
/**
 * `npm run bench`: runs the benchmarks in bench/ one after the other under the pinned Node, after a build. Words after it
 * choose benchmarks by a part of their name. Each prints its own figures.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './bootstrap/command.mjs';
import { pinnedNode, whyNotInstalled } from './bootstrap/install.mjs';

const limitMs = 15 * 60_000;
const root = fileURLToPath(new URL('..', import.meta.url));
const wanted = process.argv.slice(2);

const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => interrupted.abort());

/** @param {string} script */
async function node(script) {
  const output = (/** @type {string} */ text) => void process.stdout.write(text);
  const options = { cwd: root, env: process.env, limitMs, output, signal: interrupted.signal };
  const { code } = await run(pinnedNode(root), ['--expose-gc', script], options);
  return code === 0;
}

async function main() {
  const missing = whyNotInstalled(root);
  if (missing !== undefined) throw new Error(`${missing}: run npm ci first.`);
  if (!(await node('esbuild.mjs'))) return false;
  const files = readdirSync(join(root, 'bench')).filter((file) => file.endsWith('.bench.ts'));
  const chosen = files.filter((file) => wanted.length === 0 || wanted.some((word) => file.includes(word)));
  if (chosen.length === 0) throw new Error(`No benchmark is named so. There are: ${files.join(', ')}`);
  let good = true;
  for (const file of chosen) {
    console.log(`\n== ${file}`);
    good = (await node(join(root, 'bench', file))) && good;
  }
  return good;
}

process.exitCode = (await main()) ? 0 : 1;
