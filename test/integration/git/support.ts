import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { access, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { createDoor, type DoorOptions, type GitLogEntry } from '../../../src/git/door.ts';
import type { ConfigEntry } from '../../../src/git/environment.ts';
import { locateRepository } from '../../../src/git/locate.ts';
import type { Owner } from '../../../src/git/owner.ts';
import { openRepository, type Repository } from '../../../src/git/repository.ts';

const execFileAsync = promisify(execFile);

/** A temporary folder with a home of its own; `clean` removes it. */
export class Sandbox {
  readonly dir: string;
  readonly env: Record<string, string>;
  readonly log: GitLogEntry[] = [];

  private constructor(dir: string) {
    this.dir = dir;
    this.env = {
      PATH: process.env['PATH'] ?? '',
      HOME: join(dir, 'home'),
      GIT_CONFIG_GLOBAL: join(dir, 'home', 'gitconfig'),
      GIT_CONFIG_SYSTEM: '/dev/null',
    };
  }

  #run = 1;

  /** The engine that the tests are: one data directory, run after run. */
  get owner(): Owner {
    const startTime = String(this.#run);
    return {
      mark: { id: 'engine-1', host: 'host-1', bootId: 'boot-1', pid: process.pid, startTime },
      probe: () => Promise.resolve('alive'),
      gits: () => Promise.resolve([]),
      orphans: () => Promise.resolve([]),
    };
  }

  /** As if the engine had ended and another one had started with the same data directory. */
  laterEngine(): void {
    this.#run += 1;
  }

  static async make(): Promise<Sandbox> {
    const sandbox = new Sandbox(await realpath(await mkdtemp(join(tmpdir(), 'coppice-git-'))));
    await sandbox.#fill();
    return sandbox;
  }

  /** As it was when it was made, at the same path. */
  async renew(): Promise<void> {
    await rm(this.dir, { recursive: true });
    await mkdir(this.dir);
    await this.#fill();
  }

  async #fill(): Promise<void> {
    await mkdir(join(this.dir, 'home'));
    await writeFile(join(this.dir, 'home', 'gitconfig'), '[user]\n\tname = A Person\n\temail = person@example.org\n');
  }

  async clean(): Promise<void> {
    await rm(this.dir, { recursive: true, force: true });
  }

  path(...parts: string[]): string {
    return join(this.dir, ...parts);
  }

  get root(): string {
    return this.path('worktrees');
  }

  /** Plain git as a person or an agent would run it; throws on failure. */
  async git(cwd: string, ...args: string[]): Promise<string> {
    const { stdout } = await execFileAsync('git', args, { cwd, env: this.env, maxBuffer: 64 * 1024 * 1024 });
    return stdout.replace(/\n$/, '');
  }

  /** As `git`, without throwing. */
  async tryGit(cwd: string, ...args: string[]): Promise<void> {
    await this.git(cwd, ...args).catch(() => undefined);
  }

  /** Puts a shell script before the real git (`$real`), for those who open a repository from here on. */
  async gitInFront(script: string): Promise<void> {
    const path = this.env['PATH'] ?? '';
    const folders = path.split(delimiter).map((folder) => join(folder, 'git'));
    const real = folders.find((each) => existsSync(each));
    if (real === undefined) throw new Error('git is not installed.');
    await mkdir(this.path('bin'));
    await writeFile(this.path('bin', 'git'), `#!/bin/sh\nreal='${real}'\n${script}\nexec "$real" "$@"\n`, {
      mode: 0o755,
    });
    this.env['PATH'] = `${this.path('bin')}${delimiter}${path}`;
  }

  /** A repository with one commit on `main`. */
  async repository(
    name = 'project',
    files: Record<string, string> = { 'README.md': 'hello\n', 'src/a.txt': 'one\n' },
  ): Promise<string> {
    const path = this.path(name);
    await mkdir(path, { recursive: true });
    await this.git(path, 'init', '-q', '-b', 'main', '--template=');
    await mkdir(join(path, '.git', 'hooks'));
    await this.write(path, files);
    await this.git(path, 'add', '-A');
    await this.git(path, 'commit', '-q', '-m', 'first');
    return path;
  }

  async write(root: string, files: Record<string, string>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(root, name)), { recursive: true });
      await writeFile(join(root, name), text);
    }
  }

  door(options: Partial<DoorOptions> = {}) {
    return createDoor({ env: this.env, log: (entry) => this.log.push(entry), ...options });
  }

  async open(path: string, confirmed: readonly ConfigEntry[] = []): Promise<Repository> {
    const location = await locateRepository(path);
    const privateDir = this.path('private');
    return openRepository(location, { door: this.door(), env: this.env, privateDir, confirmed, owner: this.owner });
  }
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Until the process that wrote its pid to a file has ended; one that nobody collects has ended, too. */
export async function endOf(pidFile: string): Promise<void> {
  const pid = Number(await readFile(pidFile, 'utf8'));
  const lives = (): boolean => {
    try {
      process.kill(pid, 0);
      return !existsSync('/proc/self/stat') || !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    } catch {
      return false;
    }
  };
  const end = performance.now() + 30_000;
  while (lives()) {
    if (performance.now() > end) throw new Error(`Process ${pid} of ${pidFile} goes on.`);
    await sleep(10);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
