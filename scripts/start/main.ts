/**
 * Opens Coppice, as it was built, on a sample project: in the user's VS Code, else in a VS Code in the browser, which ends with
 * this process. `--browser` does not look for VS Code, `--no-open` only prints the address. What it makes is kept between starts
 * in `~/.cache/coppice/start/`.
 */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeSampleRepository } from '../sample/repository.ts';
import { inBrowser } from './browser.ts';
import { inVsCode } from './vscode.ts';

const { values } = parseArgs({
  options: { browser: { type: 'boolean', default: false }, 'no-open': { type: 'boolean', default: false } },
});

const over = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.once(name, () => over.abort());
process.channel?.unref();

const folder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'coppice', 'start');
const sample = join(folder, 'tidetable');
await mkdir(folder, { recursive: true });
if (!existsSync(join(sample, '.git'))) await makeSample();

const opened = !values.browser && (await inVsCode({ folder: sample, say: console.log, env: process.env }));
if (!opened) {
  const open = !values['no-open'] && process.env['CI'] === undefined;
  process.exitCode = await inBrowser({ folder, sample, open, say: console.log, signal: over.signal });
}

/** In one step: a start that is interrupted leaves no half project. */
async function makeSample(): Promise<void> {
  const draft = `${sample}.new-${process.pid}`;
  try {
    await makeSampleRepository(draft);
    await rm(sample, { recursive: true, force: true });
    await rename(draft, sample);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}
