import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../../src/executors/local/command.ts';

describe('findProgram', () => {
  let cwd: string;
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'coppice-command-'));
    for (const folder of ['a', 'b', 'b/folder']) await mkdir(join(cwd, folder));
    await writeFile(join(cwd, 'b', 'tool'), '#!/bin/sh\n', { mode: 0o755 });
    await writeFile(join(cwd, 'a', 'plain'), 'x', { mode: 0o644 });
    await writeFile(join(cwd, 'local'), '#!/bin/sh\n', { mode: 0o755 });
    await symlink('absent', join(cwd, 'a', 'dangling'));
  });
  afterEach(() => rm(cwd, { recursive: true, force: true }));

  const find = (command: string, path = `${join(cwd, 'a')}:${join(cwd, 'b')}`): Promise<string> =>
    findProgram({ command, cwd, env: { PATH: path } });

  it('finds a name on the PATH of the session, a path from the working directory', async () => {
    assert.equal(await find('tool'), join(cwd, 'b', 'tool'));
    assert.equal(await find('./local'), join(cwd, 'local'));
    assert.equal(await find(join(cwd, 'local'), ''), join(cwd, 'local'));
  });

  it('passes over what may not be executed when there is a better one', async () => {
    await chmod(join(cwd, 'b', 'tool'), 0o755);
    await writeFile(join(cwd, 'a', 'tool'), 'x', { mode: 0o644 });
    assert.equal(await find('tool'), join(cwd, 'b', 'tool'));
  });

  it('takes nothing out of the worktree by its name', async () => {
    for (const path of ['', ':', '.', './', 'b:']) await assert.rejects(find('local', path), { code: 'agent-missing' });
  });

  it('names what is wrong', async () => {
    await assert.rejects(find('absent'), { code: 'agent-missing' });
    await assert.rejects(find('dangling'), { code: 'agent-missing' });
    await assert.rejects(find('folder'), { code: 'agent-missing' });
    await assert.rejects(find(''), { code: 'agent-missing' });
    await assert.rejects(find('plain'), { code: 'agent-unusable' });
    await assert.rejects(find('./a/plain'), { code: 'agent-unusable' });
    await assert.rejects(findProgram({ command: 'sh', cwd: join(cwd, 'gone'), env: {} }), { code: 'not-found' });
    await assert.rejects(findProgram({ command: 'sh', cwd: join(cwd, 'local'), env: {} }), { code: 'not-found' });
  });
});
