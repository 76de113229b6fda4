import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AgentRequest, Answer } from '../../../../src/core/agent/events.ts';
import { isCoppiceError } from '../../../../src/core/errors.ts';
import { claudeCode } from '../../../../src/agents/claude-code/index.ts';
import { promptOfUuid, uuidOfPrompt } from '../../../../src/agents/claude-code/prompt-id.ts';
import type { AgentContext } from '../../../../src/agents/agent.ts';

const session = '0a1b2c3d-1111-4222-8333-0123456789ab';
const context: AgentContext = {
  session,
  cwd: '/w',
  prompt: { id: `${session}:1`, text: '-rf $(id) "quoted"\nand more' },
  agentSession: '5d2dfa8a-f535-4df6-8b24-daff1dfa562f',
  directory: '/s/run/1',
};
const agent = claudeCode({});

describe('Claude Code: how it is started', () => {
  it('takes its prompt from its input, under a conversation id of ours', () => {
    const { command, args, env, duplex, firstInputs, files } = agent.command(context);
    assert.deepEqual(
      { command, duplex, firstInputs, files },
      { command: 'claude', duplex: true, firstInputs: [], files: [] },
    );
    assert.deepEqual(args.slice(args.indexOf('--session-id')), ['--session-id', context.agentSession]);
    for (const flag of ['--verbose', '--replay-user-messages', '-p']) assert.ok(args.includes(flag), flag);
    assert.deepEqual(args.slice(args.indexOf('--permission-prompt-tool')).slice(0, 2), [
      '--permission-prompt-tool',
      'stdio',
    ]);
    assert.ok(!args.some((arg) => arg.includes('quoted')));
    assert.equal(env['CLAUDE_CODE_MAX_RETRIES'], '5');
    assert.equal(env['DISABLE_AUTOUPDATER'], '1');
  });

  it('takes a conversation up again instead of beginning one', () => {
    const { args } = agent.command({ ...context, resume: 'c0ffee00-1111-4222-8333-0123456789ab' });
    assert.ok(!args.includes('--session-id'));
    assert.deepEqual(args.slice(args.indexOf('--resume')), ['--resume', 'c0ffee00-1111-4222-8333-0123456789ab']);
  });

  it('asks a model of Ollama alone where its model is one, with no key of the user', () => {
    const { args, env } = claudeCode({ model: 'ollama:coder:30b', ollama: 'http://box:11434' }).command(context);
    assert.deepEqual(args.slice(args.indexOf('--model')).slice(0, 2), ['--model', 'coder:30b']);
    const { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: key, ANTHROPIC_AUTH_TOKEN: token } = env;
    assert.deepEqual([url, key, token], ['http://box:11434', '', 'ollama']);
    assert.ok(
      !('ANTHROPIC_BASE_URL' in claudeCode({ model: 'opus', ollama: 'http://box:11434' }).command(context).env),
    );
    assert.throws(() => claudeCode({ model: 'ollama:--evil' }).command(context), { code: 'config-invalid' });
  });

  it('takes its settings', () => {
    const options = {
      command: '/opt/claude',
      model: 'opus',
      permissionMode: 'plan',
      maxRetries: 0,
      args: ['--max-turns', '3'],
    };
    const set = claudeCode({ ...options, env: ['MY_OWN'] });
    const { command, args, env } = set.command(context);
    assert.equal(command, '/opt/claude');
    assert.deepEqual(args.slice(args.indexOf('--permission-mode')).slice(0, 4), [
      '--permission-mode',
      'plan',
      '--model',
      'opus',
    ]);
    assert.deepEqual(args.slice(-2), ['--max-turns', '3']);
    assert.equal(env['CLAUDE_CODE_MAX_RETRIES'], '0');
    assert.ok(set.environment.allow.includes('MY_OWN') && set.environment.allow.includes('ANTHROPIC_*'));
    assert.equal(set.detection.command, '/opt/claude');
  });

  it('refuses settings that would be taken for options', () => {
    for (const options of [{ model: '--dangerously-skip-permissions' }, { permissionMode: '' }, { model: 'a\0b' }]) {
      assert.throws(
        () => claudeCode(options).command(context),
        (error) => isCoppiceError(error, 'config-invalid'),
      );
    }
  });

  it('keeps the markers of a session around it away', () => {
    const given = (name: string): boolean =>
      agent.environment.allow.some((each) => (each.endsWith('*') ? name.startsWith(each.slice(0, -1)) : name === each));
    assert.ok(given('ANTHROPIC_BASE_URL'));
    for (const name of ['CLAUDECODE', 'CLAUDE_CODE_SSE_PORT', 'CLAUDE_CODE_ENTRYPOINT', 'CLAUDE_CODE_SESSION_ID']) {
      assert.ok(!given(name), name);
    }
  });
});

