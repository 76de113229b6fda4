/** One connection to a host for everything that is done there. It is made when it is needed, and again when it was lost. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type ssh2 from 'ssh2';
import type { AnyAuthMethod, Client, ClientChannel, ConnectConfig, ServerHostKeyAlgorithm } from 'ssh2';
import { CoppiceError, isCoppiceError } from '../../core/errors.ts';
import { pause } from '../pause.ts';
import { judgeKey, knownKeys } from './known-hosts.ts';
import type { SshTarget } from './target.ts';

/** What a command on the other host is given and how long it may take. */
export interface RemoteCall {
  readonly input?: string | Uint8Array | NodeJS.ReadableStream;
  /** Milliseconds; 30 s unless told. 0: as long as it likes. */
  readonly limitMs?: number;
  readonly signal?: AbortSignal;
  /** Takes the standard output as it comes; the answer then has none. */
  readonly onData?: (chunk: Buffer) => void;
  /** Hears that something came, of either stream. */
  readonly onLife?: () => void;
}

/** How a command ended. `code` is undefined when a signal ended it. */
export interface RemoteAnswer {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a connection is kept. */
export interface ConnectionOptions {
  target(): Promise<SshTarget>;
  /** What is worth a line in the log: made, lost, tried again. */
  readonly log: (message: string, details: Readonly<Record<string, unknown>>) => void;
  /** Milliseconds between signs of life, and how many may be missing. */
  readonly keepAliveMs?: number;
}

/** sshd allows 10 sessions per connection unless told; two are left for whoever shares it. */
const channelsAtOnce = 8;
const readyMs = 20_000;
const defaultLimitMs = 30_000;
const outputLimit = 8 * 1024 * 1024;
const errorLimit = 16 * 1024;

/** A connection with a bounded number of commands at once; more wait for their turn. */
export class SshConnection {
  readonly #options: ConnectionOptions;
  #client: Promise<Client> | undefined;
  #free = channelsAtOnce;
  readonly #waiting: (() => void)[] = [];
  #disposed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /**
   * Runs a command line of the other host's login shell. Throws `unreachable` when the host cannot be reached or the connection
   * breaks (the command may have run), `executor-missing` for its key, `timed-out`.
   */
  async run(command: string, call: RemoteCall = {}): Promise<RemoteAnswer> {
    await this.#turn();
    try {
      const client = await this.#connected();
      call.signal?.throwIfAborted();
      return await this.#exec(client, command, call);
    } finally {
      this.#free += 1;
      this.#waiting.shift()?.();
    }
  }

  /** Ends the connection; what runs on it fails. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    const client = await this.#client?.catch(() => undefined);
    client?.end();
  }

  async #turn(): Promise<void> {
    while (this.#free === 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#free -= 1;
  }

  /** Concurrent callers share one attempt; one that failed is not kept. */
  #connected(): Promise<Client> {
    this.#client ??= this.#connect().catch((error: unknown) => {
      this.#client = undefined;
      throw error;
    });
    return this.#client;
  }

  async #connect(): Promise<Client> {
    const { log } = this.#options;
    const target = await this.#options.target();
    if (this.#disposed) throw unreachable(target, 'the executor was closed');
    const begun = performance.now();
    let refused: unknown;
    const config = await this.#config(target, (error) => (refused = error));
    const client = new (await library()).Client();
    await new Promise<void>((resolve, reject) => {
      client.once('ready', resolve);
      client.on('error', (error: Error & { level?: string }) => {
        reject(refused instanceof Error ? refused : readable(target, error));
      });
      client.once('close', () => reject(unreachable(target, 'it closed the connection')));
      client.connect(config);
      // A question and its answer are small: without this each waits 40 ms and more for an acknowledgement.
      client.setNoDelay(true);
    });
    client.once('close', () => {
      this.#client = undefined;
      if (!this.#disposed) log('the connection was lost', { host: target.name });
    });
    log('connected', { host: target.name, ms: Math.round(performance.now() - begun) });
    return client;
  }

  async #config(target: SshTarget, refuse: (error: unknown) => void): Promise<ConnectConfig> {
    const { keepAliveMs = 10_000 } = this.#options;
    const known = await knownKeys(target);
    // A host has several keys; it is asked for one of a kind that is known.
    const types = new Set(known.map(({ type }) => type));
    const first = [...types].flatMap((type): ServerHostKeyAlgorithm[] =>
      type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : ([type] as ServerHostKeyAlgorithm[]),
    );
    return {
      ...{ host: target.host, port: target.port, username: target.user, readyTimeout: readyMs },
      keepaliveInterval: keepAliveMs,
      keepaliveCountMax: 3,
      authHandler: await waysIn(target),
      ...(first.length === 0 ? {} : { algorithms: { serverHostKey: { prepend: first, append: [], remove: [] } } }),
      hostVerifier: (shown: Buffer) => {
        try {
          judgeKey(target, known, shown);
          return true;
        } catch (error) {
          refuse(error);
          return false;
        }
      },
    };
  }

  #exec(client: Client, command: string, call: RemoteCall): Promise<RemoteAnswer> {
    return new Promise((resolve, reject) => {
      const out: Buffer[] = [];
      let [outBytes, stderr, code] = [0, '', undefined as number | undefined];
      let channel: ClientChannel | undefined;
      let ended = false;
      const timer =
        call.limitMs === 0
          ? undefined
          : setTimeout(() => {
              finish(() =>
                reject(new CoppiceError('timed-out', 'The other host did not answer in time.', 'Try again.')),
              );
            }, call.limitMs ?? defaultLimitMs);
      const abort = (): void => finish(() => reject(call.signal?.reason as Error));
      const lost = (): void => finish(() => reject(brokenOff()));
      const finish = (settle: () => void): void => {
        if (ended) return;
        ended = true;
        clearTimeout(timer);
        call.signal?.removeEventListener('abort', abort);
        client.off('close', lost);
        channel?.close();
        settle();
      };
      call.signal?.addEventListener('abort', abort, { once: true });
      client.once('close', lost);
      const begin = (error: Error | undefined, opened: ClientChannel): void => {
        if (error !== undefined) {
          finish(() => reject(brokenOff(error)));
          return;
        }
        opened.on('error', () => undefined); // 'close' follows
        if (ended) {
          opened.close();
          return;
        }
        channel = opened;
        opened.on('data', (chunk: Buffer) => {
          call.onLife?.();
          if (call.onData !== undefined) call.onData(chunk);
          else if ((outBytes += chunk.length) <= outputLimit) out.push(chunk);
        });
        opened.stderr.on('data', (chunk: Buffer) => {
          call.onLife?.();
          stderr = `${stderr}${chunk.toString('utf8')}`.slice(-errorLimit);
        });
        opened.on('exit', (status: number | null) => (code = status ?? undefined));
        opened.on('close', () => {
          finish(() => resolve({ code, stdout: Buffer.concat(out).toString('utf8'), stderr }));
        });
        give(opened, call.input);
      };
      try {
        client.exec(command, begin);
      } catch (error) {
        // Its end is known to the socket, and not told yet.
        finish(() => reject(brokenOff(error as Error)));
      }
    });
  }
}

