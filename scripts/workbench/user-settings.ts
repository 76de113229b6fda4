/** The settings of a user of VS Code, in the folder that it keeps its data in. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Settings of the user, as in settings.json. */
export type Settings = Readonly<Record<string, unknown>>;

/** Writes settings into a folder of data, in the place of all that are there. */
export async function writeSettings(data: string, settings: Settings): Promise<void> {
  await mkdir(join(data, 'User'), { recursive: true });
  await writeFile(settingsIn(data), JSON.stringify(settings, undefined, 2));
}

/** Changes some; undefined takes one away. Windows follow within a second or two. */
export async function changeSettings(data: string, settings: Settings): Promise<void> {
  const present = JSON.parse(await readFile(settingsIn(data), 'utf8')) as Settings; // VS Code writes there, too
  await writeSettings(data, { ...present, ...settings });
}

function settingsIn(data: string): string {
  return join(data, 'User', 'settings.json');
}