describe('Claude Code: whether it can be used', () => {
  const { parse } = agent.detection;

  it('reads its version', () => {
    assert.deepEqual(parse('2.1.329 (Claude Code)\n', '', 0), { version: '2.1.329' });
    assert.deepEqual(parse('2.1.197 (Claude Code)', '', 0), { version: '2.1.197' });
    assert.deepEqual(parse('3.0.0-beta.1 (Claude Code)', '', 0), { version: '3.0.0' });
  });

  it('warns of a version that is older than what was tried', () => {
    for (const version of ['1.0.128', '2.0.999', '2.1.196']) {
      const found = parse(`${version} (Claude Code)`, '', 0);
      assert.ok('version' in found && found.version === version && found.warning?.includes('2.1.197'), version);
    }
  });

  it('says what to do when it is not there or does not work', () => {
    for (const [stdout, stderr, code] of [
      ['', '', undefined],
      ['', '\u001b[31mcannot open shared object\u001b[0m', 127],
      ['hello', '', 0],
      ['2.1.329 (Claude Code)', 'but then it crashed', 1],
    ] as const) {
      const found = parse(stdout, stderr, code);
      assert.ok('problem' in found && found.fix.includes('agents.claude-code.command'), JSON.stringify(found));
      assert.doesNotMatch(found.problem, /\u001b/u);
    }
  });
});

describe('Claude Code: names of prompts', () => {
  it('are found again in the UUIDs that they were sent with', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.integer({ min: 1, max: 1e9 }), (id, n) => {
        const sent = uuidOfPrompt(`${id}:${n}`);
        assert.match(sent ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
        assert.equal(promptOfUuid(sent ?? '', id), `${id}:${n}`);
        assert.equal(promptOfUuid(sent ?? '', undefined), sent);
      }),
    );
  });

  it('that are of another kind go without', () => {
    for (const id of ['1', '', 'a:1', `${session}:`, `${session}:x`, `${session}:-1`])
      assert.equal(uuidOfPrompt(id), undefined, id);
    assert.equal(uuidOfPrompt(session.toUpperCase()), session);
    assert.equal(promptOfUuid('not-a-uuid', session), 'not-a-uuid');
    assert.equal(promptOfUuid('ffffffff-1111-4222-8333-000000000001', session), 'ffffffff-1111-4222-8333-000000000001');
  });
});

