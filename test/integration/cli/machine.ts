import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const builtCli = fileURLToPath(new URL('../../../dist/cli.js', import.meta.url));

export interface Ran {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Row {
  readonly id: string;
  readonly status: string;
  readonly executor?: string;
  readonly prompt: string;
  readonly worktree: string | null;
  readonly branch: string | null;
  readonly position?: number;
}

interface Options {
  readonly cwd?: string;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A command line that runs, and what it has printed so far. */
export class Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ran>;
  stdout = '';
  stderr = '';
  /** It has ended, and all that it printed is here. */
  #closed = false;

  constructor(process: ChildProcess) {
    this.process = process;
    process.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve, reject) => {
      process.once('error', reject);
      process.once('close', (exit) => {
        this.#closed = true;
        resolve({ exit, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  /** Waits until it has printed something that fits. */
  async until(pattern: RegExp, timeoutMs = 60_000): Promise<void> {
    await waitFor(() => pattern.test(`${this.stdout}${this.stderr}`) || this.#closed, timeoutMs);
    if (pattern.test(`${this.stdout}${this.stderr}`)) return;
    throw new Error(`It printed no ${String(pattern)}:\n${this.stdout}\n${this.stderr}`);
  }
}

export async function waitFor(holds: () => boolean | Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`It never came to be: ${String(holds)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Whether a process runs; one that has ended and was not collected does not. */
function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

/** A machine of its own: home, data directory and one repository with a commit. */
export class Machine {
  readonly root: string;
  readonly repo: string;
  /** The command line's program; the one of this clone unless another is set. */
  cli = builtCli;
  /** The environment of its programs. */
  readonly env: NodeJS.ProcessEnv;
  /** The data directory. */
  readonly home: string;
  readonly #mounts: string[] = [];
  readonly #running = new Set<ChildProcess>();

  private constructor(root: string, repo: string) {
    this.root = root;
    this.repo = repo;
    this.home = join(root, 'home', '.coppice');
    this.env = {
      PATH: process.env['PATH'],
      HOME: join(root, 'home'),
      COPPICE_HOME: this.home,
      XDG_RUNTIME_DIR: join(root, 'r'),
      TMPDIR: join(root, 't'),
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_SYSTEM: '/dev/null',
      LANG: 'C.UTF-8',
    };
  }

  /**
   * `fill` makes the repository in the empty folder that it gets; without it, it is one with a file and a commit. `name` is what
   * its folder is called.
   */
  static async make(fill?: (folder: string) => Promise<void>, name = 'repo'): Promise<Machine> {
    const root = await realpath(await mkdtemp(join(tmpdir(), 'c-')));
    for (const folder of ['home', 'r', 't', name]) await mkdir(join(root, folder), { mode: 0o700 });
    const machine = new Machine(root, join(root, name));
    if (fill !== undefined) {
      await fill(machine.repo);
      return machine;
    }
    await machine.git('init', '-q', '-b', 'main');
    await writeFile(join(machine.repo, 'README.md'), 'A repository.\n');
    await machine.git('add', '.');
    await machine.git('-c', 'user.name=A', '-c', 'user.email=a@example.org', 'commit', '-q', '-m', 'First');
    return machine;
  }

  async git(...args: string[]): Promise<string> {
    return (await run('git', args, { cwd: this.repo, env: this.env })).stdout;
  }

  /** A small disk at a path that is made. False where the system lets nobody mount one, which is told. */
  async disk(path: string, size: string): Promise<boolean> {
    await mkdir(path, { recursive: true, mode: 0o700 });
    return this.#mount(path, ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', path]);
  }

  /** Lets a folder be read only, whoever asks. False where the system lets nobody do so, which is told. */
  async freeze(path: string): Promise<boolean> {
    if (!(await this.#mount(path, ['--bind', path, path]))) return false;
    const remount = async (): Promise<boolean> => {
      try {
        await run('mount', ['-o', 'remount,bind,ro', path]);
        return true;
      } catch {
        // Who opened a file to write through it keeps it busy for as long as that stays open: another mount is not.
        await run('umount', ['-l', path]);
        await run('mount', ['--bind', path, path]);
        return false;
      }
    };
    await waitFor(remount);
    return true;
  }

  async #mount(path: string, args: readonly string[]): Promise<boolean> {
    try {
      await run('mount', args);
    } catch (error) {
      process.stdout.write(`      NOT TESTED: this system lets nobody mount (${String(error).split('\n', 1)[0]})\n`);
      return false;
    }
    this.#mounts.push(path);
    return true;
  }

  async unmount(path: string): Promise<void> {
    this.#mounts.splice(this.#mounts.lastIndexOf(path), 1);
    await run('umount', ['-l', path]);
  }

  /** Begins a command line. */
  begin(args: readonly string[], options: Options = {}): Running {
    return this.#spawn(process.execPath, [this.cli, ...args], options);
  }

  /** Begins a command line on a terminal of its own; what a person types goes to its standard input. */
  onTerminal(args: readonly string[], options: Options = {}): Running {
    const words = [process.execPath, this.cli, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
    const how = process.platform === 'darwin' ? ['-q', '/dev/null', 'sh', '-c', words] : ['-qec', words, '/dev/null'];
    return this.#spawn('script', how, { ...options, env: { TERM: 'xterm', NO_COLOR: '1', ...options.env } });
  }

  #spawn(command: string, args: readonly string[], { cwd = this.repo, stdin, env }: Options): Running {
    const child = spawn(command, args, { cwd, env: { ...this.env, ...env }, stdio: 'pipe' });
    this.#running.add(child);
    child.once('close', () => this.#running.delete(child));
    if (command !== 'script') child.stdin.end(stdin ?? '');
    return new Running(child);
  }

  /** Runs a command line to its end. */
  async coppice(args: readonly string[], options: Options = {}): Promise<Ran> {
    return this.begin(args, options).ended;
  }

  /** Runs a command line that has to succeed and gives what it prints as JSON. */
  async json<T>(...args: string[]): Promise<T> {
    const { exit, stdout, stderr } = await this.coppice([...args, '--json']);
    if (exit !== 0) throw new Error(`coppice ${args.join(' ')} ended with ${exit}: ${stderr}`);
    return JSON.parse(stdout) as T;
  }

  /**
   * Sets up the agent `gated`, which says a few words, and at the open gate some more and writes a line. Gives what opens the
   * gate. For the tests that look at a session, or do something to it, while it runs.
   */
  async gate(): Promise<() => Promise<void>> {
    const gate = join(this.root, 'gate');
    const script = `for word in a b c; do echo "$word"; done
      while [ ! -e '${gate}' ]; do sleep 0.05; done; for word in d e f; do echo "$word"; done; echo work >>work.txt`;
    const command = JSON.stringify(['/bin/sh', '-c', script, 'gated', '{prompt}']);
    await mkdir(this.home, { recursive: true, mode: 0o700 });
    await writeFile(join(this.home, 'config.yaml'), `agents:\n  custom:\n    gated:\n      command: ${command}\n`);
    await this.coppice(['engine', 'stop']);
    await this.coppice(['trust', '--host']);
    return () => writeFile(gate, '');
  }

  /** Kills the engine that runs. Gives its pid. */
  async killEngine(): Promise<number> {
    const { pid } = await this.json<{ pid: number | null }>('engine', 'status');
    assert.ok(pid !== null, 'no engine runs');
    process.kill(pid, 'SIGKILL');
    await waitFor(() => !lives(pid));
    return pid;
  }

  async sessions(): Promise<Row[]> {
    return this.json<Row[]>('session', 'list');
  }

  async status(id: string): Promise<string | undefined> {
    return (await this.sessions()).find((session) => session.id === id)?.status;
  }

  /** Ends all that was begun: command lines, agents, the engine. Takes the folders away. */
  async dispose(): Promise<void> {
    await Promise.all(
      [...this.#running].map((child) => {
        const closed = once(child, 'close');
        child.kill('SIGKILL');
        return closed;
      }),
    );
    const { exit, stdout } = await this.coppice(['engine', 'status', '--json']);
    const { running, pid } = (exit === 0 ? JSON.parse(stdout) : {}) as { running?: boolean; pid?: number | null };
    if (running === true) {
      for (const { id } of await this.json<Row[]>('session', 'list', '--active'))
        await this.coppice(['session', 'cancel', id]);
      await this.coppice(['engine', 'stop']);
      await waitFor(() => !lives(pid ?? assert.fail())); // what it writes at its end is in nobody's way then
    }
    for (const path of [...this.#mounts].reverse()) await this.unmount(path);
    await rm(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}
