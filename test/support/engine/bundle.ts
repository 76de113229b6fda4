import * as esbuild from 'esbuild';
import { engineProgram } from './engine-process.ts';

/** What CommonJS packages expect to find around them. */
const commonJs = `import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);
const __filename = import.meta.filename, __dirname = import.meta.dirname;`;

/** Makes one file of the engine's program of the tests, from the sources as they are. */
export async function bundleEngine(outfile: string): Promise<void> {
  await esbuild.build({
    entryPoints: [engineProgram],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    keepNames: true,
    sourcemap: 'inline',
    banner: { js: commonJs },
    external: ['cpu-features', '*.node'],
    logLevel: 'warning',
  });
}
