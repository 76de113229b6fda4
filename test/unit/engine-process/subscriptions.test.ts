import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { recordHandlers } from '../../../src/engine/handlers/records.ts';
import { streamHandlers } from '../../../src/engine/handlers/streams.ts';
import { Subscriptions } from '../../../src/engine/handlers/subscriptions.ts';
import { watchHandlers } from '../../../src/engine/handlers/watch.ts';
import type { ClientContext } from '../../../src/engine/rpc/server.ts';
import type { Services } from '../../../src/engine/services.ts';
import { notifications } from '../../../src/protocol/contract.ts';

type Name = keyof typeof notifications;

/** A front end that writes down what it is told; all of it has to fit the contract. */
class Listener {
  readonly told: Record<string, unknown>[] = [];
  readonly #leave = new Set<() => void>();

  readonly context = {
    id: 'c1',
    notify: (name: Name, params: unknown) => {
      this.told.push(notifications[name].parse(params));
      return Promise.resolve();
    },
    onClose: (dispose: () => void) => {
      this.#leave.add(dispose);
      return () => this.#leave.delete(dispose);
    },
  } as unknown as ClientContext;

  /** What is called when it leaves. */
  get left(): number {
    return this.#leave.size;
  }

  leave(): void {
    for (const dispose of this.#leave) dispose();
  }

  async isTold(count: number): Promise<void> {
    for (let i = 0; this.told.length < count; i++) {
      assert.ok(i < 1000, `told ${JSON.stringify(this.told)}`);
      await delay(5);
    }
  }
}

const warnings: string[] = [];
const log = { warn: (text: string) => warnings.push(text) };

/** Services of an engine with one session, which runs, and a journal that cannot be read. */
function services(streamPath: string): Services {
  const session = { id: 's1', agent: 'demo' };
  return {
    log,
    store: {
      find: () => session,
      session: () => session,
      get: () => undefined,
      state: { lastSeq: 4, subscribe: () => Promise.reject(new Error('EIO: i/o error, read')) },
    },
    watching: { ready: () => Promise.resolve() },
    sessions: { worker: () => undefined },
    agentOf: () => Promise.resolve({ reader: () => ({ line: () => [] }) }),
    meter: () => Promise.resolve(() => false),
    streamPath: () => streamPath,
  } as unknown as Services;
}

describe('who follows what cannot be read', () => {
  let folder: string;
  let listener: Listener;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'cop-sub-'))));
  after(() => rm(folder, { recursive: true, force: true }));
  beforeEach(() => (listener = new Listener()));
  afterEach(() => listener.leave());

  it('hears that the output of a session cannot be, and that nothing more comes', async () => {
    const path = join(folder, 'stream.jsonl');
    await mkdir(path);
    const handlers = streamHandlers(services(path));
    const asked = { session: 's1', from: 0 };
    const { follow } = await handlers['session/follow'](asked, listener.context);
    await listener.isTold(1);
    const [{ problem, ...told } = {}] = listener.told;
    assert.deepEqual(told, { follow, events: [], ended: true });
    const { code, message } = problem as { code: string; message: string };
    assert.equal(code, 'internal');
    assert.match(message, /^What session s1 has printed cannot be read: Error: EISDIR/);
    await assert.rejects(
      async () => handlers['session/logs']({ ...asked, limit: 10 }, listener.context),
      /^CoppiceError: What session s1 has printed cannot be read/,
    );
  });

  it('hears that the journal cannot be', async () => {
    const handlers = recordHandlers(services(''));
    const { subscription } = await handlers['events/subscribe']({ from: 1 }, listener.context);
    await listener.isTold(1);
    const [{ problem, ...told } = {}] = listener.told;
    assert.deepEqual(told, { subscription, records: [] });
    assert.match((problem as Error).message, /EIO/);
  });

  it('hears that changes of files cannot be', async () => {
    const handlers = watchHandlers(services(''));
    const { subscription } = await handlers['changes/subscribe']({ session: 's1' }, listener.context);
    await listener.isTold(1);
    const [told] = listener.told;
    assert.equal(told?.['subscription'], subscription);
    assert.match((told['problem'] as Error).message, /EIO/);
  });
});

describe('a subscription', () => {
  const failing = { failed: () => Promise.reject(new Error('The socket is gone.')) };

  it('is over for its own front end alone, by its number, and tells nothing then', async () => {
    const [own, other] = [new Listener(), new Listener()];
    const subscriptions = new Subscriptions('news', log);
    const ended: number[] = [];
    const tell = (number: number, signal: AbortSignal): Promise<void> =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => {
          ended.push(number);
          reject(new Error('It was given up.'));
        });
      });
    const failed = (): Promise<void> => assert.fail('It was taken back.');
    const [first, second] = [0, 1].map(() => subscriptions.begin(own.context, { tell, failed }));
    subscriptions.end({ id: 'c2' }, first ?? 0);
    assert.deepEqual(ended, []);
    subscriptions.end(own.context, first ?? 0);
    assert.deepEqual(ended, [first]);
    other.leave();
    own.leave();
    assert.deepEqual(ended, [first, second]);
  });

  it('leaves nothing with its front end when it has ended: a window stays for days', async () => {
    const listener = new Listener();
    const subscriptions = new Subscriptions('news', log);
    const failed = (): Promise<void> => assert.fail('It did not fail.');
    subscriptions.begin(listener.context, { tell: () => Promise.resolve(), failed });
    const [begun] = [listener.left];
    await delay(0);
    assert.deepEqual([begun, listener.left], [1, 0]);
  });

  it('that can neither go on nor say so is in the log', async () => {
    warnings.length = 0;
    const subscriptions = new Subscriptions('news', log);
    subscriptions.begin(new Listener().context, { tell: () => Promise.reject(new Error('No.')), ...failing });
    for (let i = 0; warnings.length < 2; i++) {
      assert.ok(i < 1000, warnings.join());
      await delay(1);
    }
    assert.deepEqual(warnings, ['cannot send news', 'cannot send news']);
  });
});
