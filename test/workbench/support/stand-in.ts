/**
 * Stands in for the program of VS Code on a desktop where none can be had: takes its arguments, shows windows behind a debugging
 * port, hands the wish for a further window to the process that runs, and ends with its group. Below it are code-server and a
 * Chromium that Playwright did not start. What it cannot show is how a desktop draws and reloads.
 */
import { spawn } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { codeServerCommand, codeServerListens } from '../../../scripts/workbench/code-server.ts';
import { chromium, codeServer, runs } from '../../../scripts/workbench/installation.ts';
import { printedBy } from '../../../scripts/workbench/processes.ts';
import { browserArguments } from './browser.ts';

/** Variables for this program alone. */
const ours = ['COPPICE_CODE_SERVER', 'COPPICE_CHROMIUM'];

/** Writes the program into a folder, with its command line beside it as VS Code has it (`bin/code`); its path. */
export async function makeStandIn(folder: string): Promise<string> {
  await mkdir(join(folder, 'bin'), { recursive: true });
  const path = join(folder, 'code');
  const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  await script(
    path,
    `COPPICE_CODE_SERVER=${quoted(codeServer())} COPPICE_CHROMIUM=${quoted(chromium())}`,
    `export COPPICE_CODE_SERVER COPPICE_CHROMIUM`,
    `exec ${quoted(process.execPath)} ${quoted(import.meta.filename)} "$@"`,
  );
  await script(join(folder, 'bin', 'code'), `exec ${runs(codeServer()).map(quoted).join(' ')} "$@"`);
  return path;
}

async function script(path: string, ...lines: readonly string[]): Promise<void> {
  await writeFile(path, ['#!/bin/sh', ...lines, ''].join('\n'));
  await chmod(path, 0o755);
}

if (process.argv[1] === import.meta.filename) await main();

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ strict: false, allowPositionals: true });
  const data = String(values['user-data-dir']);
  const [note, browser] = [join(data, 'stand-in-address'), join(data, 'stand-in-browser')];
  const address = await readFile(note, 'utf8').catch(() => undefined);
  if (address !== undefined) {
    const [port] = (await readFile(join(browser, 'DevToolsActivePort'), 'utf8')).split('\n');
    const opened = await fetch(`http://127.0.0.1:${port ?? ''}/json/new?${urlOf(address, positionals[0])}`, {
      method: 'PUT',
    });
    if (!opened.ok) throw new Error(`No window: ${await opened.text()}`);
    return;
  }
  const [command, ...args] = await codeServerCommand({
    folder: dirname(data),
    trust: values['disable-workspace-trust'] === true,
  });
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.includes(name)));
  const server = spawn(command, args, { cwd: dirname(data), env, stdio: ['ignore', 'pipe', 'pipe'] });
  const found = await printedBy(server, codeServerListens, 'code-server');
  await writeFile(note, found);
  const port = `--remote-debugging-port=${String(values['remote-debugging-port'])}`;
  const own = [...browserArguments, '--headless=new', `--user-data-dir=${browser}`, port, urlOf(found, positionals[0])];
  const shown = spawn(chromium(), own, { stdio: 'inherit' });
  await new Promise((resolve) => void shown.once('exit', resolve));
  server.kill();
}

/** Address of a window on a folder, on a file that names folders, or on none. */
function urlOf(address: string, place: string | undefined): string {
  if (place === undefined) return `${address}/?ew=true`;
  const kind = place.endsWith('.code-workspace') ? 'workspace' : 'folder';
  return `${address}/?${kind}=${encodeURIComponent(place)}`;
}
