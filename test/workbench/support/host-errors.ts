/** What goes wrong inside of VS Code without anybody seeing it: the logs of its extension hosts and the consoles of its windows. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { textOf } from '../../../scripts/workbench/places.ts';

/** What VS Code itself says of a view that a reload of the window cut short. */
const cutShort = /Unable to refresh tree view coppice\.\w+: Canceled/;

/** Errors about Coppice in the logs of all extension hosts, and errors in Coppice's own log. */
export async function errorsInLogs(logs: string): Promise<string[]> {
  const files = await readdir(logs, { recursive: true }).catch(() => []);
  const found: string[] = [];
  for (const file of files) {
    const own = file.includes('coppice.coppice') && file.endsWith('.log');
    if (!own && !isHostLog(file)) continue;
    for (const record of recordsOf(await textOf(join(logs, file)))) {
      if (/^\S+ \S+ \[error\]/.test(record) && !cutShort.test(record) && (own || record.includes('coppice')))
        found.push(record.trim());
    }
  }
  return found;
}

/** The log of the extension as a person sees it in the output channel. */
export async function ownLog(logs: string): Promise<string> {
  const files = await readdir(logs, { recursive: true }).catch(() => []);
  const own = files.filter((file) => file.includes('coppice.coppice') && file.endsWith('.log'));
  return (await Promise.all(own.map((file) => textOf(join(logs, file))))).join('\n');
}

/** In a browser it is the log of a remote one. */
function isHostLog(file: string): boolean {
  return /\b(?:remote)?exthost\.log$/.test(file);
}

/** Process ids of the extension hosts that were started, each as its log says it. */
export async function extensionHosts(logs: string): Promise<number[]> {
  const files = await readdir(logs, { recursive: true }).catch(() => []);
  const texts = await Promise.all(files.filter(isHostLog).map(async (file) => textOf(join(logs, file))));
  return texts
    .flatMap((text) => [...text.matchAll(/Extension host with pid (\d+) started/g)])
    .map(([, pid]) => Number(pid));
}

/** A record begins with a date and goes on over all lines that do not. */
function recordsOf(text: string): string[] {
  return text.split(/\n(?=\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} )/);
}

/** Collects the errors that a window's console shows about Coppice or one of its panels. */
export function watchConsole(page: Page, found: string[]): void {
  page.on('console', (message) => {
    const text = `${message.text()} ${message.location().url}`;
    const about = /coppice/i.test(text) || /Content Security Policy/.test(text);
    if (message.type() === 'error' && about && !cutShort.test(text)) found.push(`console: ${message.text()}`);
    if (/potential listener LEAK/.test(text)) found.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => {
    if (/coppice/i.test(error.stack ?? error.message)) found.push(`page: ${error.stack ?? error.message}`);
  });
}
