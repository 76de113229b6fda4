/** A data directory, a repository and an engine for one benchmark; removed at the end. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect, type Connection } from '../../src/protocol/client/connect.ts';
import { engineFiles } from '../../src/protocol/client/engine-files.ts';
import { fill } from './churn.ts';

const run = promisify(execFile);
const dist = new URL('../../dist', import.meta.url).pathname;

export class BenchPlace {
  readonly root: string;
  readonly home: string;
  readonly repository: string;
  readonly env: Record<string, string>;
  #connection: Connection | undefined;

  private constructor(root: string) {
    this.root = root;
    this.home = join(root, 'h');
    this.repository = join(root, 'r');
    this.env = {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      HOME: join(root, 'u'),
      TMPDIR: root,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_SYSTEM: '/dev/null',
    };
  }

  /** A repository with `files` small files in folders of 30, and the settings `config` (YAML). */
  static async make(files: number, config: string): Promise<BenchPlace> {
    const place = new BenchPlace(await mkdtemp(join(tmpdir(), 'coppice-bench-')));
    await Promise.all(
      [place.home, place.repository, join(place.root, 'u')].map((path) =>
        mkdir(path, { recursive: true, mode: 0o700 }),
      ),
    );
    await writeFile(join(place.home, 'config.yaml'), config);
    await fill(place.repository, files);
    await place.git('init', '-q', '-b', 'main');
    await place.git('add', '-A');
    await place.git('-c', 'user.name=bench', '-c', 'user.email=bench@localhost', 'commit', '-qm', 'first');
    return place;
  }

  async git(...args: readonly string[]): Promise<string> {
    const { stdout } = await run('git', [...args], { cwd: this.repository, env: this.env, maxBuffer: 2 ** 28 });
    return stdout;
  }

  /** Starts the built engine if none runs. */
  async connect(): Promise<Connection> {
    this.#connection = await connect({
      home: this.home,
      client: 'bench',
      version: '0.1.0',
      launch: { dist, files: engineFiles, entry: 'engine.js', env: this.env },
    });
    return this.#connection;
  }

  async stopEngine(): Promise<void> {
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection === undefined) return;
    await connection.request('engine/stop', { reason: 'benchmark' });
    await connection.closed;
    connection.dispose();
  }

  async remove(): Promise<void> {
    await this.stopEngine();
    // Agents may be at work still.
    await rm(this.root, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  }
}

/** An agent that prints one line and ends: what is left is the engine's own time. */
export const instantAgent = `agents:
  custom:
    instant:
      command: [sh, -c, 'echo started', sh, "{prompt}"]
limits:
  running: 100
  waiting: 1000
`;
