import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { engineProgram } from './engine-process.ts';

/** What CommonJS packages expect to find around them. */
const commonJs = `import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);
const __filename = import.meta.filename, __dirname = import.meta.dirname;`;

/**
 * Makes the engine's program of the tests in a folder, from the sources as they are. What few engines need is in files of its own,
 * as in the product: hundreds of engines are started, and each would read all of it.
 *
 * @returns the path of the program
 */
export async function bundleEngine(folder: string): Promise<string> {
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
