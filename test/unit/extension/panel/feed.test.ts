import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { CoppiceError } from '../../../../src/core/errors.ts';
import { Feed, type Batch } from '../../../../src/extension/panel/feed.ts';
import type { StreamEventView } from '../../../../src/protocol/schemas.ts';

const log = { trace: noop, debug: noop, info: noop, warn: noop, error: noop };
function noop(): void {
  return undefined;
}

function event(n: number): StreamEventView {
  return { offset: n * 10, event: { kind: 'message', text: `m${n}` } };
}

/** A stream of `length` events on an engine; more can be said to whoever follows. */
class World {
  readonly stream: StreamEventView[];
  readonly batches: Batch[] = [];
  follows = 0;
  following: ((events: readonly StreamEventView[]) => void) | undefined;
  /** The engine cannot read on. */
  breakOff: () => void = noop;
  failures = 0;
  /** What it said of why nothing comes. */
  readonly unread: (string | undefined)[] = [];
  readonly feed: Feed;

  constructor(length: number, options: { readonly fail?: number; readonly visible?: () => boolean } = {}) {
    this.stream = Array.from({ length }, (_, n) => event(n + 1));
    this.failures = options.fail ?? 0;
    const request = async (_: string, { from, limit }: { from: number; limit: number }): Promise<unknown> => {
      if (this.failures-- > 0) throw new CoppiceError('timed-out', 'No.', 'Wait.');
      const events = this.stream.filter(({ offset }) => offset > from).slice(0, limit);
      return { events, next: events.at(-1)?.offset ?? from, live: true };
    };
    this.feed = new Feed({
      link: { request: request as never },
      session: 's',
      follow: (from, take, failed) => {
        this.follows += 1;
        assert.equal(from, this.batches.flatMap(({ events }) => events).at(-1)?.offset ?? 0);
        this.following = take;
        this.breakOff = failed;
        return { dispose: () => (this.following = undefined) };
      },
      send: async (batch) => {
        if (options.visible?.() === false) return false;
        this.batches.push(batch);
        return true;
      },
      unread: (problem) => this.unread.push(problem?.message),
      log,
    });
  }

  say(count: number): void {
    const fresh = Array.from({ length: count }, () => {
      this.stream.push(event(this.stream.length + 1));
      return this.stream.at(-1) as StreamEventView;
    });
    this.following?.(fresh);
  }

  /** Draws everything as it comes, until nothing comes any more. */
  async draw(): Promise<void> {
    for (let drawn = -1, quiet = 0; quiet < 6; quiet += 1) {
      const last = this.batches.at(-1)?.batch ?? -1;
      if (last !== drawn) quiet = 0;
      drawn = last;
      if (last >= 0) this.feed.taken(last);
      await delay(10);
    }
  }

  get texts(): string[] {
    return this.batches.flatMap(({ events }) =>
      events.map(({ event: each }) => (each.kind === 'message' ? each.text : '')),
    );
  }
}

async function until(is: () => boolean): Promise<void> {
  for (let i = 0; !is(); i++) {
    assert.ok(i < 1000);
    await delay(5);
  }
}

const all = (count: number): string[] => Array.from({ length: count }, (_, n) => `m${n + 1}`);

describe('the feed of a panel', () => {
  it('brings what is there and then what comes, each once and in order', async () => {
    const world = new World(2500);
    await world.draw();
    assert.deepEqual(world.texts, all(2500));
    assert.equal(world.batches.at(-1)?.caughtUp, true);
    for (let i = 0; i < 20; i++) world.say(7);
    await world.draw();
    assert.deepEqual(world.texts, all(2640));
    assert.deepEqual(
      world.batches.map(({ batch }) => batch),
      world.batches.map((_, index) => index),
    );
    world.feed.dispose();
  });

  it('is never more than a little ahead of what was drawn', async () => {
    const world = new World(20_000);
    await until(() => world.batches.length >= 3);
    await delay(50);
    assert.equal(world.batches.length, 3);
    world.feed.taken(0);
    await until(() => world.batches.length >= 4);
    await delay(50);
    assert.equal(world.batches.length, 4);
    world.feed.dispose();
  });

  it('leaves the stream alone when the panel does not keep up, and loses nothing', async () => {
    const world = new World(0);
    await world.draw();
    for (let i = 0; i < 50; i++) {
      world.say(100);
      await delay(2);
    }
    assert.equal(world.following, undefined, 'nothing is kept for a panel that does not draw');
    await world.draw();
    assert.deepEqual(world.texts, all(5000));
    assert.equal(world.follows, 2);
    world.feed.dispose();
  });

  it('puts together what came within a frame', async () => {
    const world = new World(0);
    await world.draw();
    const before = world.batches.length;
    for (let i = 0; i < 100; i++) world.say(1);
    await delay(40);
    assert.equal(world.batches.length - before, 1);
    world.feed.dispose();
  });

  it('tries again when the engine did not answer', async () => {
    const world = new World(3, { fail: 1 });
    await until(() => world.follows === 1);
    await world.draw();
    assert.deepEqual(world.texts, all(3));
    assert.equal(world.unread.filter((each) => each !== undefined).length, 0, 'a moment is not told of');
    world.feed.dispose();
  });

  it('says why nothing comes when it fails again, reads at once when it is told to, and says that it reads', async () => {
    const world = new World(3, { fail: 2 });
    await until(() => world.unread.length === 1);
    assert.deepEqual(world.unread, ['No.']);
    world.feed.readAgain();
    await delay(0);
    assert.deepEqual(world.unread, ['No.', undefined]);
    await world.draw();
    assert.deepEqual(world.texts, all(3));
    world.feed.dispose();
  });

  it('reads and follows again after a while where following has failed, and loses nothing', async () => {
    const world = new World(3);
    await world.draw();
    world.say(2);
    world.breakOff();
    assert.equal(world.following, undefined);
    world.say(2);
    await until(() => world.follows === 2);
    await world.draw();
    assert.deepEqual(world.texts, all(7));
    world.feed.dispose();
  });

  it('stops for a panel that is hidden, and when it is told to', async () => {
    let visible = true;
    const world = new World(10, { visible: () => visible });
    await world.draw();
    visible = false;
    world.say(1);
    await delay(40);
    assert.equal(world.following, undefined);
    const another = new World(10);
    another.feed.dispose();
    await delay(40);
    assert.equal(another.follows, 0);
  });
});