function give(channel: ClientChannel, input: RemoteCall['input']): void {
  if (input === undefined) channel.end();
  else if (typeof input === 'string' || input instanceof Uint8Array) channel.end(input);
  else input.pipe(channel);
}

/** Each key of the user's that can be used without a question, as `ssh` would: the host takes one of them or none. */
async function waysIn({ user: username, identityFiles, agent }: SshTarget): Promise<AnyAuthMethod[]> {
  const ways: AnyAuthMethod[] = [{ type: 'none', username }];
  for (const file of identityFiles) {
    // One that is not there, or may not be read, is no way in.
    const key = await readFile(file).catch(() => undefined);
    if (key !== undefined && !(await isLocked(key))) ways.push({ type: 'publickey', username, key });
  }
  if (agent !== undefined && existsSync(agent)) ways.push({ type: 'agent', username, agent });
  return ways;
}

/** A key with a passphrase is for the user's agent. */
async function isLocked(key: Buffer): Promise<boolean> {
  return (await library()).utils.parseKey(key) instanceof Error;
}

/** Loaded with the first connection: most engines make none, and loading takes a good part of an engine's start. */
async function library(): Promise<typeof ssh2> {
  return (await import('ssh2')).default;
}

/** The connection broke, or no channel could be had: what was asked may have been done. */
function brokenOff(cause?: Error): CoppiceError {
  const context = { broke: 'yes' };
  return new CoppiceError('unreachable', 'The connection to the other host was lost.', 'It is tried again.', {
    ...{ cause, context },
  });
}

function unreachable(target: SshTarget, why: string, cause?: unknown): CoppiceError {
  return new CoppiceError(
    'unreachable',
    `${target.name} (${target.user}@${target.host}, port ${target.port}) cannot be reached: ${why}.`,
    `Check that \`ssh ${target.name}\` works from here.`,
    { cause, context: { host: target.name } },
  );
}

function readable(target: SshTarget, error: Error & { level?: string }): CoppiceError {
  if (isCoppiceError(error)) return error;
  if (error.level !== 'client-authentication') return unreachable(target, error.message, error);
  return new CoppiceError(
    'executor-missing',
    `${target.name} did not let ${target.user} in: none of your keys was accepted.`,
    `Add a key to your agent (\`ssh-add\`), or set IdentityFile for it, until \`ssh ${target.name}\` works without a question.`,
    { cause: error, context: { host: target.name } },
  );
}

/** Whether a connection broke that had been made: the host may be there, and be asked again at once. */
export function broke(error: unknown): boolean {
  return isCoppiceError(error, 'unreachable') && error.context['broke'] === 'yes';
}

/** Milliseconds to wait before the `n`th attempt (from 0) to reach a host again: longer each time, at most 30 s, never all at once. */
export function backOff(n: number, chance: () => number = Math.random): number {
  return Math.round(Math.min(30_000, 250 * 2 ** n) * (0.5 + chance() / 2));
}

/** Does something again as long as the host cannot be reached. Ends with the first other error, or when aborted. */
export async function persist<T>(
  signal: AbortSignal,
  work: () => Promise<T>,
  tried: (attempt: number, error: CoppiceError) => void = () => undefined,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isCoppiceError(error, 'unreachable') && !isCoppiceError(error, 'timed-out')) throw error;
      signal.throwIfAborted();
      tried(attempt, error);
      await pause(backOff(attempt), signal);
      signal.throwIfAborted();
    }
  }
}
