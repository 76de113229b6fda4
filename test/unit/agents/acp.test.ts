import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { ClientContext } from '@agentclientprotocol/sdk';
import { acpAgent } from '../../../src/agents/acp/index.ts';
import { Conversation } from '../../../src/agents/acp/program/conversation.ts';
import { open } from '../../../src/agents/acp/program/open.ts';
import { askOf, isOwnHelp, outcomeOf } from '../../../src/agents/acp/program/permission.ts';
import { Updates } from '../../../src/agents/acp/program/updates.ts';
import { jsonLine } from '../../../src/agents/json-line.ts';
import type { OutMessage } from '../../../src/agents/line-protocol/messages.ts';
import { LineProtocolReader } from '../../../src/agents/line-protocol/reader.ts';
import { customAgent as definition } from '../../../src/core/settings/types.ts';
import { eventSchema } from './event-schema.ts';

type Answering = (method: string, params: Readonly<Record<string, unknown>>) => unknown;

/** The agent's side of a connection, answered by a function. */
function agentThat(answers: Answering): { agent: ClientContext; told: string[] } {
  const told: string[] = [];
  const agent = {
    request: (method: string, params: Readonly<Record<string, unknown>>) => {
      told.push(method);
      return Promise.resolve().then(() => answers(method, params));
    },
    notify: (method: string) => {
      told.push(method);
      return Promise.resolve();
    },
  };
  return { agent: agent as unknown as ClientContext, told };
}

const chunk = (text: string, kind = 'agent_message_chunk') => ({
  sessionUpdate: kind,
  content: { type: 'text', text },
});

describe('what an ACP agent tells', () => {
  it('is put together from scraps until something else comes', () => {
    const updates = new Updates();
    const said = [
      chunk('Let me '),
      chunk('think.'),
      chunk('Hm', 'agent_thought_chunk'),
      { sessionUpdate: 'tool_call', toolCallId: 't', title: 'npm test', kind: 'execute', status: 'pending' },
      { sessionUpdate: 'tool_call_update', toolCallId: 't', status: 'in_progress' },
      {
        sessionUpdate: 'tool_call_update',
        ...{ toolCallId: 't', status: 'completed' },
        content: [{ type: 'content', content: { type: 'text', text: 'ok' } }],
      },
      { sessionUpdate: 'tool_call', toolCallId: 'u', title: 'Read', kind: 'read', locations: [{ path: '/w/a.txt' }] },
      chunk('Done.'),
      { sessionUpdate: 'usage_update', used: 10, size: 100 },
    ].flatMap((each) => updates.take(each));
    const end = updates.endTurn();
    assert.deepEqual(
      [...said, ...end.said],
      [
        { type: 'message', text: 'Let me think.' },
        { type: 'message', text: 'Hm', thinking: true },
        { type: 'tool', id: 't', name: 'execute', input: { command: 'npm test', title: 'npm test' } },
        { type: 'tool-end', id: 't', ok: true, output: 'ok' },
        { type: 'tool', id: 'u', name: 'read', input: { path: '/w/a.txt', title: 'Read' } },
        { type: 'message', text: 'Done.' },
        { type: 'tool-end', id: 'u', ok: false, output: '' },
      ],
    );
    assert.deepEqual([end.text, end.fill], ['Done.', { tokens: 10, window: 100 }]);
  });

  it('may be anything, and is always the line protocol', () => {
    const kinds = fc.constantFrom('agent_message_chunk', 'tool_call', 'tool_call_update', 'plan', 'usage_update', 'x');
    const update = fc.record(
      {
        sessionUpdate: kinds,
        toolCallId: fc.oneof(fc.constantFrom('a', 'b'), fc.anything()),
        content: fc.anything(),
        rawInput: fc.anything(),
        rawOutput: fc.jsonValue(),
        status: fc.constantFrom('completed', 'failed', 3),
        title: fc.anything(),
        locations: fc.anything(),
        entries: fc.anything(),
      },
      { requiredKeys: ['sessionUpdate'] },
    );
    fc.assert(
      fc.property(fc.array(update), (all) => {
        const updates = new Updates();
        const said: OutMessage[] = all.flatMap((each) => {
          // What comes over the wire is JSON.
          const sent: unknown = JSON.parse(JSON.stringify(each));
          return [...updates.take(sent as Readonly<Record<string, unknown>>)];
        });
        const reader = new LineProtocolReader({ once: false });
        for (const message of [...said, ...updates.endTurn().said])
          for (const event of reader.line(jsonLine(message).trimEnd(), { offset: 0 })) {
            assert.notEqual(event.kind, 'unrecognised');
            eventSchema.parse(event);
          }
      }),
      { numRuns: 200 },
    );
  });

  it('is asked of a person with the command, and answered for this one time', () => {
    const options = [
      { optionId: 'a', kind: 'allow_always' },
      { optionId: 'o', kind: 'allow_once' },
      { optionId: 'r', kind: 'reject_once' },
    ];
    const request = { toolCall: { toolCallId: 't', title: 'rm -rf x', kind: 'execute' }, options };
    const { tool, input, title, fixed } = askOf('1', request);
    assert.equal(fixed, true, 'ACP has no way to say another input');
    assert.deepEqual([tool, input, title], ['execute', { command: 'rm -rf x', title: 'rm -rf x' }, 'rm -rf x']);
    const chosen = (choice: 'allow' | 'deny' | 'abort', from: unknown = options): unknown =>
      outcomeOf({ options: from }, { choice }).outcome;
    assert.deepEqual(chosen('allow'), { outcome: 'selected', optionId: 'o' });
    assert.deepEqual(chosen('deny'), { outcome: 'selected', optionId: 'r' });
    assert.deepEqual(chosen('abort'), { outcome: 'cancelled' });
    assert.deepEqual(chosen('allow', [{ optionId: 'r', kind: 'reject_once' }, 7]), { outcome: 'cancelled' });
    assert.deepEqual(chosen('deny', 'none'), { outcome: 'cancelled' });
  });
});

