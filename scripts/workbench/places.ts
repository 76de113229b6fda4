/** Where a VS Code that has a folder of its own keeps what it writes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Its extensions. */
export function extensionsIn(folder: string): string {
  return join(folder, 'extensions');
}

/** Settings, logs and the rest. */
export function dataIn(folder: string): string {
  return join(folder, 'data');
}

/** Its logs. */
export function logsIn(folder: string): string {
  return join(dataIn(folder), 'logs');
}

/** Text of a log file; empty when there is none. */
export async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
