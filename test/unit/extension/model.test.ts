import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { CoppiceError } from '../../../src/core/errors.ts';
import type { EngineLink, LinkState } from '../../../src/extension/engine/link.ts';
import { giveAnswer, insist } from '../../../src/extension/engine/insist.ts';
import { Disposables, toDisposable } from '../../../src/extension/lifecycle/disposables.ts';
import { Emitter } from '../../../src/extension/lifecycle/emitter.ts';
import type { Changes } from '../../../src/extension/sessions/entry.ts';
import { mirrorSessions, type SessionsModel } from '../../../src/extension/sessions/model.ts';
import { windowSessions } from '../../../src/extension/sessions/window.ts';
import type { Records } from '../../../src/protocol/client/reconnecting.ts';
import type { SessionDetail, SessionView } from '../../../src/protocol/schemas.ts';
import { breakpoint, detail, keptLog, session } from './given.ts';

const fail = (error: unknown): never => {
  throw error;
};

/** A link to sessions that the test changes at will. */
class FakeLink {
  readonly sessions = new Map<string, SessionDetail>();
  readonly asked: string[] = [];
  readonly #states = new Emitter<LinkState>(fail);
  readonly #records = new Emitter<Records>(fail);
  state: LinkState = { status: 'idle' };
  problem: Error | undefined;
  #seq = 0;

  readonly onState = this.#states.event;
  readonly onRecords = this.#records.event;

  readonly request = (async (method: string, params: { session?: string }) => {
    this.asked.push(params.session === undefined ? method : `${method} ${params.session}`);
    const { problem } = this;
    this.problem = undefined;
    if (problem !== undefined) throw problem;
    if (method === 'session/list') return { sessions: [...this.sessions.values()].map(({ id }) => this.row(id)) };
    const found = this.sessions.get(params.session ?? '');
    if (found === undefined) throw new CoppiceError('not-found', 'There is no such session.', 'Look again.');
    return found;
  }) as unknown as EngineLink['request'];

  /** A session as a list has it. */
  row(id: string): SessionView {
    const { status, title, repository } = this.sessions.get(id) ?? detail(id);
    return session(id, { status, title, repository });
  }

  become(status: 'connected' | 'away'): void {
    const engine = { pid: 1, version: '1.0.0', protocol: { major: 1, minor: 1 } };
    const problem = new CoppiceError('unreachable', 'It went away.', 'Wait.');
    this.state = status === 'connected' ? { status, engine } : { status, problem };
    this.#states.fire(this.state);
  }

  record(type: string, id: string): void {
    this.#seq += 1;
    this.#records.fire([
      { seq: this.#seq, at: 0, type, v: 1, actor: 'engine', data: { session: id }, prev: '', hash: '' },
    ]);
  }
}

async function quiet(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 15));
}

describe('the mirror of the sessions', () => {
  const log = keptLog();
  let link: FakeLink;
  let model: SessionsModel & { dispose(): void };
  let seen: string[][];

  beforeEach(async () => {
    link = new FakeLink();
    for (const id of ['a', 'b']) link.sessions.set(id, detail(id));
    model = mirrorSessions(link, log, 1);
    seen = [];
    model.onChange((changes) => seen.push([...changes.keys()].sort()));
    link.become('connected');
    await quiet();
  });
  afterEach(() => model.dispose());

  it('fills itself when there is an engine', () => {
    assert.equal(model.knowledge, 'current');
    assert.deepEqual([...model.entries.keys()], ['a', 'b']);
    assert.deepEqual(seen, [['a', 'b']]);
  });

  it('asks only for the session that a record names, once for many records', async () => {
    link.asked.length = 0;
    link.sessions.set('a', detail('a', { title: 'Other' }));
    for (let i = 0; i < 100; i++) link.record('turn.started', 'a');
    await quiet();
    assert.deepEqual(link.asked, ['session/show a']);
    assert.deepEqual(seen.at(-1), ['a']);
    assert.equal(model.entries.get('a')?.session.title, 'Other');
  });

  it('leaves alone what files are like: it changes all the time, and no row shows it', async () => {
    const watching = (modified: number): Partial<SessionDetail> => {
      const counts = { created: 0, modified, deleted: 0, renamed: 0 };
      return { watch: { worktree: '/w', mode: 'watching', since: '', recent: [], gaps: 0, counts }, overlaps: [] };
    };
    link.sessions.set('a', detail('a', watching(1)));
    link.asked.length = 0;
    const told = seen.length;
    for (const type of ['files.changed', 'watch.changed', 'watch.gap']) link.record(type, 'a');
    await quiet();
    assert.deepEqual(link.asked, []);
    // Whoever looks is given it all the same.
    assert.equal((await model.look('a')).watch?.counts.modified, 1);
    assert.equal(model.entries.get('a')?.detail?.watch, undefined);
    const after = seen.length;
    link.sessions.set('a', detail('a', watching(2)));
    await model.look('a');
    assert.deepEqual([after - told, seen.length - after], [1, 0]); // it becomes known whole, once
  });

  it('says nothing when nothing has changed', async () => {
    link.record('turn.started', 'a');
    await quiet();
    const { length } = seen;
    link.record('turn.ended', 'a');
    await quiet();
    assert.equal(seen.length, length);
  });

  it('asks for places in the line when the line moves', async () => {
    link.sessions.set('b', detail('b', { status: 'queued', position: 2 }));
    link.record('session.queued', 'b');
    await quiet();
    link.sessions.set('b', detail('b', { status: 'queued', position: 1 }));
    link.record('session.settled', 'a');
    await quiet();
    assert.equal(model.entries.get('b')?.session.position, 1);
  });

  it('forgets a session that is gone, and a decision that was made', async () => {
    link.sessions.set('a', detail('a', { status: 'needs-you', needs: [breakpoint('1')] }));
    link.record('breakpoint.raised', 'a');
    await quiet();
    assert.equal(model.needs.length, 1);
    link.sessions.set('a', detail('a'));
    link.record('breakpoint.resolved', 'a');
    link.sessions.delete('b');
    link.record('session.removed', 'b');
    await quiet();
    assert.deepEqual([model.needs.length, model.entries.has('b')], [0, false]);
  });

  it('is stale while the engine is away, and whole again with the next one', async () => {
    link.become('away');
    assert.equal(model.knowledge, 'stale');
    assert.equal(model.entries.size, 2);
    link.sessions.set('c', detail('c', { status: 'needs-you', needs: [breakpoint('1')] }));
    link.become('connected');
    await quiet();
    assert.equal(model.knowledge, 'current');
    assert.equal(model.needs.length, 1);
  });

  it('shows a window its own repositories, and all when wanted', async () => {
    link.sessions.set('x', detail('x', { repository: '/other' }));
    model.reload();
    await quiet();
    const moved = new Emitter<void>(fail);
    const places = { list: [{ root: '/repo', folder: '/repo', trust: undefined }], onChange: moved.event };
    const part = windowSessions(model, places, log);
    const changes: Changes[] = [];
    part.onChange((each) => changes.push(each));
    assert.deepEqual([...part.entries.keys()].sort(), ['a', 'b']);
    part.setEverywhere(true);
    assert.deepEqual([...(changes.at(-1)?.keys() ?? [])], ['x']);
    assert.deepEqual([...part.roots].sort(), ['/other', '/repo']);
    part.dispose();
  });
});

