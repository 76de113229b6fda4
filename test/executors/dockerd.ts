/** A Docker Engine: the one that is there, else one of our own; and an image that is made from what this machine has. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { socketOf } from '../../src/executors/docker/daemon.ts';
import { until } from './subject.ts';

const imageScript = fileURLToPath(new URL('./make-image.sh', import.meta.url));

export class Dockerd {
  readonly root = mkdtempSync(join(tmpdir(), 'cop-k-'));
  readonly socketPath: string;
  readonly image = 'coppice-test:latest';
  readonly #own: boolean;
  #server: ChildProcess | undefined;

  private constructor() {
    const there = socketOf(process.env);
    this.#own = !answers(there);
    this.socketPath = this.#own ? join(this.root, 'd.sock') : there;
  }

  /** `node`: whether the image has one, which makes it four times as large. */
  static async open({ node = true }: { readonly node?: boolean } = {}): Promise<Dockerd> {
    const daemon = new Dockerd();
    if (daemon.#own) await daemon.start();
    execFileSync('sh', [imageScript, join(daemon.root, 'image.tar'), ...(node ? [process.execPath] : [])], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    daemon.docker('import', '--change', 'ENV PATH=/usr/bin:/bin', join(daemon.root, 'image.tar'), daemon.image);
    return daemon;
  }

  docker(...args: readonly string[]): string {
    return execFileSync('docker', ['-H', `unix://${this.socketPath}`, ...args], { encoding: 'utf8', stdio: 'pipe' });
  }

  /** Whether the daemon is ours, so that it may be stopped. */
  get own(): boolean {
    return this.#own;
  }

  async start(): Promise<void> {
    const log = openSync(join(this.root, 'log'), 'a', 0o600);
    const args = [
      ...['--host', `unix://${this.socketPath}`, '--data-root', join(this.root, 'data')],
      ...['--exec-root', join(this.root, 'exec'), '--pidfile', join(this.root, 'pid')],
      // A network of its own would take away that of another daemon.
      ...['--bridge=none', '--iptables=false', '--ip6tables=false', '--live-restore'],
    ];
    // A daemon that finds its containerd slow to answer has it write its stacks to the folder of temporary files.
    const env = { ...process.env, TMPDIR: this.root };
    const server = spawn('dockerd', args, { env, stdio: ['ignore', log, log] });
    closeSync(log);
    this.#server = server;
    await until(() => {
      assert.equal(
        server.exitCode,
        null,
        `dockerd ended: ${readFileSync(join(this.root, 'log'), 'utf8').slice(-2000)}`,
      );
      return answers(this.socketPath);
    }, 'dockerd');
  }

  /** Ends a daemon of our own; containers go on. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
  }

  async dispose(): Promise<void> {
    const ids = this.docker('ps', '-aq', '--filter', 'label=coppice')
      .split('\n')
      .filter((id) => id !== '');
    if (this.#own && ids.length > 0) this.docker('rm', '-f', ...ids);
    this.docker('rmi', '-f', this.image);
    await this.stop();
    // What a daemon that was restarted left mounted.
    const mounts = readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '');
    for (const path of mounts.filter((each) => each.startsWith(`${this.root}/`))) execFileSync('umount', ['-l', path]);
    rmSync(this.root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

function answers(socket: string): boolean {
  try {
    const format = ['version', '--format', '{{.Server.Version}}'];
    execFileSync('docker', ['-H', `unix://${socket}`, ...format], { stdio: 'ignore', timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}
