import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Agent, AgentExit } from '../../../src/agents/agent.ts';
import { aider } from '../../../src/agents/aider/index.ts';
import { codex } from '../../../src/agents/codex/index.ts';
import { copilot } from '../../../src/agents/copilot/index.ts';
import { gemini } from '../../../src/agents/gemini/index.ts';
import { opencode } from '../../../src/agents/opencode/index.ts';
import { qwen } from '../../../src/agents/qwen/index.ts';
import type { AgentEvent } from '../../../src/core/agent/events.ts';
import { eventSchema } from './event-schema.ts';

const folder = new URL('../../fixtures/agents/', import.meta.url);
const agents: Readonly<Record<string, Agent>> = {
  codex: codex({}),
  opencode: opencode({}),
  gemini: gemini({}),
  qwen: qwen({}),
  copilot: copilot({}),
  aider: aider({}),
};

function linesOf(sample: string): string[] {
  return readFileSync(new URL(`${sample}.jsonl`, folder), 'utf8')
    .trimEnd()
    .split('\n');
}

function read(
  agent: Agent | undefined,
  lines: readonly string[],
  exit: AgentExit = { code: 0 },
): readonly AgentEvent[] {
  const reader = agent?.reader('s') ?? assert.fail();
  return [...lines.flatMap((line) => reader.line(line, { offset: 0 })), ...reader.end(exit)];
}

/** What a person would tell of it. */
function told(events: readonly AgentEvent[]): string[] {
  return events.flatMap((event): string[] => {
    switch (event.kind) {
      case 'identified':
        return ['identified'];
      case 'message':
        return [`says ${event.text}`];
      case 'tool-started':
        return [`${event.name} ${JSON.stringify(event.input).slice(0, 60)}`];
      case 'tool-ended':
        return [event.ok ? 'ok' : 'not ok'];
      case 'notice':
        return [event.severity];
      case 'turn-ended':
        return [
          `${event.outcome}: ${event.text ?? ''} (${event.usage.inputTokens} in, ${event.usage.outputTokens} out)`,
        ];
      default:
        return [event.kind];
    }
  });
}

