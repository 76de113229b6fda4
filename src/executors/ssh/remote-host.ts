/** The other host as the executor needs it: our two scripts are there, and questions are asked of them. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CoppiceError } from '../../core/errors.ts';
import { broke, type RemoteAnswer, type RemoteCall, type SshConnection } from './connection.ts';

/** What the other host told of itself. */
export interface HostFacts {
  /** Home of the user there, without links. */
  readonly home: string;
  readonly bootId: string;
  /** What `git --version` prints; empty without git. */
  readonly git: string;
  /** e.g. `Linux x86_64`. */
  readonly system: string;
  /** The `PATH` of a login there. */
  readonly path: string;
}

/** What is copied to the other host: absolute paths on this one. */
export interface RemoteScripts {
  /** `media/run.sh`; `remote.sh` is beside it. */
  readonly wrapperPath: string;
}

const noSuchFile = 127;
/** A word that every login shell hands on as it is. */
const plainWord = /^[\w./:@%+,^-]+$/u;

/** Scripts of ours on another host. */
export class RemoteHost {
  readonly name: string;
  readonly #connection: SshConnection;
  readonly #scripts: RemoteScripts;
  #installed: Promise<string> | undefined;
  #facts: Promise<HostFacts> | undefined;

  constructor(name: string, connection: SshConnection, scripts: RemoteScripts) {
    this.name = name;
    this.#connection = connection;
    this.#scripts = scripts;
  }

  /** Asked once; a failure is not kept. */
  facts(): Promise<HostFacts> {
    this.#facts ??= this.#askFacts().catch((error: unknown) => {
      this.#facts = undefined;
      throw error;
    });
    return this.#facts;
  }

  /** Runs `remote.sh VERB SESSION ARGUMENT…`. Its exit status is part of the answer. Throws like `SshConnection.run`. */
  async ask(verb: string, session: string, args: readonly string[] = [], call: RemoteCall = {}): Promise<RemoteAnswer> {
    const words = [verb, session, ...args];
    const odd = words.find((word) => !plainWord.test(word));
    if (odd !== undefined) {
      throw new CoppiceError(
        'bad-usage',
        `"${odd}" cannot be handed to another host.`,
        'Use a branch whose name has letters, digits, hyphens, dots and slashes only.',
      );
    }
    const answer = await this.#run(words, call);
    if (answer.code !== noSuchFile) return answer;
    // The folder was removed there since.
    this.#installed = undefined;
    return this.#run(words, call);
  }

  /** As `ask`, for what has to work. */
  async must(verb: string, session: string, args: readonly string[] = [], call: RemoteCall = {}): Promise<string> {
    const answer = await this.ask(verb, session, args, call);
    if (answer.code === 0) return answer.stdout;
    const said = answer.stderr.trim().split('\n').at(-1) ?? '';
    throw new CoppiceError(
      'unreachable',
      `${this.name} could not do what was asked (${verb}, status ${answer.code ?? 'none'})${said === '' ? '' : `: ${said}`}.`,
      `Look at ~/.coppice/remote on ${this.name}.`,
      { context: { verb, stderr: answer.stderr.slice(-2000) } },
    );
  }

  async #run(words: readonly string[], call: RemoteCall): Promise<RemoteAnswer> {
    const folder = await this.#install();
    const command = `exec sh ${folder}/remote.sh ${words.join(' ')}`;
    try {
      return await this.#connection.run(command, call);
    } catch (error) {
      // All that is asked may be asked twice. What was taken in part is asked again by whoever took it.
      const whole = call.onData === undefined && (typeof call.input !== 'object' || call.input instanceof Uint8Array);
      if (!whole || !broke(error)) throw error;
      return this.#connection.run(command, call);
    }
  }

  #install(): Promise<string> {
    this.#installed ??= this.#copyScripts().catch((error: unknown) => {
      this.#installed = undefined;
      throw error;
    });
    return this.#installed;
  }

  /** Into a folder named by their content, each in one step: a script that runs is never written over. */
  async #copyScripts(): Promise<string> {
    const { wrapperPath } = this.#scripts;
    const files = await Promise.all(
      [wrapperPath, join(dirname(wrapperPath), 'remote.sh')].map((path) => readFile(path)),
    );
    const [run = Buffer.alloc(0), remote = Buffer.alloc(0)] = files;
    const hash = createHash('sha256').update(run).update(remote).digest('hex').slice(0, 12);
    const folder = `.coppice/remote/bin-${hash}`;
    const there = await this.#connection.run(`test -e ${folder}/remote.sh`);
    if (there.code === 0) return folder;
    await this.#put(folder, 'run.sh', run);
    await this.#put(folder, 'remote.sh', remote);
    return folder;
  }

  async #put(folder: string, name: string, content: Buffer): Promise<void> {
    const part = `${folder}/${name}.${Math.random().toString(36).slice(2)}`;
    const command = `mkdir -p ${folder} && chmod 700 .coppice .coppice/remote && cat >${part} && mv ${part} ${folder}/${name}`;
    const { code, stderr } = await this.#connection.run(command, { input: content });
    if (code === 0) return;
    throw new CoppiceError(
      'unreachable',
      `Nothing can be written to ~/.coppice on ${this.name}: ${stderr.trim().split('\n').at(-1) ?? ''}`,
      'Free some space there, or make the folder writable for your user.',
    );
  }

  async #askFacts(): Promise<HostFacts> {
    const text = await this.must('facts', 'none');
    const value = (key: string): string => new RegExp(`^${key} (.*)$`, 'mu').exec(text)?.[1]?.trim() ?? '';
    const facts = { home: value('home'), bootId: value('boot'), git: value('git'), system: value('system') };
    return { ...facts, path: value('path') };
  }
}
