import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoppiceError } from '../../../src/core/errors.ts';
import { examine, type DoctorOptions, type DoctorProbes } from '../../../src/engine/doctor/doctor.ts';
import { findProgram, tryWriting, watchLimit } from '../../../src/engine/doctor/host.ts';
import { checkSchema, type Check } from '../../../src/protocol/schemas.ts';

const options: DoctorOptions = {
  home: '/data',
  defaultAgent: 'claude-code',
  defaultExecutor: 'local',
  startsHere: true,
  minFreeMegabytes: 512,
  repository: true,
  limitMs: 5000,
};

const healthy: DoctorProbes = {
  node: () => '24.21.0',
  git: () => Promise.resolve('git version 2.39.5 (Apple Git-154)\n'),
  program: (name) => Promise.resolve(`/usr/bin/${name}`),
  write: () => Promise.resolve(),
  freeBytes: () => Promise.resolve(100 * 1024 ** 3),
  watches: () => Promise.resolve(524_288),
  settings: () => Promise.resolve([]),
  agents: () => Promise.resolve([{ id: 'claude-code', usable: true, detail: '2.1.329' }]),
  executors: () => Promise.resolve([{ id: 'local', usable: true, detail: 'this host' }]),
  model: () => Promise.resolve({ name: 'qwen3:8b', detail: 'qwen3:8b judges' }),
  plugins: () => Promise.resolve([]),
  repository: () => Promise.resolve({ root: '/srv/work', trusted: true, host: false }),
};

async function rows(probes: Partial<DoctorProbes>, changed: Partial<DoctorOptions> = {}): Promise<readonly Check[]> {
  const found = await examine({ ...healthy, ...probes }, { ...options, ...changed });
  for (const check of found) {
    checkSchema.parse(check);
    assert.equal(check.fix === undefined, check.ok, `${check.name}: a fix if and only if something is wrong`);
    if (check.fix !== undefined) assert.match(check.fix, /^[A-Z].*[.]$/su, check.name);
  }
  return found;
}

async function row(name: string, probes: Partial<DoctorProbes>): Promise<Check> {
  const found = (await rows(probes)).filter((check) => check.name === name);
  assert.equal(found.length, 1, name);
  return found[0] ?? assert.fail();
}

