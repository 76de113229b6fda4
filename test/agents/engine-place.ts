/** An engine from the sources, a trusted repository, and the real Claude Code on a scripted model. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect, type Connection } from '../../src/protocol/client/connect.ts';
import type { SessionDetail } from '../../src/protocol/schemas.ts';
import { claudeProgram } from './claude-run.ts';

const engineProgram = fileURLToPath(new URL('../../src/engine/main.ts', import.meta.url));
/** Longest that anything may take on a busy machine. */
const patienceMs = 90_000;

export class EnginePlace {
  readonly root = mkdtempSync(join(tmpdir(), 'cop-'));
  readonly home = join(this.root, 'h');
  readonly repository = join(this.root, 'r');
  readonly env: Record<string, string>;
  #engine: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #connection: Connection | undefined;

  private constructor(url: string) {
    this.env = {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      HOME: join(this.root, 'u'),
      TMPDIR: this.root,
      COPPICE_HOME: this.home,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_SYSTEM: '/dev/null',
      ANTHROPIC_BASE_URL: url,
      // The engine runs from the sources, so what it runs counts. Agents get an allow-list and never see this.
      ...(process.env['NODE_V8_COVERAGE'] === undefined ? {} : { NODE_V8_COVERAGE: process.env['NODE_V8_COVERAGE'] }),
    };
  }

  /** `args` are added to Claude Code's own, `settings` to those of the engine. */
  static async make(
    url: string,
    args: readonly string[] = [],
    settings: Readonly<Record<string, unknown>> = {},
  ): Promise<EnginePlace> {
    const place = new EnginePlace(url);
    for (const path of [place.home, place.repository, join(place.root, 'u')]) mkdirSync(path, { mode: 0o700 });
    const claude = { command: await claudeProgram(), maxRetries: 0, args };
    writeFileSync(
      join(place.home, 'config.yaml'),
      JSON.stringify({
        limits: { running: 20 },
        session: { restarts: 0 },
        budget: { billing: 'metered' },
        agents: { 'claude-code': claude },
        ...settings,
      }),
    );
    place.git('init', '-q', '-b', 'main');
    writeFileSync(join(place.repository, 'README.md'), 'read me\n');
    place.git('add', '-A');
    place.git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '-qm', 'first');
    await place.start();
    await place.engine.request('trust/grant', { path: place.repository, host: true });
    return place;
  }

  git(...args: readonly string[]): string {
    return execFileSync('git', [...args], { cwd: this.repository, env: this.env, encoding: 'utf8' });
  }

  get engine(): Connection {
    return this.#connection ?? assert.fail('the engine is not connected');
  }

  async start(): Promise<void> {
    this.#engine = spawn(process.execPath, [engineProgram], { env: this.env, stdio: 'ignore' });
    const engine = this.#engine;
    this.#ended = new Promise((resolve) => engine.once('exit', resolve));
    await until(async () => {
      try {
        this.#connection = await connect({
          home: this.home,
          client: 'test',
          version: '0.0.0-source',
          secrets: ({ names }) =>
            Promise.resolve({ values: Object.fromEntries(names.map((name) => [name, 'dummy-key-1'])) }),
        });
        return true;
      } catch {
        return undefined;
      }
    }, 'the engine is up');
  }

  async kill(): Promise<void> {
    this.#engine?.kill('SIGKILL');
    await this.#ended;
    this.#connection?.dispose();
    this.#connection = undefined;
  }

  /** `settings` of the shell that starts it, as variables. */
  async run(prompt: string, settings: Readonly<Record<string, string>> = {}): Promise<string> {
    const { session } = await this.engine.request('session/create', {
      path: this.repository,
      prompt,
      requester: { ...this.requester, settings: { ...settings } },
    });
    return session?.id ?? assert.fail('the session was refused');
  }

  async continue(session: string, prompt: string, steer = false): Promise<void> {
    await this.engine.request('session/continue', { session, prompt, steer, requester: this.requester });
  }

  get requester(): { env: Record<string, string>; secrets: Record<string, string> } {
    return { env: this.env, secrets: { ANTHROPIC_API_KEY: 'dummy-key-1' } };
  }

  show(session: string): Promise<SessionDetail> {
    return this.engine.request('session/show', { session });
  }

  /** The session once it is so. */
  async when(session: string, is: (detail: SessionDetail) => boolean, what: string): Promise<SessionDetail> {
    let last: SessionDetail | undefined;
    return until(
      async () => {
        last = await this.show(session);
        return is(last) ? last : undefined;
      },
      () => `${what}; it is ${JSON.stringify(last)}`,
    );
  }

  /** The session when its work has ended. */
  ended(session: string): Promise<SessionDetail> {
    return this.when(
      session,
      ({ status }) => ['reported', 'failed', 'interrupted', 'cancelled'].includes(status),
      'the work has ended',
    );
  }

  needs(session: string): Promise<SessionDetail> {
    return this.when(session, ({ status, needs }) => status === 'needs-you' && needs.length > 0, 'it asks');
  }

  /** `git diff` of the session's branch against where it began: names with their content. */
  changes({ branch }: SessionDetail): Record<string, string> {
    const names = this.git('diff', '--name-only', `main...${branch ?? ''}`)
      .split('\n')
      .filter((name) => name !== '');
    return Object.fromEntries(names.map((name) => [name, this.git('show', `${branch ?? ''}:${name}`)]));
  }

  /** Ends what is at work, then the engine. */
  async stop(): Promise<void> {
    if (this.#connection === undefined) return;
    const { sessions } = await this.engine.request('session/list', { which: 'active' });
    for (const { id } of sessions) await this.engine.request('session/cancel', { session: id });
    for (const { id } of sessions) await this.ended(id);
    await this.engine.request('engine/stop', { reason: 'the test has ended' });
    await this.#ended;
    this.#connection.dispose();
    this.#connection = undefined;
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** Asks again and again until there is an answer. */
export async function until<T>(ask: () => Promise<T | undefined>, what: string | (() => string)): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > deadline) assert.fail(`Waited in vain until ${typeof what === 'string' ? what : what()}`);
    await delay(60);
  }
}
