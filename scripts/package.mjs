#!/usr/bin/env node
/**
 * `npm run package`: builds, and makes the VSIX that VS Code installs (`code --install-extension FILE`). Everything in it is
 * bundled. What vsce finds fault with is an error. An argument names the file to write.
 */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './bootstrap/command.mjs';
import { pinnedNode, whyNotInstalled } from './bootstrap/install.mjs';

const limitMs = 180_000;
const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const file = process.argv[2] ?? join(root, `coppice-${version}.vsix`);

/** @param {readonly string[]} args @returns {Promise<string>} what was printed */
async function node(args) {
  let printed = '';
  const output = (/** @type {string} */ text) => (printed += text);
  const { code, how } = await run(pinnedNode(root), args, { cwd: root, env: process.env, limitMs, output });
  if (code !== 0) throw new Error(`${printed.trim()}\n${args[0]} ended with ${code ?? how}.`);
  return printed;
}

async function main() {
  const missing = whyNotInstalled(root);
  if (missing !== undefined) throw new Error(`${missing}: run npm ci first.`);
  await node(['esbuild.mjs']);
  const vsce = join(root, 'node_modules', '@vscode', 'vsce', 'vsce');
  // Links in the README stay as they are: they lead to files of the repository, and no address of it is known here.
  const options = ['--no-dependencies', '--no-rewrite-relative-links', '--allow-missing-repository', '--out', file];
  const printed = await node([vsce, 'package', ...options]);
  if (/WARN/.test(printed)) throw new Error(printed.trim());
  console.log(`${file} (${(statSync(file).size / 1e6).toFixed(2)} MB)`);
}

try {
  await main();
} catch (error) {
  console.log(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