describe('doctor', () => {
  it('is content with a healthy machine, in a stable order', async () => {
    const found = await rows({});
    assert.ok(found.every((check) => check.ok));
    assert.deepEqual(
      found.map((check) => check.name),
      [
        'node',
        'git',
        'sh',
        'mkfifo',
        'data directory',
        'free space',
        'file watches',
        'settings',
        'agent claude-code',
        'executor local',
        'model',
        'repository',
      ],
    );
    assert.equal(
      (await rows({}, { repository: false })).some((check) => check.name === 'repository'),
      false,
    );
  });

  it('shows a plugin that is refused where such things are chosen', async () => {
    const refused = { id: 'mine', detail: '/p/mine.yaml:1:1: it must be a map.', fix: 'Correct the file.' } as const;
    for (const [kind, name] of [
      ['agent', 'agent mine'],
      ['executor', 'executor wrap:mine'],
      [undefined, 'plugin mine'],
    ] as const) {
      const found = await row(name, { plugins: () => Promise.resolve([{ ...refused, kind }]) });
      assert.deepEqual([found.ok, found.required], [false, false]);
      assert.equal(found.detail, `refused: ${refused.detail}`);
    }
  });

  it('misses a model where none is installed, and requires none', async () => {
    const none = { detail: 'No model is installed.', fix: 'Run `coppice model pull`.' };
    const found = await row('model', { model: () => Promise.resolve(none) });
    assert.deepEqual([found.ok, found.required, found.fix], [false, false, none.fix]);
    assert.equal(
      (await rows({ model: () => Promise.resolve(undefined) })).some(({ name }) => name === 'model'),
      false,
    );
  });

  it('draws the line at Node 20.19 and git 2.38', async () => {
    for (const [version, ok] of [
      ['20.18.9', false],
      ['20.19.0', true],
      ['22.0.0', true],
      ['18.20.8', false],
    ] as const) {
      assert.equal((await row('node', { node: () => version })).ok, ok, version);
    }
    const versions = [
      ['git version 2.37.9', false],
      ['git version 2.38.0', true],
      ['git version 2.100.1.windows.1', true],
      ['git version 3.0', true],
      ['nonsense', false],
    ] as const;
    for (const [text, ok] of versions) {
      const check = await row('git', { git: () => Promise.resolve(text) });
      assert.equal(check.ok, ok, text);
      assert.equal(check.required, true);
    }
  });

  it('turns a probe that throws into its own row, and loses no other', async () => {
    const missing = new CoppiceError('git-failed', 'git was not found.', 'Install git 2.38 or later.');
    const found = await rows({
      git: () => Promise.reject(missing),
      write: () => Promise.reject(Object.assign(new Error('x'), { code: 'EROFS' })),
      node: () => {
        throw new Error('no version');
      },
      agents: () => Promise.reject(new Error('broken')),
    });
    const failed = found.filter((check) => !check.ok);
    assert.deepEqual(
      failed.map(({ name, detail }) => [name, detail]),
      [
        ['node', 'no version'],
        ['git', 'git was not found.'],
        ['data directory', 'EROFS'],
        ['agents', 'broken'],
      ],
    );
    assert.equal(failed[1]?.fix, 'Install git 2.38 or later.');
    assert.match(failed[2]?.fix ?? '', /COPPICE_HOME/u);
  });

  it('does not wait for a probe that never answers, and tells it to end', async () => {
    let told = false;
    const git = (signal: AbortSignal): Promise<string> =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          told = true;
          reject(new Error('too late'));
        });
      });
    const found = await rows({ git }, { limitMs: 20 });
    assert.equal(found.find((check) => check.name === 'git')?.detail, 'no answer within 0.02 s');
    assert.ok(told);
  });

  it('misses the standard agent, and only mentions the others', async () => {
    const agents = [
      { id: 'claude-code', usable: false, detail: 'not found' },
      { id: 'mine', usable: false, detail: 'not found', fix: 'Install mine.' },
      { id: 'demo', usable: true, detail: 'comes with Coppice' },
    ];
    const found = (await rows({ agents: () => Promise.resolve(agents) })).filter((check) =>
      check.name.startsWith('agent'),
    );
    assert.deepEqual(
      found.map(({ name, ok, required }) => [name, ok, required]),
      [
        ['agent claude-code', false, true],
        ['agent mine', false, false],
        ['agent demo', true, false],
      ],
    );
    assert.equal(found[0]?.fix, 'Install it, or set `agents.claude-code.command`.');
    assert.equal(found[1]?.fix, 'Install mine.');
  });

  it('misses the standard agent nowhere but where it is started, and else the standard executor', async () => {
    const agents = [{ id: 'claude-code', usable: false, detail: 'not found' }];
    const executors = [
      { id: 'local', usable: true, detail: 'this host' },
      { id: 'docker', usable: false, detail: 'no daemon', fix: 'Start it.' },
    ];
    const missing = async (defaultExecutor: string, startsHere: boolean): Promise<readonly string[]> => {
      const probes = { agents: () => Promise.resolve(agents), executors: () => Promise.resolve(executors) };
      const found = await rows(probes, { defaultExecutor, startsHere });
      return found.filter(({ ok, required }) => !ok && required).map(({ name }) => name);
    };
    assert.deepEqual(await missing('local', true), ['agent claude-code']);
    assert.deepEqual(await missing('docker', false), ['executor docker']);
    assert.deepEqual(await missing('ssh:tower', false), []);
  });

  it('requires an answer of executors where the standard one is not this host', async () => {
    const probes = { executors: () => Promise.reject(new Error('broken')) };
    const required = async (defaultExecutor: string): Promise<boolean | undefined> =>
      (await rows(probes, { defaultExecutor })).find(({ name }) => name === 'executors')?.required;
    assert.deepEqual([await required('local'), await required('docker')], [false, true]);
  });

  it('says how the repository stands; nothing about it makes the machine unfit', async () => {
    const problem = new CoppiceError('bare-repository', 'It is bare.', 'Use a clone.').toRecord();
    const cases = [
      [undefined, false, /not inside of a git repository/u],
      [{ root: '/srv/w', trusted: false, host: false, problem }, false, /^\/srv\/w is not trusted/u],
      [{ root: '/srv/w', trusted: true, host: false, problem }, false, /^It is bare\.$/u],
      [{ root: '/srv/w', trusted: true, host: true }, true, /is allowed$/u],
    ] as const;
    for (const [found, ok, detail] of cases) {
      const check = await row('repository', { repository: () => Promise.resolve(found) });
      assert.equal(check.ok, ok);
      assert.equal(check.required, false);
      assert.match(check.detail, detail);
    }
  });

  it('reports space, watches and settings', async () => {
    assert.equal((await row('free space', { freeBytes: () => Promise.resolve(511.9 * 1024 ** 2) })).ok, false);
    assert.equal((await row('free space', { freeBytes: () => Promise.resolve(512 * 1024 ** 2) })).ok, true);
    const few = await row('file watches', { watches: () => Promise.resolve(8192) });
    assert.deepEqual([few.ok, few.required], [false, false]);
    assert.ok(
      !(await rows({ watches: () => Promise.resolve(undefined) })).some((check) => check.name === 'file watches'),
    );
    const wrong = await row('settings', { settings: () => Promise.resolve(['config.yaml:1:1: unknown', 'second']) });
    assert.deepEqual([wrong.ok, wrong.detail], [false, 'config.yaml:1:1: unknown (and 1 more)']);
  });
});

