import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { containerShell, hostShell } from '../../../src/executors/login-shell.ts';

describe('a shell where a session works', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'coppice-shell-'));
    // As when the last command in it was killed, or was an `ssh` that lost its connection.
    for (const [name, code] of [
      ['bash', 137],
      ['own', 255],
    ] as const)
      writeFileSync(join(folder, name), `#!/bin/sh\necho "$0 $* $PWD"\nexit ${code}\n`, { mode: 0o755 });
  });
  after(() => rmSync(folder, { recursive: true }));

  const run = (command: string): { status: number | null; signal: string | null; stdout: string } =>
    spawnSync('/bin/sh', ['-c', command], {
      env: { PATH: `${folder}:${process.env['PATH'] ?? ''}`, SHELL: join(folder, 'own') },
      encoding: 'utf8',
    });

  it('ends well in a container, whatever its last command ended with', () => {
    const { status, stdout } = run(containerShell);
    assert.deepEqual([status, stdout], [0, `${join(folder, 'bash')} -l ${process.cwd()}\n`]);
  });

  it('ends well on a host, in the folder and as the shell of that person; without the folder it does not begin', () => {
    const { status, stdout } = run(hostShell(folder));
    assert.deepEqual([status, stdout], [0, `${join(folder, 'own')} -l ${folder}\n`]);
    const nowhere = run(hostShell(join(folder, 'gone')));
    assert.deepEqual([nowhere.status !== 0, nowhere.stdout], [true, '']);
  });

  it('ends with the signal by which all of it is ended, as with its container', () => {
    writeFileSync(join(folder, 'bash'), '#!/bin/sh\nkill -9 $PPID\n', { mode: 0o755 });
    assert.equal(run(containerShell).signal, 'SIGKILL');
  });
});
