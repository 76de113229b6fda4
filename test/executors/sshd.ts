/** An SSH server of our own: free port, own keys, and a home of its own for whoever logs in. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { SshTarget } from '../../src/executors/ssh/target.ts';
import { sshdProgram } from './install.mjs';
import { until } from './subject.ts';

export class Sshd {
  readonly root = mkdtempSync(join(tmpdir(), 'cop-d-'));
  /** Where sessions on the "other host" have their home. */
  readonly home = join(this.root, 'home');
  readonly knownHosts = join(this.root, 'known_hosts');
  readonly clientKey = join(this.root, 'client');
  readonly port: number;
  #server: ChildProcess | undefined;

  private constructor(port: number) {
    this.port = port;
  }

  static async open(): Promise<Sshd> {
    const server = new Sshd(await freePort());
    mkdirSync(server.home, { mode: 0o700 });
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    server.makeKey('client');
    server.makeKey('host');
    server.trust('host');
    await server.start();
    return server;
  }

  makeKey(name: string, ...more: readonly string[]): string {
    const file = join(this.root, name);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file, ...more]);
    return file;
  }

  /** Makes the user know the host by this key, under a hashed name. */
  trust(name: string): void {
    const [type = '', key = ''] = readFileSync(join(this.root, `${name}.pub`), 'utf8').split(' ');
    writeFileSync(this.knownHosts, `[127.0.0.1]:${this.port} ${type} ${key}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', this.knownHosts], { stdio: 'ignore' });
  }

  async start(hostKey = 'host', authorized = 'client'): Promise<void> {
    const config = join(this.root, 'sshd_config');
    const lines = [
      `Port ${this.port}`,
      'ListenAddress 127.0.0.1',
      `HostKey ${join(this.root, hostKey)}`,
      `AuthorizedKeysFile ${join(this.root, `${authorized}.pub`)}`,
      `PidFile ${join(this.root, 'sshd.pid')}`,
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin yes',
      'LogLevel QUIET',
      `SetEnv HOME=${this.home} SHELL=/bin/sh`,
      'ForceCommand cd "$HOME" && eval "$SSH_ORIGINAL_COMMAND"',
    ];
    writeFileSync(config, `${lines.join('\n')}\n`);
    const server = spawn(sshdProgram() ?? assert.fail('sshd is missing'), ['-D', '-e', '-f', config], {
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    this.#server = server;
    await until(() => {
      assert.equal(server.exitCode, null, 'sshd ended at once');
      try {
        execFileSync('ssh-keyscan', ['-p', String(this.port), '-T', '2', '127.0.0.1'], { stdio: 'ignore' });
        return true;
      } catch {
        return false;
      }
    }, 'sshd');
  }

  /** Kills the server and everybody who is connected, as a crash or a cut line would. */
  async kill(): Promise<void> {
    const server = this.#server;
    if (server?.pid === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server.once('exit', resolve));
    this.cut();
    server.kill('SIGKILL');
    await ended;
  }

  /** Kills the server's side of every connection. Returns how many processes that were. */
  cut(): number {
    const pids = this.#connections();
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // it has ended by itself
      }
    }
    return pids.length;
  }

  /** Stops the server's side of every connection, so that nothing is heard any more. */
  silence(): void {
    for (const pid of this.#connections()) process.kill(pid, 'SIGSTOP');
  }

  /** sshd's own processes below the server; what users run is not among them. */
  #connections(): number[] {
    const table = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,comm='], { encoding: 'utf8' });
    const rows = table.split('\n').map((line) => line.trim().split(/\s+/u));
    const found = new Set([this.#server?.pid]);
    for (let size = 0; size !== found.size;) {
      size = found.size;
      for (const [pid, parent, name] of rows) {
        if (name?.startsWith('sshd') === true && found.has(Number(parent))) found.add(Number(pid));
      }
    }
    found.delete(this.#server?.pid);
    return [...found].flatMap((pid) => pid ?? []);
  }

  target(more: Partial<SshTarget> = {}): SshTarget {
    return {
      name: 'there',
      host: '127.0.0.1',
      port: this.port,
      user: userInfo().username,
      identityFiles: [this.clientKey],
      agent: undefined,
      knownHostsFiles: [this.knownHosts],
      keyName: `[127.0.0.1]:${this.port}`,
      keepAliveSeconds: 0,
      ...more,
    };
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

/** A port that nobody has, of those that the system gives to nobody who does not ask for it: it is used again and again. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 8_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
