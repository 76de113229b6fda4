/** What the conformance suite needs of an executor, and helpers that hold for all of them. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerPolicy, Executor, RunRef, RunSpec, RunState } from '../../src/executors/executor.ts';
import type { Line } from '../../src/executors/lines.ts';
import type { TailEnd } from '../../src/executors/tail.ts';

/** An executor under test, with the place where its runs leave their files on this host. */
export interface Subject {
  readonly executor: Executor;
  /** The executor as another engine would have it: nothing in memory is shared. */
  another(): Promise<Executor>;
  /** Folder of this test alone. */
  readonly home: string;
  /** Working directory of agents, as a spec names it. */
  readonly cwd: string;
  /** What containers are made of and may use. */
  readonly container?: ContainerPolicy;
  /** Whether a process of an agent is alive, by its pid as the agent sees it. */
  alive(pid: number): Promise<boolean>;
  /** Kills a process of an agent. */
  kill(pid: number): Promise<void>;
  dispose(): Promise<void>;
}

const patienceMs = 90_000;
const never = new AbortController().signal;

/** Runs of one test. */
export class Bench {
  readonly session = randomUUID();
  readonly #subject: Subject;
  readonly #abort = new AbortController();
  readonly #tails = new Set<Promise<unknown>>();

  constructor(subject: Subject) {
    this.#subject = subject;
  }

  get executor(): Executor {
    return this.#subject.executor;
  }

  /** A run whose agent is a shell script. */
  spec(script: string, more: Partial<RunSpec> = {}): RunSpec {
    const { home, cwd, container } = this.#subject;
    const run = more.run ?? 1;
    return {
      session: this.session,
      run,
      directory: join(home, this.session, 'runs', String(run)),
      streamPath: join(home, this.session, 'stream.jsonl'),
      stderrPath: join(home, this.session, 'stderr.log'),
      command: '/bin/sh',
      args: ['-c', script, 'agent'],
      cwd,
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', MARK: 'plain value', KEY: 'very-secret-value' },
      secrets: ['KEY'],
      duplex: false,
      ...(container === undefined ? {} : { container }),
      ...more,
    };
  }

  start(spec: RunSpec, executor = this.executor): ReturnType<Executor['start']> {
    return executor.start(spec, never);
  }

  follow(run: RunRef, from = 0, executor = this.executor): { lines: Line[]; end: Promise<TailEnd>; stop: () => void } {
    const lines: Line[] = [];
    const abort = new AbortController();
    const signal = AbortSignal.any([abort.signal, this.#abort.signal]);
    const end = executor.tail(run, from, { onLines: (batch) => void lines.push(...batch), signal });
    this.#tails.add(end);
    return { lines, end, stop: () => abort.abort() };
  }

  async ended(run: RunRef): Promise<RunState> {
    let state: RunState = { state: 'unknown', reason: 'not asked' };
    await until(async () => {
      state = await this.executor.probe(run);
      return state.state !== 'running';
    }, 'the end of the agent');
    return state;
  }

  stream(run: RunRef): Promise<string> {
    return readFile(run.streamPath, 'utf8').catch(() => '');
  }

  /** Ends what the test left. */
  async dispose(): Promise<void> {
    this.#abort.abort();
    await Promise.allSettled(this.#tails);
    const { left } = await this.executor.sweep(this.session, { graceMs: 0 });
    assert.deepEqual(left, [], 'processes are left');
    await this.executor.forget(this.session);
  }
}

export async function until(is: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const begin = performance.now();
  while (!(await is())) {
    assert.ok(performance.now() - begin < patienceMs, `waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export function texts(lines: readonly Line[]): string[] {
  return lines.map(({ text }) => text);
}
