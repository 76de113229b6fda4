#!/usr/bin/env node
/**
 * Bundles the programs of Coppice into dist/. `--watch` keeps building. Each bundle is one readable ES module (names and
 * lines are kept, so a stack trace makes sense without its source map) that runs on Node 20.19 or later without packages.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';

const root = fileURLToPath(new URL('.', import.meta.url));
const dist = join(root, 'dist');

/** @type {readonly { from: string, to: string, executable?: boolean }[]} */
const programs = [
  { from: 'src/engine/main.ts', to: 'engine.js' },
  { from: 'src/cli/main.ts', to: 'cli.js', executable: true },
  { from: 'src/agents/demo/program/main.ts', to: 'demo-agent.js' },
];

const assets = [
  { from: 'media/run.sh', to: 'run.sh' },
  { from: 'node_modules/sql.js/dist/sql-wasm.wasm', to: 'sql-wasm.wasm' },
];

/** What CommonJS packages expect to find around them. */
const commonJs = `import { createRequire as __createRequire } from 'node:module';
import { fileURLToPath as __fileURLToPath } from 'node:url';
const require = __createRequire(import.meta.url);
const __filename = __fileURLToPath(import.meta.url);
const __dirname = __fileURLToPath(new URL('.', import.meta.url));`;

const { version } = /** @type {{ version: string }} */ (JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));

/** @param {typeof programs[number]} program @returns {esbuild.BuildOptions} */
function options({ from, to, executable }) {
  return {
    absWorkingDir: root,
    entryPoints: [from],
    outfile: join(dist, to),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    minifySyntax: true,
    keepNames: true,
    sourcemap: 'linked',
    sourcesContent: false,
    banner: { js: executable ? `#!/usr/bin/env node\n${commonJs}` : commonJs },
    define: { COPPICE_VERSION: JSON.stringify(version) },
    logLevel: 'warning',
    plugins: executable
      ? [{ name: 'executable', setup: (build) => build.onEnd(() => makeExecutable(join(dist, to))) }]
      : [],
  };
}

/** @param {string} path */
async function makeExecutable(path) {
  if (existsSync(path)) await chmod(path, 0o755);
}

/** Programs whose source is there; one that git knows but that is not there is an error. */
function present() {
  return programs.filter(({ from }) => {
    if (existsSync(join(root, from))) return true;
    const known = execFileSync('git', ['ls-files', '--', from], { cwd: root, encoding: 'utf8' }).trim() !== '';
    if (known) throw new Error(`${from} is in git but not on disk.`);
    console.log(`  ${from} is not there yet`);
    return false;
  });
}

async function copyAssets() {
  for (const { from, to } of assets) await copyFile(join(root, from), join(dist, to));
}

/** What an earlier build left and this one does not make. @param {readonly string[]} made */
async function removeStale(made) {
  const kept = new Set([...made, ...assets.map(({ to }) => to)]);
  for (const name of await readdir(dist)) {
    if (!kept.has(name)) await rm(join(dist, name), { recursive: true, force: true });
  }
}

async function build() {
  await mkdir(dist, { recursive: true });
  const found = present();
  await Promise.all([copyAssets(), ...found.map((program) => esbuild.build(options(program)))]);
  await removeStale(found.flatMap(({ to }) => [to, `${to}.map`]));
  for (const { to } of [...found, ...assets]) {
    const { size } = await stat(join(dist, to));
    console.log(`  dist/${to.padEnd(16)} ${(size / 1000).toFixed(0).padStart(6)} kB`);
  }
}

async function watch() {
  await mkdir(dist, { recursive: true });
  await copyAssets();
  for (const program of present()) {
    const context = await esbuild.context({ ...options(program), logLevel: 'info' });
    await context.watch();
  }
}

await (process.argv.includes('--watch') ? watch() : build());
