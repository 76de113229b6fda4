import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { connect, type Connection, type ConnectOptions } from '../../../src/protocol/client/connect.ts';
import type { LaunchPlan } from '../../../src/protocol/client/launch.ts';
import { stayConnected, type Live, type LiveOptions } from '../../../src/protocol/client/reconnecting.ts';
import type { Toy } from './toy-engine.ts';

const here = import.meta.dirname;

/** A data directory and a place for sockets of its own, and every engine process that was started for it. */
export class Workbench {
  readonly root: string;
  /** The data directory. */
  readonly home: string;
  readonly runtime: string;
  readonly #open: (Connection | Live)[] = [];
  readonly #children: ChildProcess[] = [];

  private constructor(root: string, home: string) {
    this.root = root;
    this.home = home;
    this.runtime = join(root, 'x');
  }

  static async open(home = 'h'): Promise<Workbench> {
    const root = await realpath(await mkdtemp(join(tmpdir(), 'ep-')));
    const bench = new Workbench(root, join(root, home));
    await mkdir(bench.runtime, { mode: 0o700 });
    await bench.ship('');
    return bench;
  }

  /** Makes the program that is shipped: the toy engine, with something in front of it. */
  async ship(before: string, dist = 'dist'): Promise<void> {
    const toy = pathToFileURL(join(here, 'toy-engine.ts')).href;
    await mkdir(join(this.root, dist), { recursive: true });
    await writeFile(join(this.root, dist, 'engine.js'), `${before}\nimport(${JSON.stringify(toy)});\n`);
    await writeFile(join(this.root, dist, 'run.sh'), '#!/bin/sh\n');
    await chmod(join(this.root, dist, 'run.sh'), 0o755);
  }

  /** Makes a build whose engine says its name, and has a file that it reads only when it is told `late`. */
  async shipBuild(name: string): Promise<void> {
    await this.ship(`globalThis.toyBuild = ${JSON.stringify(name)};`, name);
    await writeFile(join(this.root, name, 'late.js'), `export const build = ${JSON.stringify(name)};\n`);
  }

  /** How the engine of such a build is started. */
  planOf(build: string): LaunchPlan {
    return { ...this.plan(), dist: join(this.root, build), files: ['engine.js', 'run.sh', 'late.js'] };
  }

  plan(toy: Toy = {}, env: NodeJS.ProcessEnv = {}): LaunchPlan {
    const coverage = process.env['NODE_V8_COVERAGE'];
    return {
      ...{ dist: join(this.root, 'dist'), files: ['engine.js', 'run.sh'], entry: 'engine.js' },
      env: { PATH: process.env['PATH'], HOME: this.root, XDG_RUNTIME_DIR: this.runtime, TMPDIR: this.root, ...env },
      extraEnv: {
        TOY: JSON.stringify(toy),
        ...(coverage !== undefined && { NODE_V8_COVERAGE: coverage, NODE_DISABLE_COMPILE_CACHE: '1' }),
      },
    };
  }

  options(more: Partial<ConnectOptions> = {}): ConnectOptions {
    return { home: this.home, client: 'test', version: '1.0.0', launch: this.plan(), timeoutMs: 40_000, ...more };
  }

  async connect(more: Partial<ConnectOptions> = {}): Promise<Connection> {
    const connection = await connect(this.options(more));
    this.#open.push(connection);
    return connection;
  }

  stay(more: Partial<LiveOptions> & Pick<LiveOptions, 'onRecords'>): Live {
    const live = stayConnected({ ...this.options(), from: 1, backOff: { firstMs: 10, longestMs: 100 }, ...more });
    this.#open.push(live);
    return live;
  }

  /** Runs a program of this folder and resolves to what it printed, as JSON. */
  async run(program: string, input: unknown): Promise<unknown> {
    const child = this.child(program, input);
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
    const [code] = (await once(child, 'close')) as [number | null];
    assert.equal(code, 0, output);
    return JSON.parse(output);
  }

  child(program: string, input: unknown): ChildProcess {
    const child = spawn(process.execPath, [join(here, program), JSON.stringify(input)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, XDG_RUNTIME_DIR: this.runtime },
    });
    this.#children.push(child);
    return child;
  }

  logPath(): string {
    return join(this.home, 'engine', 'engine.log');
  }

  log(): string {
    return existsSync(this.logPath()) ? readFileSync(this.logPath(), 'utf8') : '';
  }

  /** Processes that wrote that line to the log. */
  pidsThat(text: string): number[] {
    return this.log()
      .split('\n')
      .filter((line) => line.startsWith('{') && line.includes(text))
      .map((line) => (JSON.parse(line) as { pid: number }).pid);
  }

  /** Waits until a number of engines have said that they are up, which they do a moment after they can be reached; there are no more. */
  async enginesUp(count: number): Promise<void> {
    const up = (): number => this.pidsThat('the engine is up').length;
    await until(() => up() >= count, `${count} engine(s) that are up`);
    assert.equal(up(), count);
  }

  /** Every process that was started for this data directory and is still there. */
  alive(): number[] {
    const logged = [...this.log().matchAll(/^\{[^\n]*?"pid":(\d+)/gm)].map((match) => Number(match[1]));
    const pids = new Set(existsSync('/proc/self/environ') ? listed() : logged);
    return [...pids].filter((pid) => isAlive(pid) && environmentOf(pid).includes(`COPPICE_HOME=${this.home}\0`));
  }

  async close(): Promise<void> {
    for (const each of this.#open) await each.dispose();
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        child.kill('SIGKILL');
        await once(child, 'exit');
      }),
    );
    for (let left = this.alive(); left.length > 0; left = this.alive()) {
      for (const pid of left) process.kill(pid, 'SIGKILL');
      await Promise.all(left.map((pid) => ended(pid)));
    }
    await rm(this.root, { recursive: true });
  }
}

function listed(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid));
}

/** Whether a process runs; one that has ended and was not collected does not. */
export function isAlive(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX] /s.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}

export async function ended(pid: number, ms = 60_000): Promise<void> {
  await until(() => !isAlive(pid), `the end of process ${pid}`, ms);
}

export async function until(condition: () => boolean, what: string, ms = 60_000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!condition()) {
    assert.ok(performance.now() < deadline, `waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export async function addressOf(
  home: string,
): Promise<{ pid: number; socket: string; nonce: string; version: string }> {
  return JSON.parse(await readFile(join(home, 'engine.json'), 'utf8')) as Awaited<ReturnType<typeof addressOf>>;
}
