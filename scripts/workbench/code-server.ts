import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeServer, runs } from './installation.ts';
import { dataIn, extensionsIn } from './places.ts';
import { endGroup, printedBy } from './processes.ts';
import { writeSettings, type Settings } from './user-settings.ts';

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
  /** Resolves when it is gone, by itself or stopped. */
  readonly ended: Promise<void>;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, address: string) {
    this.#process = process;
    this.ended = new Promise((resolve) => void process.once('exit', () => resolve()));
    this.address = address;
  }

  static async start(options: CodeServerOptions): Promise<CodeServer> {
    const { folder, env, settings = {} } = options;
    await writeSettings(dataIn(folder), settings);
    const [command, ...args] = await codeServerCommand(options);
    const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    return new CodeServer(child, await printedBy(child, codeServerListens, 'code-server'));
  }

  /** Address of a window on a folder, or on none. */
  windowOn(folder: string | undefined): string {
    return folder === undefined ? `${this.address}/?ew=true` : `${this.address}/?folder=${encodeURIComponent(folder)}`;
  }

  /** Ends it and all that it started. */
  async stop(): Promise<void> {
    await endGroup(this.#process);
  }
}

/** What it prints when it listens, with its address. */
export const codeServerListens = /HTTP server listening on (http:\/\/[\d.]+:\d+)/;

/** The command that starts one in its folder. */
export async function codeServerCommand(
  options: Pick<CodeServerOptions, 'folder' | 'port' | 'program' | 'trust'>,
): Promise<[string, ...string[]]> {
  const { folder, port = 0, program = codeServer(), trust } = options;
  await mkdir(extensionsIn(folder), { recursive: true });
  return [
    ...runs(program),
    ...['--auth', 'none', '--bind-addr', `127.0.0.1:${port}`],
    ...['--config', join(folder, 'code-server.yaml')],
    ...['--user-data-dir', dataIn(folder), '--extensions-dir', extensionsIn(folder)],
    ...['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override'],
    ...(trust ? ['--disable-workspace-trust'] : []),
  ];
}
