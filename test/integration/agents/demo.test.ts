import assert from 'node:assert/strict';
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { AgentEvent } from '../../../src/core/agent/events.ts';
import type { Agent, AgentExit } from '../../../src/agents/agent.ts';
import { linesOf } from '../../../src/agents/line-protocol/input.ts';
import { agentRegistry } from '../../../src/agents/registry.ts';

const script = join(import.meta.dirname, '..', '..', '..', 'src', 'agents', 'demo', 'program', 'main.ts');
const limitMs = 20_000;

describe('the demo agent as a process', () => {
  let folder: string;
  let root: string;
  let agent: Agent;
  const live = new Set<ChildProcessWithoutNullStreams>();

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'demo-'));
    root = join(folder, 'repository');
    mkdirSync(root);
    const demo = { node: process.execPath, script, state: join(folder, 'state') };
    agent = agentRegistry({ custom: {}, programs: { demo, acp: demo, help: demo } }).agent('demo');
  });
  afterEach(() => {
    for (const child of live) child.kill('SIGKILL');
    live.clear();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A process that was started as described, with all that it says. */
  function start(resume?: string) {
    const context = {
      session: 's',
      cwd: root,
      prompt: { id: 's:1', text: '' },
      agentSession: 'talk',
      directory: folder,
    };
    const { command, args, env } = agent.command({ ...context, ...(resume === undefined ? {} : { resume }) });
    // What the coverage of the tests needs reaches the process, too.
    const coverage = process.env['NODE_V8_COVERAGE'];
    const child = spawn(command, args, {
      cwd: root,
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        ...env,
        ...(coverage === undefined ? {} : { NODE_V8_COVERAGE: coverage }),
      },
    });
    live.add(child);
    const events: AgentEvent[] = [];
    const reader = agent.reader('s');
    const ended = (async (): Promise<AgentExit> => {
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
      const closed = new Promise<AgentExit>((resolve) => {
        child.once('close', (code, signal) => resolve(signal === null ? { code: code ?? -1 } : { signal }));
      });
      for await (const line of linesOf(child.stdout)) events.push(...reader.line(line, { offset: 0 }));
      const exit = { ...(await closed), stderr };
      events.push(...reader.end(exit));
      return exit;
    })();
    const until = async (kind: AgentEvent['kind'], count = 1): Promise<void> => {
      for (let waited = 0; events.filter((event) => event.kind === kind).length < count; waited += 10) {
        assert.ok(waited < limitMs, `no ${kind} came: ${JSON.stringify(events)}`);
        await pause(10);
      }
    };
    const prompt = (text: string, n: number): void => {
      child.stdin.write(agent.encode({ kind: 'prompt', id: `s:${n}`, text, steer: false }));
    };
    return { child, events, ended, until, prompt };
  }

  it('tells its version', async () => {
    const { command, args, parse } = agent.detection;
    const child = spawn(command, [...args], { env: { PATH: process.env['PATH'] } });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    const code = await new Promise<number>((resolve) => child.once('close', (value) => resolve(value ?? -1)));
    assert.deepEqual(parse(stdout, '', code), { version: '1.0.0' });
  });

  it('does all that it was given before its input ends, and ends', async () => {
    const { child, events, ended, prompt } = start();
    prompt('#slow:0.2 #write:a.txt', 1);
    prompt('#write:b.txt', 2);
    child.stdin.end();
    assert.equal((await ended).code, 0);
    assert.ok(existsSync(join(root, 'a.txt')) && existsSync(join(root, 'b.txt')));
    const ends = events.flatMap((event) => (event.kind === 'turn-ended' ? [event.outcome] : []));
    assert.deepEqual(ends, ['success', 'success']);
    assert.deepEqual(events[0], { kind: 'identified', agentSession: 'talk', model: 'demo', version: '1.0.0' });
  });

  it('is killed in mid-turn, and taken up again', async () => {
    const first = start();
    first.prompt('#write:a.txt', 1);
    first.prompt('#hang', 2);
    await first.until('prompt-seen', 2);
    first.child.kill('SIGKILL');
    assert.equal((await first.ended).signal, 'SIGKILL');
    const died = first.events.at(-1);
    assert.ok(died?.kind === 'turn-ended' && died.outcome === 'crashed');
    const second = start('talk');
    second.prompt('#hang', 2);
    second.prompt('#write:b.txt', 3);
    await second.until('turn-ended', 2);
    second.child.stdin.end();
    await second.ended;
    const ends = second.events.flatMap((event) => (event.kind === 'turn-ended' ? [event.text] : []));
    assert.deepEqual(ends, ['This prompt was run before.', 'Turn 3: I changed b.txt.']);
  });

  it('says what is wrong when it cannot begin', async () => {
    const { ended, events } = start('nobody');
    assert.equal((await ended).code, 1);
    const [event] = events;
    assert.ok(event?.kind === 'turn-ended' && event.outcome === 'failed');
    assert.match(event.text ?? '', /There is no conversation nobody/);
  });

  it('passes over garbage on its input', async () => {
    const { child, ended, until, prompt } = start();
    child.stdin.write('this is no JSON\n{"type":"prompt"}\n\n\u0000\n');
    prompt('#write:a.txt', 1);
    await until('turn-ended');
    await until('notice', 3);
    child.stdin.end();
    assert.equal((await ended).code, 0);
    assert.match(readFileSync(join(root, 'a.txt'), 'utf8'), /a prompt without words/);
  });
});
