/** Makes of the tests in test/host/ what an extension host can load: a small extension of their own. */
import { glob, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';

const root = join(import.meta.dirname, '..', '..', '..');

/** The extension that runs the tests when it is activated, which is when the window has started. */
const manifest = {
  name: 'host-tests',
  publisher: 'coppice',
  version: '1.0.0',
  engines: { vscode: '^1.105.0' },
  main: './runner.cjs',
  activationEvents: ['onStartupFinished'],
  contributes: { views: { explorer: [{ id: 'hostTests.rows', name: 'Rows of the tests' }] } },
};

/**
 * Mocha is loaded from where it is installed, not bundled: it loads the tests itself. Its core is CommonJS, and required as that: what
 * a required ES module gives differs between the Nodes of VS Code.
 */
const mochaOutside: esbuild.Plugin = {
  name: 'mocha-outside',
  setup: (build) => {
    const folder = join(root, 'node_modules', 'mocha');
    build.onResolve({ filter: /^mocha$/ }, ({ kind }) => ({
      path: kind === 'dynamic-import' ? pathToFileURL(join(folder, 'index.js')).href : join(folder, 'lib', 'mocha.cjs'),
      external: true,
    }));
  },
};

/**
 * Writes the extension into `<folder>/coppice.host-tests-1.0.0/`. Gives the program in it: a module with `run()`, which is also
 * what VS Code calls when it is started for tests.
 */
export async function bundleHostTests(folder: string): Promise<string> {
  const target = join(folder, `${manifest.publisher}.${manifest.name}-${manifest.version}`);
  await mkdir(join(target, 'tests'), { recursive: true });
  await writeFile(join(target, 'package.json'), JSON.stringify(manifest));
  const tests: string[] = [];
  for await (const test of glob('test/host/**/*.test.ts', { cwd: root })) tests.push(test);
  if (tests.length === 0) throw new Error('There are no tests in test/host/.');
  const common: esbuild.BuildOptions = {
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    sourcemap: 'inline',
    external: ['vscode'],
    plugins: [mochaOutside],
    logLevel: 'warning',
  };
  const program = join(target, 'runner.cjs');
  await Promise.all([
    esbuild.build({ ...common, entryPoints: ['scripts/test/host/runner.ts'], outfile: program }),
    esbuild.build({
      ...common,
      entryPoints: tests,
      outbase: join(root, 'test', 'host'),
      outdir: join(target, 'tests'),
      outExtension: { '.js': '.cjs' },
    }),
  ]);
  return program;
}
