#!/usr/bin/env node
/**
 * Bundles Coppice into dist/. `--watch` keeps building.
 * - Programs: one readable ES module each (names and lines are as they are written, so a stack trace makes sense without its
 *   source map) that runs on Node 20.19 or later without packages.
 * - Libraries of programs that few starts need: one module each beside them, read by the first `import()` of it.
 * - The extension: one minified CommonJS file for the extension host, and beside it the packages that it reads later, each in a
 *   file of its own: what is not compiled does not hold up an activation.
 * - Panels: one script and one style sheet each, for webviews whose content security policy allows nothing inline.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import esbuildSvelte from 'esbuild-svelte';
import * as zod from 'zod';
import { engineFiles } from './src/protocol/client/engine-files.ts';

const root = fileURLToPath(new URL('.', import.meta.url));
const dist = join(root, 'dist');

/** Its types describe a CommonJS module; it is an ES module. */
const sveltePlugin = /** @type {typeof esbuildSvelte.default} */ (/** @type {unknown} */ (esbuildSvelte));

/** @typedef {'program' | 'library' | 'extension' | 'package' | 'panel'} Kind */
/** @typedef {{ from: string, to: string, executable?: boolean, kind: Kind }} Bundle */

/** @type {readonly Bundle[]} */
const bundles = [
  { kind: 'program', from: 'src/engine/main.ts', to: 'engine.js' },
  { kind: 'program', from: 'src/cli/main.ts', to: 'cli.js', executable: true },
  { kind: 'program', from: 'src/agents/demo/program/main.ts', to: 'demo-agent.js' },
  { kind: 'program', from: 'src/agents/acp/program/main.ts', to: 'acp-bridge.js' },
  { kind: 'program', from: 'src/agents/help/program/main.ts', to: 'help-server.js' },
  { kind: 'library', from: 'dockerode', to: 'dockerode.js' },
  { kind: 'library', from: 'ssh2', to: 'ssh2.js' },
  { kind: 'extension', from: 'src/extension/main.ts', to: 'extension.cjs' },
  { kind: 'package', from: 'zod', to: 'zod.cjs' },
  { kind: 'package', from: 'vscode-jsonrpc/node', to: 'vscode-jsonrpc.cjs' },
  { kind: 'panel', from: 'webview/session/main.ts', to: 'webview/session.js' },
  { kind: 'panel', from: 'webview/supervisor/main.ts', to: 'webview/supervisor.js' },
];

const assets = [
  { from: 'media/run.sh', to: 'run.sh' },
  { from: 'media/remote.sh', to: 'remote.sh' },
  ...['continue', 'escalate', 'check', 'review'].map((name) => ({
    from: `media/prompts/prompt-${name}.md`,
    to: `prompt-${name}.md`,
  })),
  { from: 'node_modules/sql.js/dist/sql-wasm.wasm', to: 'sql-wasm.wasm' },
  { from: 'node_modules/@vscode/codicons/dist/codicon.ttf', to: 'webview/codicon.ttf' },
];

/** What CommonJS packages expect to find around them. */
const commonJs = `import { createRequire as __createRequire } from 'node:module';
import { fileURLToPath as __fileURLToPath } from 'node:url';
const require = __createRequire(import.meta.url);
const __filename = __fileURLToPath(import.meta.url);
const __dirname = __fileURLToPath(new URL('.', import.meta.url));`;

const { version } = /** @type {{ version: string }} */ (JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));

/** Files of the packages that the extension reads when it needs them. */
const later = new Map([
  ['zod', './zod.cjs'],
  ['vscode-jsonrpc/node', './vscode-jsonrpc.cjs'],
]);

/**
 * What the extension takes from outside of its file. All of its modules share one view of VS Code's API: esbuild would copy the
 * hundreds of names in it for each of them, at every activation.
 *
 * @type {esbuild.Plugin}
 */
const fromOutside = {
  name: 'from outside',
  setup(build) {
    build.onResolve({ filter: /^(zod|vscode-jsonrpc\/node)$/ }, ({ path }) => ({
      path: later.get(path) ?? path,
      external: true,
    }));
    build.onResolve({ filter: /^vscode$/ }, ({ namespace }) =>
      namespace === 'shared' ? { path: 'vscode', external: true } : { path: 'vscode', namespace: 'shared' },
    );
    build.onLoad({ filter: /^vscode$/, namespace: 'shared' }, () => ({ contents: "export * from 'vscode';" }));
  },
};

