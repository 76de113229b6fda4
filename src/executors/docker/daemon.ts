/** The Docker Engine (or Podman's like of it), with its errors as sentences. */
import { existsSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { CoppiceError, systemCode } from '../../core/errors.ts';

/** A daemon that says nothing for so long is not there. */
const silenceMs = 60_000;

/** Where the daemon listens: a socket of this host. */
export interface DaemonOptions {
  /** Absolute path of its socket. */
  readonly socketPath: string;
}

/** The socket that `DOCKER_HOST` names, else the first that is there: Docker's, the user's own, Podman's. */
export function socketOf(env: NodeJS.ProcessEnv, exists: (path: string) => boolean = existsSync): string {
  const named = env['DOCKER_HOST'];
  if (named?.startsWith('unix://') === true) return named.slice('unix://'.length);
  const own = env['XDG_RUNTIME_DIR'];
  const places = [
    '/var/run/docker.sock',
    ...(own === undefined ? [] : [`${own}/docker.sock`, `${own}/podman/podman.sock`]),
    '/run/podman/podman.sock',
  ];
  return places.find((path) => exists(path)) ?? '/var/run/docker.sock';
}

/** Status of an answer of the daemon; undefined when it gave none. */
export function statusOf(error: unknown): number | undefined {
  const found = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  return typeof found === 'number' ? found : undefined;
}

/** A connection to the daemon. What it answers is handed on; what keeps it from answering is `executor-missing`. */
export class Daemon {
  readonly socketPath: string;
  #docker: Promise<Docker> | undefined;

  constructor({ socketPath }: DaemonOptions) {
    this.socketPath = socketPath;
  }

  /** Loaded with the first question: most engines never ask, and loading takes longer than all else at an engine's start. */
  #client(): Promise<Docker> {
    this.#docker ??= import('dockerode').then(
      ({ default: Client }) => new Client({ socketPath: this.socketPath, timeout: silenceMs }),
    );
    return this.#docker;
  }

  /** Asks the daemon. Errors without an answer of it become `executor-missing`; those with one are handed on. */
  async ask<T>(question: (docker: Docker) => Promise<T>): Promise<T> {
    try {
      return await question(await this.#client());
    } catch (error) {
      const code = systemCode(error);
      if (statusOf(error) !== undefined || code === undefined) throw error;
      throw new CoppiceError(
        'executor-missing',
        code === 'EACCES'
          ? `You may not use Docker here: ${this.socketPath} does not let you in.`
          : `The Docker daemon does not answer at ${this.socketPath} (${code}).`,
        code === 'EACCES'
          ? 'Add yourself to the group `docker` and sign in again, or use rootless Docker or Podman.'
          : 'Start Docker (`systemctl start docker`, or Docker Desktop), or use another executor.',
        { cause: error, context: { socket: this.socketPath } },
      );
    }
  }

  /**
   * The standard input of a container, which is to be started afterwards. Without a body: the client library sends one, which Podman
   * hands to the container as its first input.
   */
  input(container: string): Promise<Duplex> {
    return this.ask(async () => {
      const { request } = await import('node:http');
      return new Promise<Duplex>((resolve, reject) => {
        const path = `/containers/${encodeURIComponent(container)}/attach?stream=1&stdin=1`;
        const headers = { connection: 'Upgrade', upgrade: 'tcp', 'content-length': 0 };
        const asked = request({ socketPath: this.socketPath, path, method: 'POST', headers, timeout: silenceMs });
        asked.once('upgrade', (_answer, socket) => {
          socket.setTimeout(0);
          // What comes back is nothing; that it has ended is seen. Whether the input arrived, the container tells.
          socket.resume().on('error', () => socket.destroy());
          resolve(socket);
        });
        asked.once('response', (answer) => {
          const { statusCode = 0 } = answer;
          text(answer)
            .catch(() => '')
            .then((said) =>
              reject(Object.assign(new Error(`HTTP ${statusCode}: ${said.slice(0, 1000)}`), { statusCode })),
            )
            .catch(reject);
        });
        asked.once('timeout', () => asked.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })));
        asked.once('error', reject);
        asked.end();
      });
    });
  }

  /** As `ask`, where the thing that is asked about may be gone. */
  async find<T>(question: (docker: Docker) => Promise<T>): Promise<T | undefined> {
    try {
      return await this.ask(question);
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }
}