describe('Claude Code: what is written to it', () => {
  const wire = (input: Parameters<typeof agent.encode>[0]): unknown => {
    const line = agent.encode(input);
    assert.match(line, /^[^\n\u2028\u2029]+\n$/);
    return JSON.parse(line);
  };
  const request: AgentRequest = {
    ...{ id: 'r1', kind: 'permission', title: 'Bash', detail: 'ls', tool: 'Bash' },
    input: { command: 'ls', description: 'list' },
  };
  const answer = (given: Answer, to: AgentRequest = request): unknown => {
    const { response } = wire({ kind: 'answer', request: to, answer: given }) as {
      response: { subtype: string; request_id: string; response: unknown };
    };
    assert.deepEqual([response.subtype, response.request_id], ['success', to.id]);
    return response.response;
  };

  it('a prompt, as it is, on one line', () => {
    const text = '--help\n"quotes" $(rm -rf /) \u2028\u2029 \0 \ud83d\ude00 \r\n';
    const { type, message, uuid, priority } = wire({
      kind: 'prompt',
      id: `${session}:7`,
      text,
      steer: false,
    }) as Record<string, unknown>;
    assert.deepEqual(message, { role: 'user', content: [{ type: 'text', text }] });
    assert.deepEqual([type, uuid, priority], ['user', '0a1b2c3d-1111-4222-8333-000000000007', undefined]);
  });

  it('any prompt comes out as it went in', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const { message } = wire({ kind: 'prompt', id: '1', text, steer: true }) as {
          message: { content: [{ text: string }] };
        };
        assert.equal(message.content[0].text, text);
      }),
    );
  });

  it('a prompt that steers', () => {
    const { priority } = wire({ kind: 'prompt', id: '1', text: 'x', steer: true }) as Record<string, unknown>;
    assert.equal(priority, 'now');
  });

  it('an interrupt', () => {
    assert.deepEqual(wire({ kind: 'interrupt', id: '9' }), {
      type: 'control_request',
      request_id: 'interrupt:9',
      request: { subtype: 'interrupt' },
    });
  });

  it('a permission: given, given with another input, refused, refused with an end of the turn', () => {
    assert.deepEqual(answer({ choice: 'allow' }), { behavior: 'allow', updatedInput: request.input });
    const input = { command: 'ls -l' };
    assert.deepEqual(answer({ choice: 'allow', input }), { behavior: 'allow', updatedInput: input });
    assert.deepEqual(answer({ choice: 'deny', reason: 'no' }), { behavior: 'deny', message: 'no', interrupt: false });
    assert.deepEqual(answer({ choice: 'abort', reason: 'stop' }), {
      behavior: 'deny',
      message: 'stop',
      interrupt: true,
    });
    assert.equal((answer({ choice: 'deny' }) as { behavior: string }).behavior, 'deny');
  });

  it('words in place of a permission are a refusal with these words, never a permission', () => {
    const words = answer({ choice: 'answer', answers: { note: 'use git mv' } });
    assert.deepEqual(words, { behavior: 'deny', message: 'use git mv', interrupt: false });
  });

  it('answers to questions, beside the questions', () => {
    const input = { questions: [{ question: 'Which?' }] };
    const asked: AgentRequest = {
      id: 'q',
      kind: 'question',
      title: 'Which?',
      detail: '',
      tool: 'AskUserQuestion',
      input,
    };
    const answers = { 'Which?': 'B' };
    assert.deepEqual(answer({ choice: 'answer', answers }, asked), {
      behavior: 'allow',
      updatedInput: { ...input, answers },
    });
    assert.equal((answer({ choice: 'deny' }, asked) as { behavior: string }).behavior, 'deny');
  });

  it('answers to a form of an MCP server', () => {
    const [event] = agent.reader().line(
      JSON.stringify({
        ...{ type: 'control_request', request_id: 'e' },
        request: {
          subtype: 'elicitation',
          mcp_server_name: 'jira',
          message: 'Which project?',
          requested_schema: { type: 'object' },
        },
      }),
      { offset: 0 },
    );
    assert.ok(event?.kind === 'asked' && event.request.title === 'jira: Which project?');
    assert.deepEqual(answer({ choice: 'allow', input: { project: 'A' } }, event.request), {
      action: 'accept',
      content: { project: 'A' },
    });
    assert.deepEqual(answer({ choice: 'deny' }, event.request), { action: 'decline' });
    assert.deepEqual(answer({ choice: 'abort' }, event.request), { action: 'cancel' });
  });
});