/** The names of zod that our schemas use: the rest of it need not be shipped. */
async function entryOfZod() {
  const names = new Set();
  const rooms = ['core', 'protocol', 'extension'].map((room) => join(root, 'src', room));
  const read = rooms.map(async (room) => readdir(room, { recursive: true, withFileTypes: true }));
  for (const entry of (await Promise.all(read)).flat()) {
    if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
    const text = await readFile(join(entry.parentPath, entry.name), 'utf8');
    if (/from 'zod'/.test(text)) for (const [, name] of text.matchAll(/\bz\.(\w+)[(<]/g)) names.add(name);
  }
  const used = Object.keys(zod).filter((name) => names.has(name));
  return { contents: `export { ${used.join(', ')} } from 'zod';`, resolveDir: root, sourcefile: 'zod.js' };
}

const zodEntry = await entryOfZod();

/** Without the library's own pipes, sockets and channels of Node: messages come and go by a reader and a writer of ours. */
const jsonRpcEntry = {
  contents: `require('./ril').default.install(); module.exports = require('../common/api');`,
  resolveDir: join(root, 'node_modules', 'vscode-jsonrpc', 'lib', 'node'),
  sourcefile: 'vscode-jsonrpc.js',
};

/**
 * Nor do we cancel by shared memory, which a front end in another process could not see: that way is left out.
 *
 * @type {esbuild.Plugin}
 */
const withoutSharedMemory = {
  name: 'without shared memory',
  setup(build) {
    build.onLoad({ filter: /vscode-jsonrpc\/lib\/common\/sharedArrayCancellation\.js$/ }, () => ({ contents: '' }));
  },
};

/**
 * The library's table of contents has a getter for each of a hundred names, a seventh of the package: the same names are copied
 * from the modules that have them.
 *
 * @type {esbuild.Plugin}
 */
const shortContents = {
  name: 'short contents',
  setup(build) {
    build.onLoad({ filter: /vscode-jsonrpc\/lib\/common\/api\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const modules = new Set([...text.matchAll(/require\("(\.\/\w+)"\)/g)].map(([, module]) => module));
      const copied = [...modules].map((module) => `require('${module}')`).join(', ');
      return { contents: `Object.assign(exports, ${copied}, { RAL: require('./ral').default });` };
    });
  },
};

/**
 * Every schema of zod brings along what describes it as a JSON schema, a fifth of the package. The extension describes none: in its
 * package these functions do nothing.
 *
 * @type {esbuild.Plugin}
 */
const withoutJsonSchema = {
  name: 'without JSON schema',
  setup(build) {
    build.onLoad({ filter: /zod\/v4\/core\/(to-json-schema|json-schema-processors)\.js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      const names = [...text.matchAll(/^export (?:const|function|class) (\w+)/gm)].map(([, name]) => name);
      return {
        contents: `const nothing = () => undefined;\nexport { ${names.map((name) => `nothing as ${name}`).join(', ')} };`,
      };
    });
  },
};

/** @param {Bundle} bundle @returns {esbuild.BuildOptions} */
function options({ kind, from, to, executable }) {
  const common = {
    absWorkingDir: root,
    ...(kind === 'library'
      ? { stdin: { contents: `export { default } from ${JSON.stringify(from)};`, resolveDir: root } }
      : { entryPoints: [from] }),
    outfile: join(dist, to),
    bundle: true,
    sourcemap: /** @type {const} */ ('linked'),
    sourcesContent: false,
    define: { COPPICE_VERSION: JSON.stringify(version) },
    logLevel: /** @type {const} */ ('warning'),
  };
  switch (kind) {
    case 'program':
    case 'library':
      return {
        ...common,
        platform: 'node',
        format: 'esm',
        target: 'node20',
        minifySyntax: true,
        metafile: true,
        // Compiled parts that ssh2 does without: they would tie the bundle to one machine.
        external: ['cpu-features', '*.node'],
        banner: { js: executable ? `#!/usr/bin/env node\n${commonJs}` : commonJs },
        plugins: [
          ...(kind === 'program' ? [apart] : []),
          ...(executable
            ? [
                /** @type {esbuild.Plugin} */ ({
                  name: 'executable',
                  setup: (build) => build.onEnd(() => makeExecutable(join(dist, to))),
                }),
              ]
            : []),
        ],
      };
    case 'package':
    case 'extension':
      return {
        ...common,
        ...{ platform: 'node', format: 'cjs', target: 'node22', minify: true, charset: 'utf8' },
        ...(kind === 'extension' ? { plugins: [fromOutside] } : {}),
        ...(to === 'zod.cjs' ? { entryPoints: [], stdin: zodEntry, plugins: [withoutJsonSchema] } : {}),
        ...(to === 'vscode-jsonrpc.cjs'
          ? { entryPoints: [], stdin: jsonRpcEntry, plugins: [withoutSharedMemory, shortContents] }
          : {}),
        // zod asks whether it runs in a browser; in an extension host that question is logged as an error.
        define: { ...common.define, navigator: 'undefined' },
      };
    case 'panel':
      return {
        ...common,
        platform: 'browser',
        format: 'esm',
        target: 'chrome138',
        minify: true,
        mainFields: ['svelte', 'browser', 'module', 'main'],
        conditions: ['svelte', 'browser'],
        external: ['./codicon.ttf'], // beside the style sheet, one for all panels
        // Elements are made one by one: a page whose policy forbids the parsing of markup can still be drawn.
        plugins: [
          sveltePlugin({
            compilerOptions: { runes: true, css: 'external', fragments: 'tree' },
            esbuildTsTransformOptions: { target: 'chrome138' },
          }),
        ],
      };
  }
}

/** Leaves an `import()` of a library to its own module. @type {esbuild.Plugin} */
const apart = {
  name: 'apart',
  setup(build) {
    for (const { kind, from, to } of bundles) {
      if (kind !== 'library') continue;
      build.onResolve({ filter: new RegExp(`^${from}$`) }, (asked) => {
        if (asked.kind === 'dynamic-import') return { path: `./${to}`, external: true };
        return { errors: [{ text: `${from} is read when it is needed: use import() in ${asked.importer}.` }] };
      });
    }
  },
};

/** @param {string} path */
async function makeExecutable(path) {
  if (existsSync(path)) await chmod(path, 0o755);
}

/** Bundles whose source is there; one that git knows but that is not there is an error. */
function present() {
  return bundles.filter(({ kind, from }) => {
    if (kind === 'library' || kind === 'package' || existsSync(join(root, from))) return true;
    const known = execFileSync('git', ['ls-files', '--', from], { cwd: root, encoding: 'utf8' }).trim() !== '';
    if (known) throw new Error(`${from} is in git but not on disk.`);
    console.log(`  ${from} is not there yet`);
    return false;
  });
}

async function copyAssets() {
  await mkdir(join(dist, 'webview'), { recursive: true });
  for (const { from, to } of assets) await copyFile(join(root, from), join(dist, to));
}

/** An engine runs from a copy: what its program reads from beside it has to be in the copy. @param {esbuild.Metafile} metafile */
function checkCopied({ outputs }) {
  const copied = /** @type {readonly string[]} */ (engineFiles);
  for (const { path, kind } of Object.values(outputs).flatMap(({ imports }) => imports)) {
    if (kind !== 'dynamic-import' || !path.startsWith('./') || copied.includes(path.slice(2))) continue;
    throw new Error(`${path} is not among the files that an engine is copied with.`);
  }
}

/** What an earlier build left and this one does not make. @param {readonly string[]} made paths in dist/ */
async function removeStale(made) {
  const kept = new Set([...made, ...assets.map(({ to }) => to)]);
  for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
    const path = relative(dist, join(entry.parentPath, entry.name));
    if (entry.isFile() && !kept.has(path)) await rm(join(dist, path), { force: true });
  }
}

/** Every file that a bundle consists of. @param {Bundle} bundle */
function filesOf({ kind, to }) {
  const style = to.replace(/\.js$/, '.css');
  return kind === 'panel' ? [to, `${to}.map`, style, `${style}.map`] : [to, `${to}.map`];
}

async function build() {
  await mkdir(dist, { recursive: true });
  const found = present();
  const [, ...built] = await Promise.all([copyAssets(), ...found.map((bundle) => esbuild.build(options(bundle)))]);
  for (const { metafile } of built) if (metafile !== undefined) checkCopied(metafile);
  await removeStale(found.flatMap(filesOf));
  for (const { to } of [...found, ...assets]) {
    const { size } = await stat(join(dist, to));
    console.log(`  dist/${to.padEnd(22)} ${(size / 1000).toFixed(0).padStart(6)} kB`);
  }
}

async function watch() {
  await mkdir(dist, { recursive: true });
  await copyAssets();
  for (const bundle of present()) {
    const context = await esbuild.context({ ...options(bundle), logLevel: 'info' });
    await context.watch();
  }
}

await (process.argv.includes('--watch') ? watch() : build());
