import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { parseFields, type Fields } from '../../../src/agents/fields.ts';
import { answerTo } from '../../../src/agents/help/program/server.ts';
import type { AgentCommand, AgentContext, AgentPrograms } from '../../../src/agents/agent.ts';
import { claudeCode } from '../../../src/agents/claude-code/index.ts';
import { agentRegistry } from '../../../src/agents/registry.ts';

const program = fileURLToPath(new URL('../../../src/agents/help/program/main.ts', import.meta.url));

/** What a server answers to a request, and what it asked. */
async function tell(method: string, params: object = {}): Promise<{ answer: Fields | undefined; asked: string[] }> {
  const asked: string[] = [];
  const answer = await answerTo({ jsonrpc: '2.0', id: 1, method, params }, (question) => {
    asked.push(question);
    return Promise.resolve();
  });
  return { answer, asked };
}

describe('the server through which an agent asks for help', () => {
  it('says who it is, in the version that it is asked for, and which tool it has', async () => {
    const version = async (protocolVersion: string): Promise<unknown> =>
      ((await tell('initialize', { protocolVersion })).answer?.['result'] as Fields)['protocolVersion'];
    assert.equal(await version('2025-03-26'), '2025-03-26');
    assert.equal(await version('1999-01-01'), '2025-11-25');
    const { tools } = (await tell('tools/list')).answer?.['result'] as { tools: { name: string }[] };
    assert.deepEqual(
      tools.map(({ name }) => name),
      ['request_help'],
    );
    assert.deepEqual((await tell('ping')).answer?.['result'], {});
  });

  it('asks with all that was said, and tells the agent to end its turn', async () => {
    const given = { question: ' Which one? ', goal: 'ship it', tries: ['one', 'two'], log: 'x'.repeat(9000), error: 7 };
    const { answer, asked } = await tell('tools/call', { name: 'request_help', arguments: given });
    assert.match(asked[0] ?? '', /^Which one\?\n\nGoal:\nship it\n\nTried:\none\ntwo\n\nLog:\nx{3000}…\n$/u);
    assert.match(JSON.stringify(answer), /End your turn now/u);
  });

  it('says what is missing or in the way, and asks nothing', async () => {
    for (const given of [{}, { question: ' ' }, { question: 7 }]) {
      const { answer, asked } = await tell('tools/call', { name: 'request_help', arguments: given });
      assert.deepEqual([(answer?.['result'] as Fields)['isError'], asked], [true, []]);
    }
    const failing = await answerTo(
      { id: 'a', method: 'tools/call', params: { name: 'request_help', arguments: { question: 'Which?' } } },
      () => Promise.reject(new Error('the disk is full')),
    );
    assert.match(JSON.stringify(failing), /the disk is full/u);
    const code = async (method: string, params?: object): Promise<unknown> =>
      ((await tell(method, params)).answer?.['error'] as Fields)['code'];
    assert.deepEqual([await code('tools/call', { name: 'rm' }), await code('resources/list')], [-32602, -32601]);
  });

  it('answers anything with JSON-RPC or nothing, and never throws', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), async (line) => {
        const answer = await answerTo(parseFields(line), () => Promise.resolve());
        assert.ok(answer === undefined || answer['jsonrpc'] === '2.0');
      }),
    );
  });

  it('as a process leaves the questions in the worktree, in order, and writes through no link', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'help-'));
    try {
      const call = (question: string): string =>
        `${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'request_help', arguments: { question } } })}\n`;
      const said = await run(folder, `not json\n${call('Which?')}${call('And why?')}`);
      assert.deepEqual(
        said.map((each) => Object.keys(each).includes('error')),
        [true, false, false],
      );
      assert.equal(await readFile(join(folder, '.coppice', 'help.md'), 'utf8'), 'Which?\n\nAnd why?\n');
      await rm(join(folder, '.coppice'), { recursive: true });
      await mkdir(join(folder, '.coppice'));
      await writeFile(join(folder, 'other'), 'kept');
      await symlink('../other', join(folder, '.coppice', 'help.md'));
      assert.match(JSON.stringify(await run(folder, call('Which?'))), /could not be kept/u);
      assert.equal(await readFile(join(folder, 'other'), 'utf8'), 'kept');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('is told to Claude Code, elsewhere as a file of the run', () => {
    const agent = claudeCode({}, { node: '/n/node', script: '/c/help.js', env: { ELECTRON_RUN_AS_NODE: '1' } });
    const context = { session: 's', cwd: '/w', prompt: { id: 's:1', text: 'p' }, directory: '/r' };
    const { args } = agent.command(context);
    const server = { command: '/n/node', args: ['/c/help.js', '/w'], env: { ELECTRON_RUN_AS_NODE: '1' } };
    assert.deepEqual(JSON.parse(args[args.indexOf('--mcp-config') + 1] ?? ''), {
      mcpServers: { coppice_help: server },
    });
    // Both options take several values: an option of another kind has to follow.
    assert.match(args[args.indexOf('--allowedTools') + 2] ?? '', /^-/u);
    const there = agent.command({ ...context, carried: { acp: 'bridge', help: 'server' } });
    const copied = { command: 'node', args: ['/r/help-server.mjs', '/w'], env: {} };
    assert.deepEqual(JSON.parse(there.args[1] ?? ''), { mcpServers: { coppice_help: copied } });
    assert.deepEqual(there.files, [{ path: '/r/help-server.mjs', text: 'server' }]);
  });

  describe('is told', () => {
    const programs = {
      help: { node: '/n/node', script: '/c/h "1".js', env: { A: 'b "c"' } },
    } as unknown as AgentPrograms;
    const registry = agentRegistry({ custom: {}, programs });
    const context = { session: 's', cwd: '/w', prompt: { id: 's:1', text: 'p' }, directory: '/r' };
    const told = (id: string, more: Partial<AgentContext> = {}): AgentCommand =>
      registry.agent(id).command({ ...context, ...more });
    const server = { command: '/n/node', args: ['/c/h "1".js', '/w'], env: { A: 'b "c"' } };

    it('to Codex as settings of the run, which nobody has to approve', () => {
      const { args } = told('codex');
      const settings = args.filter((_, at) => args[at - 1] === '-c');
      assert.deepEqual(settings, [
        'mcp_servers.coppice_help.command="/n/node"',
        'mcp_servers.coppice_help.args=["/c/h \\"1\\".js","/w"]',
        'mcp_servers.coppice_help.env={"A"="b \\"c\\""}',
        'mcp_servers.coppice_help.default_tools_approval_mode="approve"',
        'mcp_optional_startup_grace_ms=20000',
      ]);
      assert.ok(args.indexOf('-c') < args.indexOf('-'), 'before the prompt');
      assert.ok(
        told('codex', { resume: 'c' }).args.indexOf('-c') < told('codex', { resume: 'c' }).args.indexOf('resume'),
      );
    });

    it('to OpenCode in a variable, unless the user has one', () => {
      const variable = 'OPENCODE_CONFIG_CONTENT';
      const local = { type: 'local', command: ['/n/node', ...server.args], environment: server.env, enabled: true };
      assert.deepEqual(JSON.parse(told('opencode').env[variable] ?? ''), { mcp: { coppice_help: local } });
      assert.equal(told('opencode', { variables: [variable] }).env[variable], undefined);
    });

    it('to Copilot as an option, to Qwen Code as a file of settings, unless the user has one', () => {
      const { args } = told('copilot');
      assert.deepEqual(JSON.parse(args[args.indexOf('--additional-mcp-config') + 1] ?? ''), {
        mcpServers: { coppice_help: { ...server, type: 'local', tools: ['*'] } },
      });
      const variable = 'QWEN_CODE_SYSTEM_DEFAULTS_PATH';
      const { env, files } = told('qwen');
      assert.equal(env[variable], files[0]?.path);
      assert.deepEqual(JSON.parse(files[0]?.text ?? ''), { mcpServers: { coppice_help: { ...server, trust: true } } });
      const own = told('qwen', { variables: [variable] });
      assert.deepEqual([own.env[variable], own.files], [undefined, []]);
    });

    it('not to agents that can be told of no server from outside', () => {
      for (const id of ['gemini', 'aider'])
        assert.doesNotMatch(JSON.stringify(told(id)), /coppice_help|help-server|\/c\/h/u, id);
    });

    it('elsewhere as a copy that goes along', () => {
      for (const id of ['codex', 'opencode', 'copilot', 'qwen']) {
        const { args, env, files } = told(id, { carried: { acp: 'bridge', help: 'server' } });
        assert.deepEqual(files[0], { path: '/r/help-server.mjs', text: 'server' }, id);
        assert.match(JSON.stringify([args, env, files]), /coppice_help[^]*\/r\/help-server\.mjs/u, id);
        assert.doesNotMatch(JSON.stringify([args, env, files]), /\/n\/node/u, id);
      }
    });
  });
});

/** What the server answers to all of an input. */
async function run(folder: string, input: string): Promise<readonly Fields[]> {
  const child = spawn(process.execPath, [program, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stdin.end(input);
  await new Promise((resolve) => child.once('close', resolve));
  const lines = Buffer.concat(chunks).toString('utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Fields);
}