describe('a permission for a tool that was told of before', () => {
  it('is asked for with all that was said of the tool, and names it', () => {
    const updates = new Updates();
    const begun = {
      toolCallId: 't',
      title: 'Write a',
      kind: 'edit',
      status: 'pending',
      rawInput: { file_path: '/w/a' },
    };
    updates.take({ sessionUpdate: 'tool_call', ...begun });
    const { use, input } = askOf('1', { toolCall: updates.whole({ toolCallId: 't', title: 'Write a for sure' }) });
    assert.equal(use, 't');
    assert.deepEqual(input, { title: 'Write a for sure', file_path: '/w/a' });
    updates.take({ sessionUpdate: 'tool_call_update', toolCallId: 't', status: 'completed' });
    assert.deepEqual(updates.whole({ toolCallId: 't' }), { toolCallId: 't' }, 'what is over is forgotten');
  });
});

describe('a permission to call our own help tool', () => {
  const own = {
    toolCallId: 'mcp_coppice_help_request_help__mcp_coppice_help_request_help_1764212345678_3',
    title: 'request_help (coppice_help MCP Server)',
  };
  const options = [
    { optionId: 'proceed_always_server', kind: 'allow_always' },
    { optionId: 'proceed_once', kind: 'allow_once' },
    { optionId: 'cancel', kind: 'reject_once' },
  ];

  it('is given for this one time and nobody is asked, in a turn alone', async () => {
    const { agent } = agentThat(() => new Promise(() => undefined));
    const said: OutMessage[] = [];
    const conversation = new Conversation({ agent, session: 's', say: (each) => said.push(each), patienceMs: 20 });
    assert.deepEqual((await conversation.permission({ toolCall: own, options })).outcome, { outcome: 'cancelled' });
    await conversation.take({ type: 'prompt', id: 'p', text: 'go', steer: false });
    await new Promise((resolve) => setImmediate(resolve));
    const { outcome } = await conversation.permission({ toolCall: own, options });
    assert.deepEqual(outcome, { outcome: 'selected', optionId: 'proceed_once' });
    assert.deepEqual(
      said.map(({ type }) => type),
      ['prompt', 'tool'],
    );
  });

  it('is not given to what only looks like it', () => {
    assert.ok(isOwnHelp({ toolCall: own }));
    assert.ok(isOwnHelp({ toolCall: { ...own, toolCallId: 'mcp_coppice_help_request_help__a1b2-c3' } }));
    for (const other of [
      { title: 'request_help (coppice_help MCP Server) ' }, // what a model writes as the argument of another tool
      { title: 'request_help (coppice_help MCP Server)\nrm -rf /' },
      { title: 'help_request_help (coppice MCP Server)' }, // another server whose tool has the same whole name
      { toolCallId: 'run_shell_command__run_shell_command_1764212345678_3' }, // a command with these words
      { toolCallId: 'run_shell_command__mcp_coppice_help_request_help__x' }, // whatever the service calls it
      { toolCallId: 'mcp_coppice_help_request_help__evil__x1' }, // another tool whose name goes on
      { toolCallId: 'mcp_coppice_help_request_help_and_more__x1' },
      { toolCallId: 'mcp_coppice_help_request_help__' },
      { toolCallId: 'toolu_01' },
      { toolCallId: ['mcp_coppice_help_request_help__x1'] },
      { title: undefined },
    ])
      assert.equal(isOwnHelp({ toolCall: { ...own, ...other } }), false, JSON.stringify(other));
    assert.equal(isOwnHelp({}), false);
  });
});

