import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { isCoppiceError } from '../../../src/core/errors.ts';
import { builtInAgentIds } from '../../../src/agents/registry.ts';
import { AgentDirectory } from '../../../src/engine/agent-directory.ts';
import { Config } from '../../../src/engine/config/config.ts';
import { PluginFolder, refusalText } from '../../../src/engine/plugins/plugin-folder.ts';

const good = 'coppice: 1\nversion: 0.2.0\n';
const agent = `${good}agent:\n  command: [my-agent, '{prompt}']\n  title: Mine\n`;

describe('plugins', () => {
  let home = '';
  let folder: PluginFolder;

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'coppice-plugins-'));
    await mkdir(join(home, 'plugins'));
    folder = new PluginFolder({ home, agents: builtInAgentIds, clock: Date.now });
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  const write = async (name: string, text: string): Promise<void> => {
    const path = join(home, 'plugins', name);
    await writeFile(path, text, { mode: 0o600 });
    const then = new Date(Date.now() - 60_000);
    await utimes(path, then, then);
  };

  const config = (): Config => {
    const place = { home, userHome: home, agents: builtInAgentIds, plugins: folder };
    return new Config({ ...place, environment: {}, clock: Date.now });
  };

  /** What is wrong with a plugin of this content. */
  async function reason(text: string, name = 'mine.yaml'): Promise<{ said: string; fix: string }> {
    await write(name, text);
    const { used, refused } = await folder.read();
    assert.deepEqual([used.length, refused.length], [0, 1], JSON.stringify({ used, refused }));
    const [refusal] = refused;
    assert.ok(refusal !== undefined);
    await rm(join(home, 'plugins', name));
    return { said: refusalText(refusal).replace(`${home}/plugins/`, ''), fix: refusal.fix };
  }

  it('need no folder, and are found by their names', async () => {
    await write('mine.yaml', agent);
    await write('boxed.yaml', `${good}executor:\n  wrap: [nice, -n, '5']\n`);
    await write('.mine.yaml.swp', 'not looked at');
    const { agents, executors, used, refused } = await folder.read();
    assert.deepEqual(agents['mine']?.command, ['my-agent', '{prompt}']);
    assert.deepEqual(executors.get('boxed')?.wrap, ['nice', '-n', '5']);
    assert.deepEqual(
      used.map(({ id, version }) => [id, version]),
      [
        ['boxed', '0.2.0'],
        ['mine', '0.2.0'],
      ],
    );
    assert.deepEqual(refused, []);
    assert.ok(!('constructor' in agents));
    await rm(join(home, 'plugins'), { recursive: true });
    assert.deepEqual((await folder.read()).used, []);
  });

  it('are agents like any other to the settings and to who asks for them', async () => {
    await write('mine.yaml', agent);
    await writeFile(join(home, 'config.yaml'), 'agent:\n  default: mine\nagents:\n  mine:\n    args: [-v]\n');
    const settings = await config().settings();
    const directory = new AgentDirectory({
      demoAgent: '/d.js',
      acpBridge: '/a.js',
      helpServer: '/h.js',
      state: '/s',
      plugins: folder,
    });
    const found = directory.agent(settings['agent.default'], settings, {});
    assert.equal(found.title, 'Mine');
    const context = { session: 's', cwd: '/w', prompt: { id: 's:1', text: 'do it' }, directory: '/r' };
    assert.deepEqual(found.command(context).args, ['do it', '-v']);
    // The user's own word in the settings goes before a file that somebody made.
    await writeFile(join(home, 'config.yaml'), 'agents:\n  custom:\n    mine:\n      command: [other]\n');
    assert.equal(directory.agent('mine', await config().settings(), {}).detection.command, 'other');
  });

  it('are read again when they change', async () => {
    await write('mine.yaml', agent);
    assert.equal((await folder.read()).used.length, 1);
    await write('mine.yaml', agent.replace('coppice: 1', 'coppice: 9'));
    assert.equal((await folder.read()).used.length, 0);
    await write('mine.yaml', agent);
    assert.equal((await folder.read()).used.length, 1);
  });

  it('are refused with the reason when they are wrong', async () => {
    const cases: readonly (readonly [text: string, said: string, name?: string])[] = [
      ['', 'mine.yaml:1:1: it must be a map.'],
      ['version: 1', 'mine.yaml:1:1: it does not say for which version of plugins it was written.'],
      [
        agent.replace('coppice: 1', 'coppice: 2'),
        'mine.yaml:1:10: it was written for version 2 of plugins; this Coppice knows version 1.',
      ],
      [agent.replace('version: 0.2.0\n', ''), 'mine.yaml:1:1: "version" has no value; it must be one line of text.'],
      [good, 'mine.yaml:1:1: it must define either `agent` or `executor`.'],
      [`${agent}executor:\n  wrap: [x]\n`, 'mine.yaml:1:1: it must define either `agent` or `executor`.'],
      [`${agent}main: ./evil.js\n`, 'mine.yaml:6:1: a plugin has no field "main".'],
      [
        `${good}agent:\n  comand: [x]\n`,
        'mine.yaml:4:3: "agent.command" has no value; it must be a list of a program and its arguments.',
      ],
      [
        `${good}agent:\n  command: [sh, -c, '{prompt}']\n`,
        'mine.yaml:4:12: "agent.command" must be a list of a program and its arguments in which no placeholder is part of a script',
      ],
      [
        `${good}agent:\n  command: [x, '{prompt}']\n  output: live\n`,
        'mine.yaml:4:3: "agent" must be without {prompt} and {promptFile} where `output` is live or acp',
      ],
      [`${good}agent:\n  command: [x]\n  can: [steer]\n`, 'mine.yaml:4:3: "agent" must be without `can` unless'],
      [
        `${good}executor:\n  wrap: [sh, -c, 'cd {worktree}']\n`,
        'mine.yaml:4:9: "executor.wrap" must be a list of a program and its arguments in which no placeholder is part of a script.',
      ],
      ['a: [', 'mine.yaml:1:'],
      [agent, 'demo.yaml:1:1: an agent with the id "demo" comes with Coppice.', 'demo.yaml'],
      [agent, 'My Agent.yaml:1:1: its name is the id, which has', 'My Agent.yaml'],
      [agent, 'mine.js: it is not a plugin.', 'mine.js'],
    ];
    for (const [text, expected, name] of cases) {
      const { said, fix } = await reason(text, name);
      assert.ok(said.startsWith(expected), `${said}\nis not\n${expected}`);
      assert.match(fix, /^[A-Z].*\.$/u);
    }
  });

  it('that others could have written are refused', async () => {
    await write('mine.yaml', agent);
    await chmod(join(home, 'plugins', 'mine.yaml'), 0o666);
    const [refused] = (await folder.read()).refused;
    assert.match(refused === undefined ? '' : refusalText(refused), /everybody on this machine can change it/);
  });

  it('that are refused stand in nobody else’s way, and their agent says why it is not there', async () => {
    await write('mine.yaml', agent.replace('coppice: 1', 'coppice: 2'));
    await writeFile(join(home, 'config.yaml'), 'agent:\n  default: mine\n');
    const settings = await config().settings();
    const directory = new AgentDirectory({
      demoAgent: '/d.js',
      acpBridge: '/a.js',
      helpServer: '/h.js',
      state: '/s',
      plugins: folder,
    });
    assert.equal(directory.agent('codex', settings, {}).id, 'codex');
    assert.throws(
      () => directory.agent('mine', settings, {}),
      (error) => isCoppiceError(error, 'agent-unusable') && /written for version 2/u.test(error.message),
    );
  });

  it('may hold anything', async () => {
    const part = fc.oneof(fc.constantFrom('coppice: 1', 'agent:', '  command: [x]', '  wrap: {}'), fc.string());
    await fc.assert(
      fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (lines) => {
        await write('mine.yaml', lines.join('\n'));
        const { used, refused } = await folder.read();
        assert.equal(used.length + refused.length, 1);
        for (const each of refused) assert.ok(refusalText(each).length > 10);
      }),
      { numRuns: 15 },
    );
  });
});
