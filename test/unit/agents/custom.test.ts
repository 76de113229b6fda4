import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isCoppiceError } from '../../../src/core/errors.ts';
import { customAgent as definition, type CustomAgent } from '../../../src/core/settings/types.ts';
import type { Agent, AgentContext, AgentExit } from '../../../src/agents/agent.ts';
import { customAgent } from '../../../src/agents/custom/index.ts';
import { TextReader } from '../../../src/agents/custom/text-reader.ts';
import { eventSchema } from './event-schema.ts';

const make = (given: Partial<CustomAgent> & Pick<CustomAgent, 'command'>): Agent =>
  customAgent('mine', definition.parse(given), {});
const context = (text: string, more: Partial<AgentContext> = {}): AgentContext => ({
  ...{ session: 's', cwd: '/w', prompt: { id: 's:1', text }, directory: '/run/1' },
  ...more,
});

describe('a command of the user as an agent', () => {
  it('gets the prompt as one argument, whatever is in it', () => {
    const agent = make({ command: ['aider', '--message', '{prompt}', '--yes'] });
    const hostile = '$(rm -rf /) `id` "a" \'b\' ; & | > x\nsecond line {promptFile} {session} $& $1';
    const { command, args, duplex, firstInputs, files } = agent.command(context(hostile));
    assert.deepEqual([command, ...args], ['aider', '--message', hostile, '--yes']);
    assert.deepEqual([duplex, firstInputs, files], [false, [], []]);
  });

  it('gets any prompt back unchanged, but for a blank before a hyphen', () => {
    const agent = make({ command: ['x', '{prompt}'] });
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }).filter((text) => !text.includes('\0')),
        (text) => {
          const [argument] = agent.command(context(text)).args;
          assert.equal(argument, text.startsWith('-') ? ` ${text}` : text);
        },
      ),
    );
  });

  it('is never given an option for a prompt', () => {
    assert.deepEqual(make({ command: ['x', '{prompt}'] }).command(context('--force')).args, [' --force']);
    assert.deepEqual(make({ command: ['x', '--message={prompt}'] }).command(context('-f')).args, ['--message=-f']);
    // What the user wrote stays as it is.
    assert.deepEqual(make({ command: ['x', '--', '{promptFile}'] }).command(context('-f')).args, [
      '--',
      '/run/1/prompt.md',
    ]);
  });

  it('gets the prompt in a file, or as its input', () => {
    const file = make({ command: ['x', '-f', '{promptFile}'] }).command(context('-hello\n'));
    assert.deepEqual(file.args, ['-f', '/run/1/prompt.md']);
    assert.deepEqual(file.files, [{ path: '/run/1/prompt.md', text: '-hello\n' }]);
    const input = make({ command: ['x'] }).command(context('-hello'));
    assert.deepEqual([input.args, input.firstInputs, input.duplex], [[], ['-hello\n'], false]);
  });

  it('refuses a prompt that no argument can hold, and says what to do', () => {
    const agent = make({ command: ['x', '{prompt}'] });
    for (const text of ['a\0b', 'x'.repeat(131_072), 'ü'.repeat(70_000)]) {
      assert.throws(
        () => agent.command(context(text)),
        (error) => isCoppiceError(error, 'bad-usage') && error.next.includes('{promptFile}'),
      );
    }
    const file = make({ command: ['x', '{promptFile}'] });
    assert.equal(file.command(context('x'.repeat(1_000_000))).files[0]?.text.length, 1_000_000);
  });

  it('continues a conversation with its own arguments', () => {
    const agent = make({ command: ['x', '{prompt}'], resume: ['x', '--resume', '{session}', '{prompt}'] });
    assert.ok(agent.capabilities.resume && agent.capabilities.ownSessionId);
    assert.deepEqual(agent.command(context('p', { agentSession: 'id' })).args, ['p']);
    assert.deepEqual(agent.command(context('p', { agentSession: 'id', resume: 'id' })).args, ['--resume', 'id', 'p']);
    assert.ok(!make({ command: ['x'] }).capabilities.resume);
  });

  it('takes a program and arguments from the settings', () => {
    const agent = customAgent('mine', definition.parse({ command: ['x', '{prompt}'] }), {
      command: '/opt/y',
      args: ['-v'],
    });
    const { command, args } = agent.command(context('p'));
    assert.deepEqual([command, ...args], ['/opt/y', 'p', '-v']);
    assert.equal(agent.detection.command, '/opt/y');
  });

  it('is missing only when it cannot be started', () => {
    const { parse } = make({ command: ['x'] }).detection;
    assert.ok('version' in parse('', 'unknown option --version', 2));
    const found = parse('', '', undefined);
    assert.ok('problem' in found && found.fix.includes('agents.custom.mine.command'));
  });

  it('that is live talks the line protocol for as long as it runs, and can what it says', () => {
    const agent = make({
      command: ['x', '--talk'],
      output: 'live',
      resume: ['x', '--go-on', '{session}'],
      can: ['interrupt', 'permissions'],
    });
    const { duplex, steer, interrupt, permissions, questions, resume, needsHostConsent } = agent.capabilities;
    assert.deepEqual([duplex, interrupt, permissions, resume, needsHostConsent], [true, true, true, true, true]);
    assert.deepEqual([steer, questions], [false, false]);
    const fresh = agent.command(context('p', { agentSession: 'id' }));
    assert.deepEqual([fresh.args, fresh.duplex, fresh.firstInputs], [['--talk'], true, []]);
    assert.deepEqual(agent.command(context('p', { resume: 'id' })).args, ['--go-on', 'id']);
    assert.match(agent.encode({ kind: 'prompt', id: 's:1', text: 'p', steer: false }), /^\{"type":"prompt".*\}\n$/u);
    const [ended] = agent.reader('s').line('{"type":"result","outcome":"success"}', { offset: 1 });
    assert.equal(ended?.kind, 'turn-ended');
  });

  it('gets the variables that it names, secrets apart', () => {
    const agent = customAgent('mine', definition.parse({ command: ['x'], env: ['A'], secrets: ['B'] }), { env: ['C'] });
    assert.deepEqual(agent.environment, { allow: ['A', 'C'], secrets: ['B'] });
  });

  it('takes no input while it runs', () => {
    const agent = make({ command: ['x'] });
    assert.throws(
      () => agent.encode({ kind: 'interrupt', id: 'i' }),
      (error) => isCoppiceError(error, 'wrong-state'),
    );
  });
});

