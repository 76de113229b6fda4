#!/usr/bin/env node
/**
 * Brings what the tests of the workbench need beside the packages: code-server and a browser. What is there already is left
 * alone. Plain JavaScript without packages.
 */
import { fileURLToPath } from 'node:url';
import { installChromium } from './chromium.mjs';
import { installCodeServer } from './code-server.mjs';
import { pinnedNode } from './install.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => interrupted.abort());

const options = {
  env: process.env,
  say: (/** @type {string} */ line) => console.log(line),
  signal: interrupted.signal,
};
const browser = await installChromium(options);
const server = await installCodeServer({ ...options, node: pinnedNode(root) });
for (const found of [browser, server]) {
  if ('problem' in found) {
    console.log(found.problem);
    process.exitCode = 1;
  }
}
if ('path' in browser && 'entry' in server) console.log(`${server.entry}\n${browser.path}`);