describe('a conversation with an ACP agent', () => {
  it('that goes on although its turn was to end is ended, and says how the turn ended', async () => {
    const { agent, told } = agentThat(() => new Promise(() => undefined));
    const said: OutMessage[] = [];
    const conversation = new Conversation({ agent, session: 's', say: (each) => said.push(each), patienceMs: 20 });
    const failed = assert.rejects(conversation.failed, /it was ended/u);
    await conversation.take({ type: 'prompt', id: 'p', text: 'go', steer: false });
    await new Promise((resolve) => setImmediate(resolve));
    await conversation.take({ type: 'interrupt', id: 'i' });
    await failed;
    assert.deepEqual(told, ['session/prompt', 'session/cancel']);
    const last = said.at(-1);
    assert.deepEqual([last?.type, last?.type === 'result' && last.outcome], ['result', 'interrupted']);
  });

  it('lets a prompt that cuts in take the turn, and withdraws what was asked', async () => {
    let end: (response: unknown) => void = () => undefined;
    const prompts: unknown[] = [];
    const { agent } = agentThat((_, params) => {
      prompts.push(params['prompt']);
      return prompts.length === 1 ? new Promise((resolve) => (end = resolve)) : { stopReason: 'end_turn' };
    });
    const said: OutMessage[] = [];
    const conversation = new Conversation({ agent, session: 's', say: (each) => said.push(each), patienceMs: 60_000 });
    await conversation.take({ type: 'prompt', id: 'one', text: '1', steer: false });
    await new Promise((resolve) => setImmediate(resolve));
    const asked = conversation.permission({ toolCall: { toolCallId: 't', title: 'x' }, options: [] });
    await conversation.take({ type: 'prompt', id: 'two', text: '2', steer: true });
    assert.deepEqual((await asked).outcome, { outcome: 'cancelled' });
    assert.deepEqual((await conversation.permission({})).outcome, { outcome: 'cancelled' });
    end({ stopReason: 'cancelled' });
    await conversation.done();
    const told = said.flatMap((each) =>
      each.type === 'result' ? [each.outcome] : each.type === 'message' ? [] : [each.type],
    );
    assert.deepEqual(told, ['prompt', 'tool', 'ask', 'ask-withdrawn', 'tool-end', 'interrupted', 'prompt', 'success']);
  });

  it('begins with the mode and the model that were asked for, where the agent has them', async () => {
    const state = { sessionId: 'new', configOptions: [{ id: 'llm', category: 'model' }] };
    const { agent, told } = agentThat((method) => {
      if (method === 'initialize') return { protocolVersion: 1, agentInfo: { version: '7' } };
      if (method === 'session/set_mode') throw Object.assign(new Error('no such mode'), { code: -32602 });
      return state;
    });
    const said: OutMessage[] = [];
    assert.equal(await open(agent, { mode: 'plan', model: 'big' }, (each) => said.push(each)), 'new');
    assert.deepEqual(told, ['initialize', 'session/new', 'session/set_mode', 'session/set_config_option']);
    assert.deepEqual(said.at(-1), { type: 'session', session: 'new', version: '7' });
    assert.match(JSON.stringify(said[0]), /did not take the mode plan: no such mode/u);
  });

  it('begins anew, and says so, where the old one is not to be had', async () => {
    for (const capabilities of [{}, { loadSession: true }, { sessionCapabilities: { resume: {} } }, 'nonsense']) {
      const { agent } = agentThat((method) => {
        if (method === 'initialize') return { protocolVersion: 1, agentCapabilities: capabilities };
        if (method === 'session/new') return { sessionId: 'new' };
        throw Object.assign(new Error('Resource not found'), { code: -32002 });
      });
      const said: OutMessage[] = [];
      assert.equal(await open(agent, { resume: 'old' }, (each) => said.push(each)), 'new');
      assert.match(JSON.stringify(said[0]), /begins a new one, and knows only the files/u);
    }
  });

  it('says what to do when there can be none', async () => {
    const trouble = async (answers: Answering, resume?: string): Promise<string> => {
      const { agent } = agentThat(answers);
      return open(agent, { resume }, () => undefined).then(
        () => assert.fail('it was opened'),
        (error: unknown) => String(error),
      );
    };
    assert.match(await trouble(() => ({ protocolVersion: 2 })), /speaks version 2 of ACP/u);
    assert.match(await trouble(() => 'what'), /no version that is known/u);
    const login = Object.assign(new Error('Authentication required'), { code: -32000 });
    const wantsLogin: Answering = (method) => {
      if (method !== 'initialize') throw login;
      return { protocolVersion: 1 };
    };
    assert.match(await trouble(wantsLogin), /log in: run it by hand once\. Authentication required/u);
    assert.match(await trouble((method) => (method === 'initialize' ? { protocolVersion: 1 } : {})), /no name/u);
  });

  it('is started by the bridge, with the command behind everything of ours', () => {
    const acp = { node: '/n/node', script: '/c/acp-bridge.js' };
    const programs = { acp, help: { node: '/n/node', script: '/c/help.js' } };
    const given = definition.parse({ command: ['gemini', '--acp'], output: 'acp' });
    const agent = acpAgent('g', given, { model: '--x', args: ['-v'] }, programs);
    const context = { session: 's', cwd: '/w', prompt: { id: 's:1', text: 'p' }, directory: '/r', resume: '-id' };
    const { command, args, duplex } = agent.command(context);
    assert.deepEqual(
      [command, ...args],
      [
        '/n/node',
        '/c/acp-bridge.js',
        '--help-server=/c/help.js',
        '--resume=-id',
        '--model=--x',
        '--',
        'gemini',
        '--acp',
        '-v',
      ],
    );
    const there = agent.command({ ...context, carried: { acp: 'bridge', help: 'server' } });
    assert.deepEqual(
      [there.command, ...there.args.slice(0, 2)],
      ['node', '/r/acp-bridge.mjs', '--help-server=/r/help-server.mjs'],
    );
    assert.deepEqual(
      there.files.map(({ text }) => text),
      ['bridge', 'server'],
    );
    assert.ok(duplex && agent.capabilities.permissions);
    assert.deepEqual(agent.detection.parse('0.61.0\n', '', 0), { version: '0.61.0' });
  });
});
