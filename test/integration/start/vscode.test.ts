/** `npm start` with a VS Code on the PATH: a `code` that notes what it is told stands in for it. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { inVsCode } from '../../../scripts/start/vscode.ts';
import { root } from '../../../scripts/workbench/installation.ts';

describe('npm start, where VS Code is', () => {
  let folder: string;
  let said: string[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'start-'));
    said = [];
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  /** What `code` was told, call by call, when a folder is opened with one that says it has this version. */
  async function open(
    version: string,
    exit = 0,
    env: NodeJS.ProcessEnv = {},
  ): Promise<{ opened: boolean; calls: string[] }> {
    const log = join(folder, 'calls');
    const script = `#!/bin/sh\nprintf '%s|' "$@" >> '${log}'; echo >> '${log}'\n[ "$1" = --version ] && printf '${version}\\nabc\\nx64\\n' && exit 0\nexit ${exit}\n`;
    await writeFile(join(folder, 'code'), script, { mode: 0o755 });
    const path = [folder, process.env['PATH']].join(delimiter);
    const opened = await inVsCode({
      folder: join(folder, 'a project'),
      env: { PATH: path, ...env },
      say: (line) => said.push(line),
    });
    const calls = (await readFile(log, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
    return { opened, calls };
  }

  it('opens a new window with the extension of this clone', async () => {
    const { opened, calls } = await open('1.139.1');
    assert.equal(opened, true);
    assert.deepEqual(calls, [
      '--version|',
      `--new-window|--extensionDevelopmentPath=${root}|${join(folder, 'a project')}|`,
    ]);
  });

  it('does not use one that is too old, and says so', async () => {
    const { opened, calls } = await open('1.104.3');
    assert.equal(opened, false);
    assert.deepEqual(calls, ['--version|']);
    assert.match(said.join('\n'), /1\.105 or later/);
  });

  it('does not use something else that is called code', async () => {
    assert.equal((await open('a language of codes')).opened, false);
  });

  it('says that a window could not be opened', async () => {
    assert.equal((await open('1.139.1', 1)).opened, false);
    assert.match(said.join('\n'), /could not open a window/);
  });

  it('does not speak to the window of another machine', async () => {
    const { opened, calls } = await open('1.139.1', 0, { VSCODE_IPC_HOOK_CLI: '/run/some.sock' });
    assert.deepEqual([opened, calls], [false, ['--version|']]);
  });

  it('is silent where there is none', async () => {
    const opened = await inVsCode({ folder, env: { PATH: folder }, say: (line) => said.push(line) });
    assert.deepEqual([opened, said], [false, []]);
  });
});
