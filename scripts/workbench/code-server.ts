import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { endGroup } from './processes.ts';
import { codeServer } from './installation.ts';

/** Settings of the user, as in settings.json. */
export type Settings = Readonly<Record<string, unknown>>;

const startLimitMs = 60_000;

/** How a code-server is started. */
export interface CodeServerOptions {
  /** Folder of its own, in which it keeps what it writes. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly settings?: Settings;
  /** Port of the loopback interface; any that is free unless given. */
  readonly port?: number;
  /** The program of code-server, if it is known. */
  readonly program?: string;
  /** Whether folders are trusted without asking (else VS Code asks as it does on a desktop). */
  readonly trust: boolean;
}

/** A code-server of its own: its settings, extensions and logs are nobody else's. */
export class CodeServer {
  readonly address: string;
  readonly logs: string;
  /** Resolves when it is gone, by itself or stopped. */
  readonly ended: Promise<void>;
  readonly #folder: string;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, address: string, folder: string) {
    this.#process = process;
    this.ended = new Promise((resolve) => void process.once('exit', () => resolve()));
    this.#folder = folder;
    this.address = address;
    this.logs = join(folder, 'data', 'logs');
  }

  /** Where extensions of a code-server in this folder are. */
  static extensionsIn(folder: string): string {
    return join(folder, 'extensions');
  }

  static async start({ folder, env, settings = {}, port = 0, trust, program }: CodeServerOptions): Promise<CodeServer> {
    const data = join(folder, 'data');
    await mkdir(join(data, 'User'), { recursive: true });
    await mkdir(CodeServer.extensionsIn(folder), { recursive: true });
    await writeSettings(data, settings);
    const args = [
      ...['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`],
      ...[
        '--config',
        join(folder, 'code-server.yaml'),
        '--user-data-dir',
        data,
        '--extensions-dir',
        CodeServer.extensionsIn(folder),
      ],
      ...['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'],
      ...(trust ? ['--disable-workspace-trust'] : []),
    ];
    const child = spawn(process.execPath, [program ?? codeServer(), ...args], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    return new CodeServer(child, await addressOf(child), folder);
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Address of a window on a folder, or on none. */
  windowOn(folder: string | undefined): string {
    return folder === undefined ? `${this.address}/?ew=true` : `${this.address}/?folder=${encodeURIComponent(folder)}`;
  }

  /** Changes settings of the user; undefined takes one away. Windows follow within a second or two. */
  async set(settings: Settings): Promise<void> {
    const data = join(this.#folder, 'data');
    const present = JSON.parse(await readFile(settingsIn(data), 'utf8')) as Settings; // VS Code writes there, too
    await writeSettings(data, { ...present, ...settings });
  }

  /** Ends it and all that it started. */
  async stop(): Promise<void> {
    await endGroup(this.#process);
  }
}

function settingsIn(data: string): string {
  return join(data, 'User', 'settings.json');
}

async function writeSettings(data: string, settings: Settings): Promise<void> {
  await writeFile(settingsIn(data), JSON.stringify(settings, undefined, 2));
}

/** Waits until it says where it listens. */
async function addressOf(child: ChildProcess): Promise<string> {
  let printed = '';
  const found = new Promise<string>((resolve, reject) => {
    const hear = (text: string): void => {
      printed += text;
      const address = /HTTP server listening on (http:\/\/[\d.]+:\d+)/.exec(printed)?.[1];
      if (address !== undefined) resolve(address);
    };
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', hear);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`code-server ended with ${String(code)}:\n${printed}`)));
    setTimeout(() => reject(new Error(`code-server did not listen:\n${printed}`)), startLimitMs).unref();
  });
  try {
    return await found;
  } catch (error) {
    await endGroup(child);
    throw error;
  }
}

/** Text of a log file; empty when there is none. */
export async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