describe('what may be asked twice', () => {
  const lost = new CoppiceError('unknown-outcome', 'The engine went away.', 'Look.');
  const asking = (
    ...outcomes: readonly (Error | undefined)[]
  ): { link: Pick<EngineLink, 'request'>; asked: () => number } => {
    let asked = 0;
    const request = (async () => {
      const outcome = outcomes[asked++];
      if (outcome !== undefined) throw outcome;
      return {};
    }) as unknown as EngineLink['request'];
    return { link: { request }, asked: () => asked };
  };
  const cancel = async (link: Pick<EngineLink, 'request'>): Promise<unknown> =>
    insist(link, 'session/cancel', { session: 'a' }, {});

  it('is asked again when the engine went away before it answered', async () => {
    const { link, asked } = asking(lost, lost, undefined);
    await cancel(link);
    assert.equal(asked(), 3);
  });

  it('was done when the second time it is refused as done', async () => {
    const done = new CoppiceError('wrong-state', 'It is cancelled already.', 'Nothing.');
    assert.deepEqual(await cancel(asking(lost, done).link), {});
    await assert.rejects(cancel(asking(done).link), { code: 'wrong-state' });
  });

  it('was not done by its sender when it has a key and is refused the second time: a prompt, an answer', async () => {
    const refused = new CoppiceError('wrong-state', 'It was answered already by user:cli.', 'Nothing.');
    await assert.rejects(giveAnswer(asking(lost, refused).link, 'a', 'b', { answer: { choice: 'allow' } }), refused);
    const prompt = { session: 'a', prompt: 'x', key: randomUUID(), requester: { env: {}, secrets: {} } };
    await assert.rejects(insist(asking(lost, refused).link, 'session/continue', prompt), refused);
  });

  it('is an answer under one key, however often it is sent, and under another one the next time', async () => {
    const keys: unknown[] = [];
    const request = (async (_: string, { key }: { key?: string }) => {
      keys.push(key);
      if (keys.length === 1) throw lost;
      return { breakpoint: 'b' };
    }) as unknown as EngineLink['request'];
    for (let times = 0; times < 2; times += 1) await giveAnswer({ request }, 'a', 'b', { answer: { choice: 'allow' } });
    assert.match(String(keys[0]), /^[0-9a-f]{8}-/u);
    assert.deepEqual([keys[0] === keys[1], keys[1] === keys[2]], [true, false]);
  });

  it('is given up after a few engines', async () => {
    const { link, asked } = asking(lost, lost, lost, lost, lost);
    await assert.rejects(cancel(link), { code: 'unknown-outcome' });
    assert.equal(asked(), 4);
  });
});

describe('owners', () => {
  it('end what they own, the latest first, once, and at once what comes late', () => {
    const ended: string[] = [];
    const owner = new Disposables();
    for (const name of ['a', 'b']) owner.add(toDisposable(() => ended.push(name)));
    owner.dispose();
    owner.dispose();
    owner.add(toDisposable(() => ended.push('late')));
    assert.deepEqual(ended, ['b', 'a', 'late']);
  });

  it('end all although one of them throws', () => {
    const ended: string[] = [];
    const owner = new Disposables();
    owner.add(toDisposable(() => ended.push('a')));
    owner.add({ dispose: () => fail(new Error('broken')) });
    assert.throws(() => owner.dispose(), /broken/u);
    assert.deepEqual(ended, ['a']);
  });
});
