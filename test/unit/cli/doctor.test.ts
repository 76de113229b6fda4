import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoppiceError } from '../../../src/core/errors.ts';
import { FakeEngine } from './fake-engine.ts';
import { coppice } from './fake-shell.ts';

describe('doctor and diagnostics', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'coppice-cli-'));
  });
  afterEach(async () => rm(folder, { recursive: true, force: true }));

  it('doctor fails only for what is required', async () => {
    const optional = { name: 'docker', ok: false, detail: 'not there', fix: 'Install it.', required: false };
    const engine = new FakeEngine({ doctor: () => ({ checks: [optional] }) });
    const fine = await coppice(engine, ['doctor']);
    assert.deepEqual([fine.exit, fine.stdout], [0, 'absent   docker: not there\n         Install it.\n']);
    engine.handlers.doctor = () => ({ checks: [{ ...optional, required: true }] });
    assert.equal((await coppice(engine, ['doctor'])).exit, 1);
  });

  it('doctor without an engine says why and checks what it can', async () => {
    await writeFile(join(folder, 'git'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const engine = new FakeEngine();
    engine.refusal = new CoppiceError(
      'internal',
      'The engine could not be started (code 1).\nlast words',
      'See the log.',
    );
    const env = { PATH: `relative:${folder}` };
    const { exit, stdout } = await coppice(engine, ['doctor', '--json'], { env, home: join(folder, 'home') });
    assert.equal(exit, 1);
    const { ok, checks, log } = JSON.parse(stdout) as {
      ok: boolean;
      checks: { name: string; ok: boolean; detail: string }[];
      log: string[];
    };
    assert.equal(ok, false);
    assert.deepEqual(
      checks.map((check) => [check.name, check.ok]),
      [
        ['node', true],
        ['git', true],
        ['data directory', true],
        ['engine', false],
      ],
    );
    assert.equal(checks[1]?.detail, join(folder, 'git'));
    assert.deepEqual(log, ['last words']);
    const bare = await coppice(engine, ['doctor'], { env: { PATH: '' }, home: join(folder, 'git', 'x') });
    assert.match(bare.stdout, /missing {2}git: no git on the PATH/);
    assert.match(bare.stdout, /missing {2}data directory: .*a file is in the way/);
  });

  it('diagnostics are printed or written for the person alone, and never over a file', async () => {
    const engine = new FakeEngine({ diagnostics: () => ({ report: { a: 1 } }) });
    assert.deepEqual(JSON.parse((await coppice(engine, ['diagnostics'])).stdout), { a: 1 });
    const file = join(folder, 'report.json');
    assert.equal((await coppice(engine, ['diagnostics', '--output', 'report.json'], { cwd: folder })).exit, 0);
    assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), { a: 1 });
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal((await coppice(engine, ['diagnostics', '--output', file])).exit, 2);
    engine.refusal = new CoppiceError('engine-busy', 'Another host holds it.', 'Wait.');
    const alone = JSON.parse((await coppice(engine, ['diagnostics', '--json'])).stdout) as Record<string, unknown>;
    assert.deepEqual(alone['engine'], { code: 'engine-busy', message: 'Another host holds it.', next: 'Wait.' });
  });
});
