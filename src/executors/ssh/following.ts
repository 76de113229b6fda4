import type { RunRef } from '../executor.ts';
import { MirrorFile } from './mirror.ts';
import type { RemoteHost } from './remote-host.ts';

/** `follow` there says that it lives every few seconds; what is silent longer is taken for lost. */
const silenceMs = 30_000;

/** The output of a run's session, brought here. */
export class Following {
  readonly #host: RemoteHost;
  readonly #run: RunRef;
  readonly #stream: MirrorFile;
  readonly #errors: MirrorFile;

  constructor(host: RemoteHost, run: RunRef) {
    this.#host = host;
    this.#run = run;
    this.#stream = new MirrorFile(run.streamPath);
    this.#errors = new MirrorFile(run.stderrPath);
  }

  /** How much of the stream is here, in bytes. */
  async offset(): Promise<number> {
    const offset = await this.#stream.begin();
    await this.#stream.close();
    return offset;
  }

  /** Brings what comes until the agent has ended. Throws `unreachable` when the connection is lost or nothing lives any more. */
  async follow(signal: AbortSignal): Promise<void> {
    const { session, run } = this.#run;
    const from = await this.#stream.begin();
    const silent = new AbortController();
    let watch = setTimeout(() => silent.abort(), silenceMs);
    const onLife = (): void => {
      clearTimeout(watch);
      watch = setTimeout(() => silent.abort(), silenceMs);
    };
    try {
      await this.#host.ask('follow', session, [String(run), String(from)], {
        limitMs: 0,
        signal: AbortSignal.any([signal, silent.signal]),
        onData: (chunk) => this.#stream.take(chunk),
        onLife,
      });
    } catch (error) {
      // What came before it broke is kept; the state is asked next, and that finds out whether the host is there.
      if (!silent.signal.aborted || signal.aborted) throw error;
    } finally {
      clearTimeout(watch);
      await this.#stream.settled();
    }
  }

  /** Brings what is there and not here yet. */
  async catchUp(signal: AbortSignal): Promise<void> {
    for (const [file, name] of [
      [this.#errors, 'stderr.log'],
      [this.#stream, 'stream.jsonl'],
    ] as const) {
      const from = await file.begin();
      const call = { limitMs: 0, signal, onData: (chunk: Buffer) => file.take(chunk) };
      try {
        await this.#host.ask('read', this.#run.session, [name, String(from)], call);
      } finally {
        await file.settled();
      }
    }
  }

  async close(): Promise<void> {
    await this.#stream.close();
    await this.#errors.close();
  }
}
