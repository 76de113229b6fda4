/** The scripted agent in the place of the demo agent: conversations that are worth looking at, the same each time. */
import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from '../../integration/cli/machine.ts';
import { installExtension, root } from '../../../scripts/workbench/installation.ts';
import { extensionsIn } from '../../../scripts/workbench/places.ts';

/** Installs the extension with the scripted agent for its demo agent. */
export async function installScripted(extensions: string): Promise<void> {
  await installExtension(extensions);
  await copyFile(join(root, 'scripts', 'sample', 'agent.mjs'), join(await distIn(extensions), 'demo-agent.js'));
}

/** Makes the command line of a machine the one that was installed so: it may be what starts the engine. */
export async function useInstalled(machine: Machine): Promise<void> {
  machine.cli = join(await distIn(extensionsIn(machine.root)), 'cli.js');
}

/** Gives the scripted agent work, with further options of the command line; the id of its session. */
export async function startScripted(
  machine: Machine,
  prompt: string,
  name: string,
  ...more: readonly string[]
): Promise<string> {
  const { id } = await machine.json<{ id: string }>(
    'session',
    'start',
    '--agent',
    'demo',
    '--name',
    name,
    ...more,
    prompt,
  );
  return id;
}

async function distIn(extensions: string): Promise<string> {
  const name = (await readdir(extensions)).find((each) => each.startsWith('coppice.coppice-'));
  if (name === undefined) throw new Error(`The extension is not in ${extensions}.`);
  return join(extensions, name, 'dist');
}
