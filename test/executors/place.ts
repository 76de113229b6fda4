/** A repository, a data directory and a real engine from the sources, for sessions on executors. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import { connect, type Connection } from '../../src/protocol/client/connect.ts';
import type { ParamsOf, Requests } from '../../src/protocol/contract.ts';
import type { SessionDetail } from '../../src/protocol/schemas.ts';
import { until } from './subject.ts';

const engineProgram = fileURLToPath(new URL('../../src/engine/main.ts', import.meta.url));
const carryingProgram = fileURLToPath(new URL('./engine-program.ts', import.meta.url));
const carriedSources = fileURLToPath(new URL('../../src/agents', import.meta.url));
const cliProgram = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

export interface PlaceOptions {
  /** Settings for `config.yaml`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Programs of ours go along with agents to other executors: they are made one file each, as a build does. */
  readonly carries?: boolean;
  /** Laid over the environment of engine and shell. */
  readonly env?: (root: string) => Readonly<Record<string, string>>;
}

export class Place {
  readonly root = mkdtempSync(join(tmpdir(), 'cop-p-'));
  readonly home = join(this.root, 'h');
  readonly userHome = join(this.root, 'u');
  readonly repository = join(this.root, 'r');
  readonly env: Record<string, string>;
  readonly #carried: string | undefined;
  #engine: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #connection: Connection | undefined;

  constructor({ config = {}, carries = false, env }: PlaceOptions = {}) {
    this.#carried = carries ? join(this.root, 'carried') : undefined;
    this.env = {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      HOME: this.userHome,
      TMPDIR: this.root,
      COPPICE_HOME: this.home,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_SYSTEM: '/dev/null',
      ...env?.(this.root),
      ...(process.env['NODE_V8_COVERAGE'] === undefined ? {} : { NODE_V8_COVERAGE: process.env['NODE_V8_COVERAGE'] }),
    };
    for (const path of [this.home, this.repository, this.userHome]) mkdirSync(path, { mode: 0o700 });
    writeFileSync(join(this.home, 'config.yaml'), JSON.stringify({ stop: { graceSeconds: 2 }, ...config }));
    this.git('init', '-q', '-b', 'main');
    writeFileSync(join(this.repository, 'README.md'), 'read me\n');
    this.git('add', '-A');
    this.git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '-qm', 'first');
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', [...args], { cwd: this.repository, env: this.env, encoding: 'utf8' });
  }

  get engine(): Connection {
    return this.#connection ?? assert.fail('the engine is not connected');
  }

  async start(): Promise<void> {
    const carried = this.#carried;
    if (carried !== undefined && !existsSync(carried)) {
      const how = { bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'warning' } as const;
      const entryPoints = Object.fromEntries(
        ['acp', 'help'].map((name) => [name, join(carriedSources, name, 'program', 'main.ts')]),
      );
      await esbuild.build({ entryPoints, outdir: carried, outExtension: { '.js': '.mjs' }, ...how });
    }
    const program = carried === undefined ? engineProgram : carryingProgram;
    const env = carried === undefined ? this.env : { ...this.env, COPPICE_TEST_CARRIED: carried };
    const engine = spawn(process.execPath, [program], { env, stdio: 'ignore' });
    this.#engine = engine;
    this.#ended = new Promise((resolve) => engine.once('exit', resolve));
    await until(async () => {
      try {
        this.#connection = await connect({ home: this.home, client: 'test', version: '0.0.0-source' });
        return true;
      } catch {
        return false;
      }
    }, 'the engine');
    await this.engine.request('trust/grant', { path: this.repository, host: true });
  }

  /** As a crash would. */
  async kill(): Promise<void> {
    this.#engine?.kill('SIGKILL');
    await this.#ended;
    this.#connection?.dispose();
    this.#connection = undefined;
  }

  /** The command line, as a person at a shell without a terminal uses it. */
  cli(...args: readonly string[]): { code: number; stdout: string; stderr: string } {
    try {
      const options = {
        cwd: this.repository,
        env: this.env,
        encoding: 'utf8',
        stdio: 'pipe',
        timeout: 150_000,
      } as const;
      return { code: 0, stdout: execFileSync(process.execPath, [cliProgram, ...args], options), stderr: '' };
    } catch (error) {
      const { status, stdout, stderr } = error as { status: number | null; stdout: string; stderr: string };
      return { code: status ?? -1, stdout, stderr };
    }
  }

  async run(prompt: string, more: Partial<ParamsOf<Requests, 'session/create'>>): Promise<string> {
    const requester = { env: this.env, secrets: {} };
    const asked = { path: this.repository, prompt, agent: 'demo', requester, ...more };
    const { session } = await this.engine.request('session/create', asked);
    return session?.id ?? assert.fail('the session was refused');
  }

  async continue(session: string, prompt: string): Promise<void> {
    await this.engine.request('session/continue', { session, prompt, requester: { env: this.env, secrets: {} } });
  }

  async when(session: string, is: (detail: SessionDetail) => boolean, what: string): Promise<SessionDetail> {
    let last: SessionDetail | undefined;
    await until(async () => {
      last = await this.engine.request('session/show', { session });
      return is(last);
    }, what).catch((error: unknown) => {
      throw new Error(`${String(error)}; it is ${JSON.stringify(last)}`);
    });
    return last ?? assert.fail();
  }

  /** The session when its work has ended. */
  ended(session: string): Promise<SessionDetail> {
    const over = ['reported', 'failed', 'interrupted', 'cancelled'];
    return this.when(session, ({ status }) => over.includes(status), 'the end of the work');
  }

  /** How an agent asked for help; it is answered, and asks no second time. What it asked with is nowhere in its work. */
  async helped(session: string): Promise<string> {
    const { needs } = await this.when(session, (each) => each.needs.length > 0, 'it asks for help');
    await this.engine.request('session/answer', { session, answer: { choice: 'deny', reason: 'write' } });
    await this.when(session, ({ turns, needs: [next] }) => turns === 2 && next?.kind === 'permission', 'it goes on');
    await this.engine.request('session/answer', { session, answer: { choice: 'allow' } });
    const ended = await this.ended(session);
    assert.equal(ended.status, 'reported', JSON.stringify(ended));
    assert.equal(this.changes(ended)['made.txt'], 'made\n');
    assert.deepEqual(
      Object.keys(this.changes(ended)).filter((name) => name.startsWith('.coppice')),
      [],
    );
    return needs[0]?.title ?? '';
  }

  /** What the branch of a session changed against main: names with their content. */
  changes({ branch }: Pick<SessionDetail, 'branch'>): Record<string, string> {
    const names = this.git('diff', '-z', '--diff-filter=d', '--name-only', `main...${branch ?? ''}`).split('\0');
    return Object.fromEntries(
      names.filter((name) => name !== '').map((name) => [name, this.git('show', `${branch ?? ''}:${name}`)]),
    );
  }

  /** Commits files of these contents on main. */
  commit(message: string, files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(this.repository, name)), { recursive: true });
      writeFileSync(join(this.repository, name), text);
    }
    this.git('add', ...Object.keys(files));
    this.git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '-qm', message);
  }

  /** Ends what is at work, then the engine, and removes everything. */
  async remove(): Promise<void> {
    if (this.#connection !== undefined) {
      const { sessions } = await this.engine.request('session/list', { which: 'active' });
      for (const { id } of sessions) await this.engine.request('session/cancel', { session: id });
      for (const { id } of sessions) await this.ended(id);
      await this.engine.request('engine/stop', { reason: 'the test has ended' });
      await this.#ended;
      this.#connection.dispose();
    }
    rmSync(this.root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}