describe('facts about the machine', () => {
  let base = '';
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'coppice-doctor-'));
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  it('finds a program as a shell would, but never beside the current folder', async () => {
    for (const folder of ['a', 'b', 'c']) await mkdir(join(base, folder));
    await mkdir(join(base, 'a', 'tool'));
    await writeFile(join(base, 'b', 'tool'), '');
    await writeFile(join(base, 'c', 'real'), '');
    await chmod(join(base, 'c', 'real'), 0o755);
    await symlink('real', join(base, 'c', 'tool'));
    const path = ['a', 'b', 'c'].map((folder) => join(base, folder)).join(':');
    assert.equal(await findProgram('tool', path), join(base, 'c', 'tool'));
    assert.equal(await findProgram('tool', `:.:relative:${join(base, 'c')}`), join(base, 'c', 'tool'));
    assert.equal(await findProgram('tool', ''), undefined);
    assert.equal(await findProgram('nothing', path), undefined);
    assert.equal(await findProgram(join(base, 'c', 'tool'), ''), join(base, 'c', 'tool'));
    assert.equal(await findProgram(join(base, 'c', 'nothing'), path), undefined);
  });

  it('tries to write, leaves nothing behind, and gives the reason when it cannot', async () => {
    await tryWriting(base);
    assert.deepEqual(await readdir(base), []);
    await assert.rejects(tryWriting(join(base, 'missing')), { code: 'ENOENT' });
    await writeFile(join(base, 'file'), '');
    await assert.rejects(tryWriting(join(base, 'file')), { code: 'ENOTDIR' });
  });

  it('reads the limit of watches where there is one', async () => {
    await writeFile(join(base, 'limit'), '65536\n');
    assert.equal(await watchLimit(join(base, 'limit')), 65_536);
    await writeFile(join(base, 'limit'), 'x\n');
    assert.equal(await watchLimit(join(base, 'limit')), undefined);
    assert.equal(await watchLimit(join(base, 'none')), undefined);
  });
});
