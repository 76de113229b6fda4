/**
 * An engine with a toy app, run as a real process: its journal is a file of numbers, and sessions are words that make it do
 * something. What it is depends on `TOY`, a JSON object.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CoppiceError } from '../../../src/core/errors.ts';
import type { EngineApp, EngineContext } from '../../../src/engine/process/engine.ts';
import { runEngine } from '../../../src/engine/process/run.ts';
import type { ClientContext, RequestHandlers } from '../../../src/engine/rpc/server.ts';
import { homePath } from '../../../src/protocol/client/home.ts';
import { toyHandlers, toyRecord } from '../../unit/engine-process/toy-handlers.ts';

export interface Toy {
  readonly version?: string;
  /** `fail`: with an error of ours; `crash`: with another one; `hang`: never. */
  readonly open?: 'fail' | 'crash' | 'hang';
  /** What `stop` does: reject, or never end. */
  readonly stop?: 'fail' | 'hang';
  readonly busy?: boolean;
  readonly idleSeconds?: number;
}

const toy = JSON.parse(process.env['TOY'] ?? '{}') as Toy;
const version = toy.version ?? '1.0.0';

class ToyApp implements EngineApp {
  readonly handlers: RequestHandlers;
  readonly #context: EngineContext;
  readonly #journal: string;
  readonly #feeds = new Map<string, { client: ClientContext; subscription: number; next: number }>();
  readonly #abandoned: unknown[] = [];
  #lastSeq: number;

  constructor(context: EngineContext) {
    this.#context = context;
    this.#journal = join(context.home.root, 'toy-journal');
    this.#lastSeq = existsSync(this.#journal) ? readFileSync(this.#journal, 'utf8').split('\n').length - 1 : 0;
    this.handlers = toyHandlers({
      'engine/status': () => ({
        ...this.#context.status(),
        ...{ lastSeq: this.#lastSeq, sessions: { running: 0, queued: 0, needsYou: 0, total: 0 } },
        limits: { running: 3, waiting: 10 },
      }),
      'session/interrupt': ({ session }) => (session === 'late' ? this.#late() : this.#do(session)),
      'events/subscribe': ({ from }, client) => this.#subscribe(from, client),
    });
  }

  idle(): boolean {
    return toy.busy !== true;
  }

  async stop(): Promise<void> {
    if (toy.stop === 'fail') throw new Error('the disk is gone');
    if (toy.stop === 'hang') await new Promise(() => undefined);
    appendFileSync(join(this.#context.home.root, 'toy-stops'), `${process.pid}\n`);
  }

  /** Writes down of which builds its program and a file beside it are. */
  async #late(): Promise<Record<string, never>> {
    const file = pathToFileURL(join(dirname(process.argv[1] ?? ''), 'late.js')).href;
    const { build } = (await import(file)) as { build: string };
    appendFileSync(
      join(this.#context.home.root, 'toy-builds'),
      `${String(Reflect.get(globalThis, 'toyBuild'))} ${build}\n`,
    );
    return {};
  }

  #do(word: string): Record<string, never> {
    if (word === 'throw') setImmediate(() => assertNever('an error in a callback'));
    else if (word === 'reject') this.#abandoned.push(Promise.reject(new Error('a rejection of nobody')));
    else if (word === 'stop') this.#context.requestStop('told by the app');
    else if (/^\d+$/.test(word)) this.#append(Number(word));
    else throw new CoppiceError('not-found', `What is ${word}?`, 'Say something else.');
    return {};
  }

  #append(count: number): void {
    this.#context.checkLock();
    for (let i = 0; i < count; i++) {
      appendFileSync(this.#journal, `${++this.#lastSeq}\n`);
      for (const feed of this.#feeds.values()) this.#feed(feed);
    }
  }

  #feed(feed: { client: ClientContext; subscription: number; next: number }): void {
    const records = [];
    for (; feed.next <= this.#lastSeq; feed.next++) records.push(toyRecord(feed.next));
    feed.client.notify('records', { subscription: feed.subscription, records }).catch(() => undefined);
  }

  #subscribe(from: number, client: ClientContext): { subscription: number; lastSeq: number } {
    const feed = { client, subscription: this.#feeds.size + 1, next: from };
    const key = `${client.id}:${feed.subscription}`;
    this.#feeds.set(key, feed);
    client.onClose(() => this.#feeds.delete(key));
    const lastSeq = this.#lastSeq;
    this.#feed(feed);
    return { subscription: feed.subscription, lastSeq };
  }
}

function assertNever(text: string): never {
  throw new Error(text);
}

async function open(context: EngineContext): Promise<EngineApp> {
  context.log.info('the toy opens');
  if (toy.open === 'fail')
    throw new CoppiceError('corrupt', 'The toy journal is broken.', 'Mend the toy.', { context: { a: 'b' } });
  if (toy.open === 'crash') throw new TypeError('a bug of the toy');
  if (toy.open === 'hang') await new Promise(() => undefined);
  return new ToyApp(context);
}

await runEngine({
  ...{ home: homePath(process.env), version, open, checkResults: true, logLevel: 'debug' },
  ...(toy.idleSeconds !== undefined && { idleSeconds: toy.idleSeconds }),
});
