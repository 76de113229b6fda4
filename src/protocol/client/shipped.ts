/** The engine's own copy of the files it runs from: an update of the product deletes the ones it was installed with. */
import { createHash, randomBytes } from 'node:crypto';
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
 * Makes sure that a folder in `<home>/engine/` holds what is shipped, as ES modules, and resolves to that folder. It is put in place
 * in one step, so that no engine starts from half a copy. It is `<version>/`, or, where another build of the same version is in
 * that, `<version>+<hash of the content>/`: an engine may be running from the other one, and has yet to read some of its files.
 *
 * @throws CoppiceError `not-found` if a shipped file is missing, `disk-full`, `engine-busy` if the copy is damaged again and again
 */
export async function installEngine(home: string, version: string, shipped: Shipped): Promise<string> {
  for (const name of [version, ...shipped.files]) {
    if (!segment.test(name))
      throw new CoppiceError('bad-usage', `'${name}' is not a file name.`, 'Report this as a bug.');
  }
  const engines = join(home, 'engine');
  try {
    const wanted = (await contents(shipped.dist, shipped.files)).set(manifest.name, Buffer.from(manifest.text));
    const usual = join(engines, version);
    if (await holds(usual, wanted)) return usual;
    const own = `${usual}+${hashOf(wanted)}`;
    if (await holds(own, wanted)) return own;
    await mkdir(engines, { recursive: true, mode: 0o700 });
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const folder = await place(engines, [usual, own], shipped, wanted);
      if (folder !== undefined) return folder;
    }
  } catch (error) {
    throw readable(error, shipped.dist);
  }
  throw new CoppiceError(
    'engine-busy',
    `The copy of the engine in ${engines} is damaged again and again.`,
    'Find out what else writes there.',
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

/** Part of a name that no other content has. */
function hashOf(files: ReadonlyMap<string, Buffer>): string {
  const hash = createHash('sha256');
  for (const [name, content] of [...files].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${name} ${content.length}\n`).update(content);
  return hash.digest('hex').slice(0, 16);
}

/**
 * Copies beside the folders and moves the copy into the place of the first of them that is free. Only the last, whose name says
 * what is in it, is ever replaced, because it is damaged then. Undefined if neither is whole afterwards.
 */
async function place(
  engines: string,
  [usual, own]: readonly [string, string],
  { dist, files }: Shipped,
  wanted: ReadonlyMap<string, Buffer>,
): Promise<string | undefined> {
  const mark = randomBytes(6).toString('hex');
  const copy = join(engines, `.new-${mark}`);
  const old = join(engines, `.old-${mark}`);
  const taken = ignore('ENOENT', 'ENOTEMPTY', 'EEXIST', 'ENOTDIR');
  try {
    await mkdir(copy, { mode: 0o700 });
    for (const name of files) {
      await copyFile(join(dist, name), join(copy, name));
      const executable = ((await stat(join(dist, name))).mode & 0o100) !== 0;
      await chmod(join(copy, name), executable ? 0o700 : 0o600);
    }
    await writeFile(join(copy, manifest.name), manifest.text, { mode: 0o600 });
    for (const target of [usual, own]) {
      await rename(copy, target).catch(taken); // another starter may have been first
      if (await holds(target, wanted)) return target;
    }
    await rename(own, old).catch(ignore('ENOENT'));
    await rename(copy, own).catch(taken);
    return (await holds(own, wanted)) ? own : undefined;
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
