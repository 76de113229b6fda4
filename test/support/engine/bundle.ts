import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { engineProgram } from './engine-process.ts';

/** What CommonJS packages expect to find around them. */
const commonJs = `import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);
const __filename = import.meta.filename, __dirname = import.meta.dirname;`;

/** What all engines of a process' tests share. */
export interface SharedBundle {
  /** The program of an engine, which starts in a third of the time that it takes from the sources. */
  readonly program: string;
  /** Folder of code that engines have compiled. */
  readonly cache: string;
}

let shared: Promise<SharedBundle> | undefined;

/** Made once for all suites that a process runs; gone when the process ends. */
export function sharedBundle(): Promise<SharedBundle> {
  shared ??= make();
  return shared;
}

async function make(): Promise<SharedBundle> {
  const folder = await mkdtemp(join(tmpdir(), 'cb-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return { program: await bundleEngine(join(folder, 'engine')), cache: join(folder, 'cache') };
}

/**
 * Makes the engine's program of the tests in a folder, from the sources as they are. What few engines need is in files of its own,
 * as in the product: hundreds of engines are started, and each would read all of it.
 *
 * @returns the path of the program
 */
async function bundleEngine(folder: string): Promise<string> {
  await esbuild.build({
    entryPoints: { engine: engineProgram },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    splitting: true,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    keepNames: true,
    sourcemap: 'linked',
    banner: { js: commonJs },
    external: ['cpu-features', '*.node'],
    logLevel: 'warning',
  });
  return join(folder, 'engine.mjs');
}
