/** `npm start` in a browser, from its first line to Ctrl-C. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { codeServer, root } from '../../scripts/workbench/installation.ts';
import { soon } from './support/waiting.ts';

describe('npm start, in the browser', function () {
  this.timeout(180_000);
  let home: string;
  const started: ChildProcess[] = [];
  beforeEach(async () => (home = await realpath(await mkdtemp(join(tmpdir(), 's-')))));
  afterEach(async () => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
    await rm(home, { recursive: true, force: true });
  });

  function start(): { child: ChildProcess; printed: () => string } {
    const program = join(root, 'scripts', 'start', 'main.ts');
    const child = spawn(process.execPath, [program, '--browser', '--no-open'], {
      env: { ...process.env, XDG_CACHE_HOME: home, HOME: home, COPPICE_CODE_SERVER: codeServer() },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.push(child);
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (more: string) => (text += more));
    return { child, printed: () => text };
  }

  it('prints the address of a sample project, and Ctrl-C ends all that it started', async () => {
    const { child, printed } = start();
    const exited = new Promise<number | null>((resolve) => void child.once('exit', resolve));
    const address = await soon(
      () => /http:\/\/127\.0\.0\.1:\d+\/\S+/.exec(printed())?.[0],
      'an address in what it prints',
      100_000,
    ).catch((error: unknown) => assert.fail(`${String(error)}\n${printed()}`));
    assert.equal((await fetch(address)).status, 200);
    const sample = new URL(address).searchParams.get('folder') ?? '';
    assert.ok(existsSync(join(sample, '.git')), sample);
    assert.match(readFileSync(join(sample, 'README.md'), 'utf8'), /tidetable/);

    child.kill('SIGINT');
    assert.equal(await exited, 0, printed());
    await assert.rejects(fetch(address), 'something still listens');
  });
});
