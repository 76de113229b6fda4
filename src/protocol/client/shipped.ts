/** The engine's own copy of the files it runs from: an update of the product deletes the ones it was installed with. */
import { randomBytes } from 'node:crypto';
import { chmod, copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CoppiceError, systemCode } from '../../core/errors.ts';

/** The files of an engine where the product was installed. */
export interface Shipped {
  /** Folder of the installed product. */
  readonly dist: string;
  /** Names of the files in it that the engine needs. */
  readonly files: readonly string[];
}

/** The programs are ES modules; without this a `package.json` above the data directory would decide what they are. */
const manifest = { name: 'package.json', text: '{ "type": "module" }\n' } as const;
const segment = /^[A-Za-z0-9][\w.+-]*$/;
const attempts = 5;

/**
 * Makes sure that `<home>/engine/<version>/` holds what is shipped, as ES modules, and resolves to that folder. It is put in place in
 * one step, so that no engine starts from half a copy; a copy of the same version with other content (a development build)
 * is replaced.
 *
 * @throws CoppiceError `not-found` if a shipped file is missing, `disk-full`
 */
export async function installEngine(home: string, version: string, shipped: Shipped): Promise<string> {
  for (const name of [version, ...shipped.files]) {
    if (!segment.test(name))
      throw new CoppiceError('bad-usage', `'${name}' is not a file name.`, 'Report this as a bug.');
  }
  const engines = join(home, 'engine');
  const target = join(engines, version);
  try {
    const wanted = (await contents(shipped.dist, shipped.files)).set(manifest.name, Buffer.from(manifest.text));
    await mkdir(engines, { recursive: true, mode: 0o700 });
    for (let attempt = 1; attempt <= attempts; attempt++) {
      if (await holds(target, wanted)) return target;
      await replace(engines, target, shipped, wanted);
    }
    if (await holds(target, wanted)) return target;
  } catch (error) {
    throw readable(error, shipped.dist);
  }
  throw new CoppiceError(
    'engine-busy',
    `Two different builds of version ${version} are being started in ${home}.`,
    'Close the front ends of one of them.',
  );
}

async function contents(folder: string, files: readonly string[]): Promise<Map<string, Buffer>> {
  return new Map(await Promise.all(files.map(async (name) => [name, await readFile(join(folder, name))] as const)));
}

async function holds(target: string, wanted: ReadonlyMap<string, Buffer>): Promise<boolean> {
  try {
    const there = await contents(target, [...wanted.keys()]);
    return [...wanted].every(([name, content]) => there.get(name)?.equals(content) === true);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return false;
    throw error;
  }
}

/**
 * Copies beside the target and moves the copy into its place. What is there goes aside only if it is something else: an engine may
 * be starting from the copy that another starter has just put there, and would find nothing for a moment.
 */
async function replace(
  engines: string,
  target: string,
  { dist, files }: Shipped,
  wanted: ReadonlyMap<string, Buffer>,
): Promise<void> {
  const mark = randomBytes(6).toString('hex');
  const copy = join(engines, `.new-${mark}`);
  const old = join(engines, `.old-${mark}`);
  try {
    await mkdir(copy, { mode: 0o700 });
    for (const name of files) {
      await copyFile(join(dist, name), join(copy, name));
      const executable = ((await stat(join(dist, name))).mode & 0o100) !== 0;
      await chmod(join(copy, name), executable ? 0o700 : 0o600);
    }
    await writeFile(join(copy, manifest.name), manifest.text, { mode: 0o600 });
    await rename(copy, target).catch(ignore('ENOTEMPTY', 'EEXIST', 'ENOTDIR'));
    if (await holds(target, wanted)) return;
    await rename(target, old).catch(ignore('ENOENT'));
    await rename(copy, target).catch(ignore('ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR')); // another starter was first
  } finally {
    await rm(copy, { recursive: true, force: true });
    await rm(old, { recursive: true, force: true });
  }
}

function ignore(...codes: readonly string[]): (error: unknown) => void {
  return (error) => {
    if (!codes.includes(systemCode(error) ?? '')) throw error;
  };
}

function readable(error: unknown, dist: string): unknown {
  const code = systemCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new CoppiceError('disk-full', 'There is no space for a copy of the engine.', 'Free some space.', {
      cause: error,
    });
  }
  if (code !== 'ENOENT') return error;
  const next = 'Install Coppice again (in a development tree: build it).';
  return new CoppiceError('not-found', `A file of the engine is missing in ${dist}.`, next, { cause: error });
}
