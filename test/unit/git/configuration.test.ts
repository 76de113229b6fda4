import assert from 'node:assert/strict';
import {
  acceptedEntries,
  configText,
  filtersIn,
  firstWord,
  kindOfKey,
  parseScoped,
  programEntries,
} from '../../../src/git/configuration.ts';
import { absolutePathEntries, forcedConfig, gitEnvironment } from '../../../src/git/environment.ts';

const local = (key: string, value: string) => ({ scope: 'local', key, value });

describe('configuration', () => {
  it('takes what describes, asks for what runs, leaves out the rest', () => {
    for (const key of ['core.autocrlf', 'CORE.EOL', 'user.name', 'extensions.objectFormat', 'remote.origin.promisor'])
      assert.equal(kindOfKey(key), 'plain', key);
    for (const key of ['filter.lfs.clean', 'filter.a.b.process', 'merge.x.driver', 'diff.y.textconv', 'Diff.y.Command'])
      assert.equal(kindOfKey(key), 'program', key);
    for (const key of [
      ...[
        'core.fsmonitor',
        'core.hooksPath',
        'core.sshCommand',
        'core.editor',
        'core.pager',
        'core.worktree',
        'core.bare',
        'core.attributesFile',
      ],
      ...[
        'core.excludesFile',
        'core.alternateRefsCommand',
        'core.gitProxy',
        'include.path',
        'includeIf.gitdir:/x.path',
        'alias.st',
        'gpg.program',
      ],
      ...[
        'gpg.ssh.program',
        'remote.x.uploadpack',
        'remote.x.url',
        'credential.helper',
        'protocol.ext.allow',
        'submodule.x.update',
        'diff.external',
      ],
      ...[
        'extensions.worktreeConfig',
        'uploadpack.packObjectsHook',
        'trailer.x.command',
        'lfs.customtransfer.x.path',
        'core',
        '',
        '.',
        'filter.clean',
      ],
    ]) {
      assert.equal(kindOfKey(key), 'left-out', key);
    }
  });

  it('accepts a program only by the very same key and value, and never one of the working tree', () => {
    const entries = [
      local('filter.a.clean', 'a'),
      local('filter.b.clean', 'b'),
      local('filter.c.clean', './c'),
      local('filter.d.clean', '"sub/d" x'),
      local('core.eol', 'lf'),
      { scope: 'global', key: 'core.eol', value: 'crlf' },
      { scope: 'worktree', key: 'filter.w.clean', value: 'w' },
    ];
    const confirmed = [
      { key: 'filter.a.clean', value: 'a' },
      { key: 'filter.b.clean', value: 'other' },
      { key: 'filter.c.clean', value: './c' },
      { key: 'filter.d.clean', value: '"sub/d" x' },
    ];
    assert.deepEqual(
      acceptedEntries(entries, confirmed).map(({ key }) => key),
      ['filter.a.clean', 'core.eol'],
    );
    assert.deepEqual(
      programEntries(entries).map(({ key }) => key),
      ['filter.a.clean', 'filter.b.clean', 'filter.c.clean', 'filter.d.clean', 'filter.w.clean'],
    );
  });

  it('reads what git lists', () => {
    assert.deepEqual(parseScoped(['local', 'a.b\nc\nd', 'global', 'x.y']), [
      local('a.b', 'c\nd'),
      { scope: 'global', key: 'x.y', value: 'true' },
    ]);
    assert.deepEqual(
      [
        ...filtersIn([
          local('filter.a.clean', 'x y'),
          local('filter.a.required', 'true'),
          local('filter.b.smudge', ''),
        ]),
      ],
      [
        ['a', ['x y']],
        ['b', []],
      ],
    );
    assert.deepEqual(['git-lfs clean', "'a b' c", '  "x y"', ''].map(firstWord), ['git-lfs', 'a b', 'x y', '']);
  });

  it('writes values so that none can leave its place', () => {
    const text = configText([
      { key: 'user.name', value: 'a"]\n[core]\n\tfsmonitor = evil\\' },
      { key: 'filter.x"]y.clean', value: 'c;d#e' },
    ]);
    assert.equal(
      text,
      '[user]\n\tname = "a\\"]\\n[core]\\n\\tfsmonitor = evil\\\\"\n[filter "x\\"]y"]\n\tclean = "c;d#e"\n',
    );
  });
});

describe('environment', () => {
  it('drops what steers git and keeps the rest', () => {
    const env = gitEnvironment(
      {
        PATH: '/a::.:bin:/b',
        HOME: '/h',
        GIT_DIR: 'x',
        git_dir: 'x',
        GIT_CONFIG_GLOBAL: '/g',
        Git_Config_Global: 'x',
        PAGER: 'p',
        FOO: 'bar',
        NONE: undefined,
      },
      { cwd: '/', gitDir: '/d', indexFile: '/i' },
      [{ key: 'a.b', value: 'c' }],
      { GIT_AUTHOR_NAME: 'n' },
    );
    assert.equal(env['PATH'], '/a:/b');
    assert.deepEqual(
      [
        env['HOME'],
        env['FOO'],
        env['GIT_CONFIG_GLOBAL'],
        env['GIT_DIR'],
        env['GIT_INDEX_FILE'],
        env['GIT_AUTHOR_NAME'],
      ],
      ['/h', 'bar', '/g', '/d', '/i', 'n'],
    );
    for (const name of ['git_dir', 'Git_Config_Global', 'PAGER', 'NONE', 'GIT_WORK_TREE'])
      assert.equal(name in env, false, name);
    assert.equal(env['GIT_CONFIG_COUNT'], String(forcedConfig.length + 1));
    assert.equal(env[`GIT_CONFIG_KEY_${forcedConfig.length}`], 'a.b');
    assert.deepEqual(absolutePathEntries(undefined), []);
  });
});
