import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rename, rm, symlink, truncate, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCoppiceError, type CoppiceError } from '../../../src/core/errors.ts';
import { Config, otherVariables, type ConfigRequest } from '../../../src/engine/config/config.ts';
import { readSettingsText, sizeLimit } from '../../../src/engine/config/file.ts';

describe('settings of an engine', () => {
  let base = '';
  let home = '';
  let root = '';
  let userFile = '';
  let repositoryFile = '';
  let config: Config;

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'coppice-config-'));
    home = join(base, 'home');
    root = join(base, 'repo');
    userFile = join(home, 'config.yaml');
    repositoryFile = join(root, '.coppice.yaml');
    await mkdir(home);
    await mkdir(root);
    config = make();
  });

  afterEach(() => rm(base, { recursive: true, force: true }));

  function make(environment: Record<string, string> = {}): Config {
    const agents = ['claude-code', 'demo'];
    return new Config({ home, userHome: base, agents, environment, clock: () => Date.now() });
  }

  /** Writes a file that looks as if it had rested for a minute, as nearly every file has. */
  async function write(path: string, content: string | Uint8Array): Promise<void> {
    await writeFile(path, content);
    await rest(path);
  }

  async function rest(path: string): Promise<void> {
    const then = new Date(Date.now() - 60_000);
    await utimes(path, then, then);
  }

  const trusted = (): ConfigRequest => ({ repository: { root, trusted: true } });

  async function refused(request: ConfigRequest = {}): Promise<CoppiceError> {
    try {
      await config.settings(request);
    } catch (error) {
      assert.ok(isCoppiceError(error, 'config-invalid'), String(error));
      return error;
    }
    throw new assert.AssertionError({ message: 'the settings were accepted' });
  }

  it('needs no file', async () => {
    assert.equal((await config.settings())['limits.running'], 3);
    assert.equal((await config.settings(trusted()))['worktrees.root'], join(home, 'worktrees'));
    await rm(home, { recursive: true });
    assert.equal((await config.settings())['limits.running'], 3);
  });

  it('obeys defaults, user, repository, variables and flags in this order', async () => {
    const key = 'session.timeBoxSeconds';
    const flags = { [key]: 5 };
    const environment = { COPPICE_SESSION_TIME_BOX_SECONDS: '4' };
    assert.equal((await config.settings(trusted()))[key], 1800);
    await write(userFile, 'session:\n  timeBoxSeconds: 2\n');
    assert.equal((await config.settings(trusted()))[key], 2);
    await write(repositoryFile, 'session:\n  timeBoxSeconds: 3\n');
    assert.equal((await config.settings(trusted()))[key], 3);
    assert.equal((await config.settings())[key], 2);
    assert.equal((await config.settings({ ...trusted(), environment }))[key], 4);
    assert.equal((await config.settings({ ...trusted(), environment, flags }))[key], 5);
  });

  it("takes the engine's variables where the request brings none", async () => {
    config = make({ COPPICE_LIMITS_RUNNING: '9' });
    assert.equal((await config.settings())['limits.running'], 9);
    assert.equal((await config.settings({ environment: {} }))['limits.running'], 3);
  });

  it('explains where each value comes from, and which files there are', async () => {
    await write(userFile, '# comment\nlimits:\n  running: 4\n');
    await write(repositoryFile, 'agents: {demo: {model: small}}\n');
    const environment = { COPPICE_HISTORY_COMMIT: 'true' };
    const { settings, files } = await config.explain({ ...trusted(), environment, flags: { 'agent.default': 'demo' } });
    const source = (key: string): string | undefined => settings.find((row) => row.key === key)?.source;
    assert.equal(source('limits.running'), `user: ${userFile}:3:12`);
    assert.equal(source('agents.demo.model'), `repository: ${repositoryFile}:1:24`);
    assert.equal(source('history.commit'), 'environment: COPPICE_HISTORY_COMMIT');
    assert.equal(source('agent.default'), 'flag: agent.default');
    assert.equal(source('limits.waiting'), 'default');
    assert.deepEqual(files, [
      { path: userFile, present: true },
      { path: repositoryFile, present: true },
    ]);
    assert.deepEqual((await config.explain()).files, [{ path: userFile, present: true }]);
  });

  it('names file, line and column of an unknown key and of a wrong type', async () => {
    await write(userFile, 'limits:\n  runing: 4\nhistory:\n  commit: sometimes\n');
    const error = await refused();
    assert.equal(
      error.message,
      `${userFile}:2:3: unknown setting "limits.runing"; did you mean "limits.running"? (and 1 more problem in the settings).`,
    );
    assert.deepEqual(error.context, {
      problems: `${userFile}:2:3: unknown setting "limits.runing"; did you mean "limits.running"?\n${userFile}:4:11: "history.commit" must be true or false, not text`,
      key: 'limits.runing',
      source: 'user',
      file: userFile,
      line: '2',
    });
    assert.match(error.next, /^Correct the file/u);
    assert.equal((await config.problems()).length, 2);
    assert.equal((await refused({ flags: { nonsense: 1 } })).next, error.next, 'the first problem decides');
  });

  it('names the variable that is wrong', async () => {
    const error = await refused({ environment: { COPPICE_LIMITS_RUNNING: '0' } });
    assert.equal(
      error.message,
      'COPPICE_LIMITS_RUNNING: "limits.running" must be a whole number from 1 to 1000, not 0.',
    );
    assert.match(error.next, /COPPICE_LIMITS_RUNNING/u);
    for (const name of otherVariables) await config.settings({ environment: { [name]: 'x' } });
  });

  it('looks at no file of an untrusted repository', async () => {
    await write(repositoryFile, ': [ not yaml\n');
    const request = { repository: { root, trusted: false } };
    assert.equal((await config.settings(request))['limits.running'], 3);
    assert.deepEqual((await config.explain(request)).files, [{ path: userFile, present: false }]);
    assert.match((await refused(trusted())).message, /\.coppice\.yaml:\d+:\d+: this is not YAML/u);
  });

  it("refuses keys that are not a repository's to set", async () => {
    await write(repositoryFile, 'worktrees:\n  setup: [npm ci]\n  root: /tmp/elsewhere\n');
    const error = await refused(trusted());
    assert.match(error.message, /\.coppice\.yaml:3:3: "worktrees\.root" cannot be set by a repository/u);
  });

  it('sees each change of a file, also of the same size, and a file that comes and goes', async () => {
    for (const running of [4, 5, 6]) {
      await writeFile(userFile, `limits: {running: ${running}}\n`);
      assert.equal((await config.settings())['limits.running'], running);
    }
    await write(userFile, 'limits: {running: 7}\n');
    assert.equal((await config.settings())['limits.running'], 7);
    const other = join(home, 'other');
    await write(other, 'limits: {running: 8}\n');
    await rename(other, userFile);
    assert.equal((await config.settings())['limits.running'], 8);
    await unlink(userFile);
    assert.equal((await config.settings())['limits.running'], 3);
  });

  it('recovers as soon as a broken file is mended', async () => {
    await write(userFile, 'limits: {running: x}\n');
    await refused();
    await refused();
    await write(userFile, 'limits: {running: 2}\n');
    assert.equal((await config.settings())['limits.running'], 2);
  });

  it('does not read a file again that has rested and has not changed', async () => {
    await write(userFile, 'limits: {running: 4}\n');
    const options = { links: true, clock: () => Date.now() + 60_000 };
    const first = await readSettingsText(userFile, options);
    assert.ok(first !== 'same' && first.kind === 'text' && first.settled);
    assert.equal(await readSettingsText(userFile, options, first.identity), 'same');
    await rest(userFile);
    assert.notEqual(await readSettingsText(userFile, options, first.identity), 'same');
  });

  it('does not rely on the times of a file that changed a moment ago', async () => {
    await writeFile(userFile, 'limits: {running: 4}\n');
    const file = await readSettingsText(userFile, { links: true, clock: () => Date.now() });
    assert.ok(file !== 'same' && file.kind === 'text' && !file.settled);
  });

  it('waits for a file that is being written', async () => {
    const text = 'limits: {running: 4}\nworktrees: {setup: [one, two]}\n';
    await writeFile(userFile, text);
    await truncate(userFile, 0);
    const reading = config.settings();
    await writeFile(userFile, text);
    assert.deepEqual((await reading)['worktrees.setup'], ['one', 'two']);
  });

  it('says what stands in the place of a file', async () => {
    await mkdir(userFile);
    assert.match((await refused()).message, /config\.yaml: it is not a regular file\.$/u);
    await rm(userFile, { recursive: true });
    await symlink('config.yaml', userFile);
    assert.match((await refused()).message, /leads back to itself/u);
    await unlink(userFile);
    await write(join(base, 'dotfiles.yaml'), 'limits: {running: 6}\n');
    await symlink(join(base, 'dotfiles.yaml'), userFile);
    assert.equal((await config.settings())['limits.running'], 6);
    await symlink(join(base, 'dotfiles.yaml'), repositoryFile);
    assert.match((await refused(trusted())).message, /\.coppice\.yaml: it is a symbolic link/u);
  });

  it('refuses a huge file without reading it, and takes one of exactly the limit', async () => {
    await write(userFile, '');
    await truncate(userFile, 1024 ** 4);
    await rest(userFile);
    assert.match((await refused()).message, /it is larger than 64 KiB/u);
    await write(userFile, `limits: {running: 2}\n#${'x'.repeat(sizeLimit - 22)}`);
    assert.equal((await config.settings())['limits.running'], 2);
    await write(userFile, `limits: {running: 2}\n#${'x'.repeat(sizeLimit - 21)}`);
    await refused();
  });

  it('refuses what is not text, with the line', async () => {
    await write(userFile, 'limits:\n  running: \0 4\n');
    assert.match((await refused()).message, /config\.yaml:2:1: it is not text/u);
    await write(
      userFile,
      Buffer.concat([Buffer.from('a: é\n# ok\nb: '), Buffer.from([0xff, 0xfe]), Buffer.from('\nc: é\n')]),
    );
    assert.match((await refused()).message, /config\.yaml:3:1: it is not UTF-8 text/u);
    await write(userFile, Buffer.concat([Buffer.from('a: 1\nb: x'), Buffer.from([0xe2, 0x82])]));
    assert.match((await refused()).message, /config\.yaml:2:1: it is not UTF-8 text/u);
    await write(userFile, Buffer.from('\uFEFFlimits: {running: 2}', 'utf16le'));
    assert.match((await refused()).message, /it is not text/u);
  });
});
