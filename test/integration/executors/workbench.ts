/** Real runs in a temporary folder; everything that a test started is ended after it. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { RunRecord, RunRef, RunSpec, RunState } from '../../../src/executors/executor.ts';
import type { Line } from '../../../src/executors/lines.ts';
import { LocalExecutor } from '../../../src/executors/local/local-executor.ts';
import type { TailEnd } from '../../../src/executors/tail.ts';

export const wrapperPath = fileURLToPath(new URL('../../../media/run.sh', import.meta.url));
const program = fileURLToPath(new URL('./controller.ts', import.meta.url));

/** What a session may have by default: little, and nothing of this process. */
const environment = { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: tmpdir() };

export class Workbench {
  readonly session = randomUUID();
  readonly executor = new LocalExecutor({ wrapperPath });
  readonly home: string;
  readonly #sessions = new Set<string>([this.session]);
  readonly #children = new Set<ChildProcess>();
  readonly #abort = new AbortController();
  readonly #tails = new Set<Promise<unknown>>();
  readonly #mounts: string[] = [];

  private constructor(home: string) {
    this.home = home;
  }

  static async open(): Promise<Workbench> {
    return new Workbench(await mkdtemp(join(tmpdir(), 'coppice-run-')));
  }

  async dispose(): Promise<void> {
    this.#abort.abort();
    await Promise.allSettled(this.#tails);
    for (const child of this.#children) child.kill('SIGKILL');
    for (const session of this.#sessions) {
      assert.deepEqual((await this.executor.sweep(session, { graceMs: 0 })).left, [], 'processes are left');
    }
    for (const path of this.#mounts) await promisify(execFile)('umount', ['--lazy', path]);
    await rm(this.home, { recursive: true, force: true });
  }

  /** A run of this session whose agent is a shell script. */
  spec(script: string, more: Partial<RunSpec> = {}): RunSpec {
    const run = more.run ?? 1;
    const session = more.session ?? this.session;
    this.#sessions.add(session);
    return {
      session,
      run,
      directory: join(this.home, session, 'runs', String(run)),
      streamPath: join(this.home, session, 'stream.jsonl'),
      stderrPath: join(this.home, session, 'stderr.log'),
      command: '/bin/sh',
      args: ['-c', script, 'agent'],
      cwd: this.home,
      env: environment,
      duplex: false,
      ...more,
    };
  }

  /** An agent that echoes each line of its input. */
  echo(more: Partial<RunSpec> = {}): RunSpec {
    return this.spec('', { command: 'cat', args: [], duplex: true, ...more });
  }

  start(spec: RunSpec): Promise<RunRecord> {
    return this.executor.start(spec, this.#abort.signal);
  }

  async ended(run: RunRef, limitMs = 30_000): Promise<RunState> {
    const begin = performance.now();
    for (;;) {
      const state = await this.executor.probe(run);
      if (state.state !== 'running') return state;
      assert.ok(performance.now() - begin < limitMs, 'the agent should have ended');
      await sleep(5);
    }
  }

  follow(run: RunRef, from = 0): { readonly lines: Line[]; readonly end: Promise<TailEnd> } {
    const lines: Line[] = [];
    const end = this.executor.tail(run, from, {
      onLines: (batch) => void lines.push(...batch),
      signal: this.#abort.signal,
    });
    this.#tails.add(end);
    return { lines, end };
  }

  stream(run: RunRef): Promise<string> {
    return readFile(run.streamPath, 'utf8');
  }

  /** Another process that uses the executor, as another engine would; see `controller.ts`. */
  controller(task: unknown): Controller {
    const child = spawn(process.execPath, [program, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#children.add(child);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    const exit = new Promise<void>((resolve) => child.once('close', () => resolve()));
    return { child, exit, output: () => output };
  }

  /** A process that is no run's, for the sweep to leave alone. */
  bystander(command: string, args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
    const child = spawn(command, args, { env: { ...environment, ...env }, stdio: 'ignore', detached: true });
    this.#children.add(child);
    return child;
  }

  /** A file system of its own, of `size` as mount(8) takes it. Fails loudly where the system does not allow it. */
  async fileSystem(size: string): Promise<string> {
    const path = join(this.home, 'small');
    await mkdir(path);
    await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]);
    this.#mounts.push(path);
    return path;
  }
}

export interface Controller {
  readonly child: ChildProcess;
  readonly exit: Promise<void>;
  output(): string;
}

/** A line in the report of the tests. */
export function tell(line: string): void {
  process.stdout.write(`      ${line}\n`);
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  limitMs = 60_000,
): Promise<void> {
  const begin = performance.now();
  while (!(await condition())) {
    assert.ok(performance.now() - begin < limitMs, `waited in vain for ${what}`);
    await sleep(5);
  }
}

/** Lives and is no zombie. */
export function isAlive(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

/** Waits until the feeder of a run that has been fed sleeps in its look at the fifo: it does, and no child of it is left. */
export async function feederWaits(feeder: number): Promise<void> {
  const stat = (pid: number | string): string => {
    try {
      const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
      return text.slice(text.lastIndexOf(')') + 2);
    } catch {
      return '';
    }
  };
  await until(() => {
    const children = readdirSync('/proc').filter(
      (name) => /^\d+$/.test(name) && stat(name).split(' ')[1] === `${feeder}`,
    );
    return children.length === 0 && stat(feeder).startsWith('S ');
  }, 'the feeder to wait');
}

/** The pid that an agent wrote to `path`. */
export async function pidIn(path: string): Promise<number> {
  await until(() => existsSync(path) && readFileSync(path, 'utf8').endsWith('\n'), path);
  return Number(await readFile(path, 'utf8'));
}
