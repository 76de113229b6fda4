/** Drives the real Claude Code with plain pipes: what `src/agents/claude-code` describes, and nothing else of Coppice. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentEvent, AgentRequest, Answer } from '../../src/core/agent/events.ts';
import type { Agent, AgentExit, AgentOptions } from '../../src/agents/agent.ts';
import { claudeCode } from '../../src/agents/claude-code/index.ts';
import { linesOf } from '../../src/agents/line-protocol/input.ts';
import { installedClaude } from './install.mjs';

export type Ended = Extract<AgentEvent, { kind: 'turn-ended' }>;

/** Longest that anything in a run may take on a busy machine. */
const patienceMs = 60_000;

export interface RunOptions extends AgentOptions {
  /** Holds home, state and repository. */
  readonly folder: string;
  readonly url: string;
  readonly session?: string;
  readonly agentSession?: string;
  readonly resume?: string;
  /** A copy of that conversation up to this message. */
  readonly resumeAt?: string;
}

/** The installed program. */
export async function claudeProgram(): Promise<string> {
  return (await installedClaude()) ?? assert.fail('Claude Code is not installed: run `node test/agents/install.mjs`.');
}

/** One process of Claude Code, and everything it said. */
export class ClaudeRun {
  readonly events: AgentEvent[] = [];
  readonly session: string;
  readonly agentSession: string;
  readonly agent: Agent;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #ended: Promise<AgentExit>;
  readonly #news = new Set<() => void>();
  #handedOut = 0;
  #inputs = 0;

  private constructor(program: string, options: RunOptions) {
    const { folder, url, session = randomUUID(), agentSession = randomUUID(), resume, resumeAt, ...settings } = options;
    this.session = session;
    this.agentSession = resumeAt === undefined ? (resume ?? agentSession) : agentSession;
    this.agent = claudeCode({ command: program, ...settings });
    const cwd = join(folder, 'repository');
    const { command, args, env } = this.agent.command({
      ...{ session, cwd, agentSession, directory: folder, prompt: { id: `${session}:1`, text: '' } },
      ...(resume === undefined ? {} : { resume }),
      ...(resumeAt === undefined ? {} : { resumeAt }),
    });
    for (const each of ['home', 'tmp']) mkdirSync(join(folder, each), { recursive: true });
    this.#child = spawn(command, args, {
      cwd,
      env: {
        PATH: '/usr/local/bin:/usr/bin:/bin',
        HOME: join(folder, 'home'),
        TMPDIR: join(folder, 'tmp'),
        ANTHROPIC_BASE_URL: url,
        ANTHROPIC_API_KEY: 'dummy',
        ...env,
      },
    });
    this.#child.stdin.on('error', () => undefined); // it may end while something is written to it
    this.#ended = this.#read();
  }

  static async start(options: RunOptions): Promise<ClaudeRun> {
    return new ClaudeRun(await claudeProgram(), options);
  }

  /** The environment marker of nobody: its process id. */
  get pid(): number {
    return this.#child.pid ?? assert.fail('it was not started');
  }

  prompt(text: string, steer = false, n = (this.#inputs += 1)): void {
    this.write(this.agent.encode({ kind: 'prompt', id: `${this.session}:${n}`, text, steer }));
  }

  interrupt(): void {
    this.write(this.agent.encode({ kind: 'interrupt', id: 'i1' }));
  }

  answer(request: AgentRequest, answer: Answer): void {
    this.write(this.agent.encode({ kind: 'answer', request, answer }));
  }

  write(line: string): void {
    this.#child.stdin.write(line);
  }

  /** Ends its input. */
  close(): void {
    this.#child.stdin.end();
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Whether a command of a tool is at work below it. */
  runs(command: string): boolean {
    const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8', maxBuffer: 2 ** 26 })
      .split('\n')
      .map((line) => /^\s*(\d+)\s+(\d+)\s+(.*?)\s*$/u.exec(line)?.slice(1) ?? []);
    const below = new Set([String(this.pid)]);
    // Until nobody joins: a child may have a smaller number than its parent.
    for (let before = 0; before < below.size;) {
      before = below.size;
      for (const [pid = '', parent = ''] of rows) if (below.has(parent)) below.add(pid);
    }
    return rows.some(([pid = '', , args]) => args === command && below.has(pid));
  }

  /** The next event of a kind, behind the last one that was handed out. */
  async next<K extends AgentEvent['kind']>(kind: K): Promise<Extract<AgentEvent, { kind: K }>> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const at = this.events.findIndex((event, index) => index >= this.#handedOut && event.kind === kind);
      const event = this.events[at];
      if (event?.kind === kind) {
        this.#handedOut = at + 1;
        return event as Extract<AgentEvent, { kind: K }>;
      }
      const left = deadline - performance.now();
      assert.ok(left > 0, `no ${kind} came after ${JSON.stringify(this.events.slice(this.#handedOut))}`);
      await this.#somethingNew(left);
    }
  }

  /** The request that comes next. */
  async asked(): Promise<AgentRequest> {
    return (await this.next('asked')).request;
  }

  /** The end of a turn that comes next. */
  async ended(): Promise<Ended> {
    return this.next('turn-ended');
  }

  /** Gives a prompt and waits for the end of its turn. */
  async turn(text: string): Promise<Ended> {
    this.prompt(text);
    return this.ended();
  }

  /** Closes its input and waits for its end. Nothing it said may be without a meaning. */
  async done(): Promise<AgentExit> {
    this.close();
    return this.exit();
  }

  /** Waits for its end. */
  async exit(): Promise<AgentExit> {
    const limit = setTimeout(() => this.kill('SIGKILL'), patienceMs);
    const exit = await this.#ended;
    clearTimeout(limit);
    const unread = this.events.filter(({ kind }) => kind === 'unrecognised' || kind === 'malformed');
    assert.deepEqual(unread, [], 'every line is understood');
    return exit;
  }

  async #read(): Promise<AgentExit> {
    const reader = this.agent.reader(this.session);
    let stderr = '';
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const gone = new Promise<AgentExit>((resolve) => {
      this.#child.once('close', (code, signal) =>
        resolve({ ...(code === null ? {} : { code }), ...(signal === null ? {} : { signal }) }),
      );
    });
    let offset = 0;
    for await (const line of linesOf(this.#child.stdout)) {
      offset += Buffer.byteLength(line) + 1;
      this.#add(reader.line(line, { offset }));
    }
    const exit = { ...(await gone), stderr };
    this.#add(reader.end(exit));
    return exit;
  }

  #add(events: readonly AgentEvent[]): void {
    this.events.push(...events);
    for (const tell of this.#news) tell();
  }

  #somethingNew(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#news.delete(done);
        resolve();
      };
      const timer = setTimeout(done, limitMs);
      this.#news.add(done);
    });
  }
}