describe('text that a command prints', () => {
  const read = (lines: readonly string[], exit: AgentExit) => {
    const reader = new TextReader();
    return [...lines.flatMap((line) => reader.line(line, { offset: 0 })), ...reader.end(exit), ...reader.end(exit)];
  };

  it('is a message a line, without colours and overwritten progress', () => {
    const events = read(['\u001b[32mdone\u001b[0m', '', '  10%\r  50%\r 100%\r', '\ttabbed\r'], { code: 0 });
    assert.deepEqual(
      events.flatMap((event) => (event.kind === 'message' ? [event.text] : [])),
      ['done', ' 100%', '\ttabbed'],
    );
  });

  it('is judged by the exit code', () => {
    for (const [exit, outcome, reason] of [
      [{ code: 0 }, 'success', 'exit code 0'],
      [{ code: 1 }, 'failed', 'exit code 1'],
      [{ code: 143, signal: 'SIGTERM' }, 'interrupted', 'SIGTERM'],
      [{ code: 137, signal: 'SIGKILL' }, 'crashed', 'SIGKILL'],
      [{ gone: true }, 'crashed', 'gone'],
    ] as const) {
      const end = read(['working', 'last words'], exit).filter((event) => event.kind === 'turn-ended');
      assert.deepEqual(
        end.map((event) => [event.outcome, event.reason, event.text]),
        [[outcome, reason, 'working\nlast words']],
      );
    }
    const [failed] = read([], { code: 2, stderr: 'no such model' });
    assert.ok(failed?.kind === 'turn-ended' && failed.text === 'no such model' && failed.outcome === 'failed');
  });

  it('may be anything', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), fc.integer(), (lines, code) => {
        for (const event of read(lines, { code })) eventSchema.parse(event);
      }),
    );
    const cut = new TextReader().line('x'.repeat(100), { offset: 0, truncatedBytes: 50_000_000 });
    assert.deepEqual(
      cut.map(({ kind }) => kind),
      ['message', 'malformed'],
    );
  });
});