describe('agents that are run once for each prompt', () => {
  it('are read as they were recorded', () => {
    assert.deepEqual(told(read(agents['codex'], linesOf('codex/run'))), [
      'identified',
      'warning',
      `command_execution {"command":"/bin/bash -lc 'echo hi > made.txt && ls'"}`,
      'ok',
      'says Done by the fake.',
      'success: Done by the fake. (0 in, 0 out)',
    ]);
    assert.deepEqual(told(read(agents['opencode'], linesOf('opencode/run'))), [
      'identified',
      'says Writing.',
      'write {"filePath":"/repo/made.txt","content":"hi\\n"}',
      'ok',
      'says Done by the fake.',
      'success: Done by the fake. (2000 in, 100 out)',
    ]);
    assert.deepEqual(told(read(agents['gemini'], linesOf('gemini/run'))), [
      'identified',
      'prompt-seen',
      'says Writing.',
      'write_file {"file_path":"/repo/made.txt","content":"hi\\n"}',
      'ok',
      'says Done by the fake.',
      'success: Done by the fake. (2000 in, 100 out)',
    ]);
    assert.deepEqual(told(read(agents['copilot'], linesOf('copilot/run'))), [
      'prompt-seen',
      'says Writing.',
      'bash {"command":"echo hi > made.txt && ls","description":"write"}',
      'ok',
      'says Done by the fake.',
      'identified',
      'success: Done by the fake. (0 in, 0 out)',
    ]);
    assert.deepEqual(
      told(read(agents['qwen'], linesOf('qwen/run'))).filter((each) => each !== 'unrecognised'),
      [
        'identified',
        'says Writing.',
        'write_file {"file_path":"/repo/made.txt","content":"hi\\n"}',
        'ok',
        'says Done by the fake.',
        'success: Done by the fake. (2000 in, 100 out)',
      ],
    );
    for (const sample of ['codex/resume', 'opencode/resume']) {
      const end = told(read(agents[sample.split('/')[0] ?? ''], linesOf(sample))).at(-1) ?? '';
      assert.match(end, /^success: Done by the fake\./, sample);
    }
  });

  it('are no success without their own word for it, nor with another exit code than 0', () => {
    for (const id of ['codex', 'opencode', 'gemini', 'copilot', 'qwen']) {
      const lines = linesOf(`${id}/run`);
      const cut = read(agents[id], lines.slice(0, -1));
      assert.deepEqual(
        cut.filter(({ kind }) => kind === 'turn-ended').map((each) => 'outcome' in each && each.outcome),
        ['crashed'],
        id,
      );
      const killed = read(agents[id], lines.slice(0, 2), { signal: 'SIGTERM' }).at(-1);
      assert.ok(killed?.kind === 'turn-ended' && killed.outcome === 'interrupted', id);
      const refused = read(agents[id], [], { code: 1, stderr: 'not signed in\n' }).at(-1);
      assert.ok(refused?.kind === 'turn-ended' && refused.outcome === 'failed' && refused.text === 'not signed in', id);
    }
    for (const id of ['codex', 'opencode', 'gemini', 'copilot']) {
      const odd = read(agents[id], linesOf(`${id}/run`), { code: 3 }).at(-1);
      assert.ok(odd?.kind === 'turn-ended' && odd.outcome !== 'success', id);
    }
  });

  it('tell why they failed', () => {
    const ended = (id: string, ...lines: readonly object[]): string =>
      told(
        read(
          agents[id],
          lines.map((line) => JSON.stringify(line)),
        ),
      ).at(-1) ?? '';
    assert.match(ended('codex', { type: 'turn.failed', error: { message: 'quota' } }), /^failed: quota/);
    assert.match(
      ended('opencode', { type: 'error', error: { name: 'APIError', data: { message: 'no' } } }),
      /^failed: no/,
    );
    assert.match(ended('gemini', { type: 'result', status: 'error', error: { message: 'no key' } }), /^failed: no key/);
    assert.match(ended('copilot', { type: 'result', exitCode: 2 }), /^failed: /);
    const denied = { type: 'tool_result', tool_id: 't', status: 'error', error: { message: 'denied' } };
    assert.deepEqual(told(read(agents['gemini'], [JSON.stringify(denied)]))[0], 'not ok');
  });

  it('says of a command that it failed where the agent tells its exit code', () => {
    const bash = (exit: unknown) => ({
      type: 'tool_use',
      part: {
        tool: 'bash',
        callID: 'c',
        state: { status: 'completed', input: { command: 'npm test' }, metadata: { exit } },
      },
    });
    const shell = (exitCode: number) => ({
      type: 'tool.execution_complete',
      data: { toolCallId: 'c', success: true, shellExecution: { exitCode } },
    });
    const wasOk = (id: string, line: object): readonly boolean[] =>
      read(agents[id], [JSON.stringify(line)]).flatMap((each) => (each.kind === 'tool-ended' ? [each.ok] : []));
    assert.deepEqual(
      [0, 1, null, undefined].map((exit) => wasOk('opencode', bash(exit))),
      [[true], [false], [false], [true]],
    );
    assert.deepEqual([wasOk('copilot', shell(0)), wasOk('copilot', shell(1))], [[true], [false]]);
  });

  it("tell that they ask the model's service again", () => {
    const retries = (id: keyof typeof agents, ...lines: readonly string[]): readonly unknown[] =>
      read(agents[id], lines).flatMap((each) =>
        each.kind === 'retrying' ? [[each.attempt, each.max, each.error]] : [],
      );
    const error = (message: string): string => JSON.stringify({ type: 'error', message });
    const old = 'stream error: stream disconnected before completion; retrying 3/5 in 391ms…';
    assert.deepEqual(retries('codex', error('Reconnecting... 2/5'), error(old), error('The model is gone.')), [
      [2, 5, 'Reconnecting... 2/5'],
      [3, 5, old],
    ]);
    const refused = 'litellm.RateLimitError: AnthropicException - 429';
    const again = ['Retrying in 0.2 seconds...', 'Retrying in 1.5 seconds...'];
    assert.deepEqual(retries('aider', ...again, refused, ...again), [
      [1, undefined, refused],
      [2, undefined, refused],
    ]);
  });

  it('have failed where Aider ends with 0 although its model gave no answer', () => {
    // As aider 0.86 prints it (base_coder.py).
    const refused = [
      'litellm.RateLimitError: AnthropicException - 429',
      'The API provider has rate limited you. Try again later or check your quotas.',
    ];
    const retried = [...refused, 'Retrying in 0.2 seconds...'];
    const answer = [
      'Done.',
      'Tokens: 2.1k sent, 40 received. Cost: $0.01 message, $0.01 session.',
      'Applied edit to a.ts',
    ];
    const end = (...lines: readonly string[]): string => told(read(agents['aider'], lines)).at(-1) ?? '';
    assert.match(end(...retried, ...refused), /^failed: /u);
    assert.match(end(...retried, ...answer), /^success: /u);
    assert.match(end(...answer, ...refused), /^failed: /u);
    assert.match(
      end('', '', 'Model gpt-x has hit a token limit!', 'Token counts below are approximate.'),
      /^failed: /u,
    );
    assert.match(end('I looked at litellm.RateLimitError: it is raised on 429.'), /^success: /u);
  });

  it('never break on what they print, whatever it is', () => {
    const samples = Object.keys(agents).flatMap((id) => (id === 'aider' ? [] : linesOf(`${id}/run`)));
    const mangled = fc
      .tuple(fc.constantFrom(...samples), fc.nat(400), fc.string())
      .map(([line, at, text]) => line.slice(0, at) + text + line.slice(at + 3));
    const odd = fc.record({
      type: fc.constantFrom('item.completed', 'tool_use', 'result', 'error', 'message'),
      item: fc.anything(),
      part: fc.anything(),
      data: fc.anything(),
      stats: fc.anything(),
    });
    const line = fc.oneof(
      mangled,
      fc.string(),
      fc.json(),
      odd.map((each) => JSON.stringify(each)),
    );
    fc.assert(
      fc.property(fc.constantFrom(...Object.values(agents)), fc.array(line, { maxLength: 12 }), (agent, lines) => {
        for (const event of read(agent, lines)) eventSchema.parse(event);
      }),
      { numRuns: 300 },
    );
  });

  it('get their prompt as it is, by input, by file, or as one argument that is no option', () => {
    const text = '-rf $(id) "quoted"\nand more';
    const context = { session: 's', cwd: '/w', prompt: { id: 's:1', text }, agentSession: 'own', directory: '/r' };
    for (const [id, agent] of Object.entries(agents)) {
      const { command, args, firstInputs, files, duplex } = agent.command(context);
      assert.deepEqual([command, duplex], [id === 'aider' ? 'aider' : id, false]);
      const given = [...args, ...firstInputs, ...files.map((file) => file.text)].filter((word) =>
        word.includes('$(id)'),
      );
      assert.equal(given.length, 1, id);
      assert.ok(given[0]?.includes(text) === true, id);
      assert.ok(!args.some((word) => word.startsWith('-rf')), id);
      const long = { ...context, prompt: { id: 's:1', text: 'x'.repeat(200_000) } };
      if (id === 'codex' || id === 'aider') agent.command(long);
      else assert.throws(() => agent.command(long), { code: 'bad-usage' }, id);
    }
  });

  it('say their version, or what is wrong', () => {
    const versions = {
      codex: 'codex-cli 0.169.0',
      opencode: '1.18.33',
      gemini: '0.61.0',
      qwen: '0.24.4',
      copilot: 'GitHub Copilot CLI 1.0.102.',
    };
    for (const [id, text] of Object.entries(versions)) {
      const found = agents[id]?.detection.parse(`${text}\n`, '', 0);
      assert.deepEqual(found, { version: /\d+\.\d+\.\d+/u.exec(text)?.[0] }, id);
    }
    const old = agents['gemini']?.detection.parse('0.9.1', '', 0);
    assert.ok(old !== undefined && 'warning' in old && /older than/.test(old.warning ?? ''));
    for (const agent of Object.values(agents)) {
      const missing = agent.detection.parse('', '', undefined);
      assert.ok('problem' in missing && /Install it with/.test(missing.fix));
      assert.ok('problem' in agent.detection.parse('hello', 'boom', 1));
    }
  });
});
