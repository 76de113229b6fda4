/** The VSIX: made, installed into a clean VS Code, and used. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { engineFiles } from '../../src/protocol/client/engine-files.ts';
import { root } from '../../scripts/workbench/installation.ts';
import { installVsix } from './support/install-vsix.ts';
import { runDemo, trustRepository } from './support/person.ts';
import { workbench } from './support/workbench.ts';

const run = promisify(execFile);
const limitMs = 120_000;
const mostBytes = 3_000_000;

describe('the VSIX', function () {
  this.timeout(180_000);
  let installed: string;
  let bytes: number;

  const code = workbench({
    install: async (extensions) => {
      const folder = await mkdtemp(join(tmpdir(), 'v-'));
      try {
        const file = join(folder, 'coppice.vsix');
        await run(process.execPath, [join(root, 'scripts', 'package.mjs'), file], { timeout: limitMs });
        bytes = (await stat(file)).size;
        await installVsix(file, extensions, { ...process.env, HOME: folder });
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
      const name = (await readdir(extensions)).find((each) => each.startsWith('coppice.coppice-'));
      assert.ok(name !== undefined, 'VS Code did not install it');
      installed = join(extensions, name);
    },
  });

  it('holds what runs, and nothing that it was made from', async () => {
    const names = await readdir(installed, { recursive: true });
    for (const name of [
      'dist/extension.cjs',
      'dist/zod.cjs',
      'dist/vscode-jsonrpc.cjs',
      'dist/engine.js',
      'dist/dockerode.js',
      'dist/ssh2.js',
      'dist/sql-wasm.wasm',
      'dist/webview/session.js',
      'dist/webview/supervisor.js',
      'media',
      'docs/guides/configuration.md',
      'docs/guides/errors.md',
    ])
      assert.ok(names.includes(name), `${name} is missing`);
    const others = names.filter((name) =>
      /(^|\/)(src|test|scripts|node_modules|webview)\/|\.(ts|map|svelte)$/.test(name),
    );
    assert.deepEqual(
      others.filter((name) => !name.startsWith('dist/webview/')),
      [],
    );
    assert.ok(bytes < mostBytes, `${bytes} bytes`);
  });

  it('runs the demo, with an engine that does not need the installation', async () => {
    await trustRepository(code.window);
    await runDemo(code.window);
    const { version } = (await import('../../package.json', { with: { type: 'json' } })).default;
    const copy = join(code.machine.env['COPPICE_HOME'] ?? '', 'engine', version);
    for (const name of engineFiles) assert.ok(existsSync(join(copy, name)), name);
  });
});
