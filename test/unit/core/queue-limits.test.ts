/** Places that are reserved, and labels of which only so many may be at work: together with the lanes, on sessions made up here. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  admissible,
  admission,
  line,
  occupants,
  positionOf,
  whyWaiting,
  type Limits,
} from '../../../src/core/queue/policy.ts';
import { priorities, type Session } from '../../../src/core/session/state.ts';
import { limits as plain, newSession, World } from './world.ts';

type Wanted = Partial<Pick<Session, 'priority' | 'labels' | 'mode'>>;

/** Sessions as the queue sees them, at work or in line, with what happens to them. */
class Queue {
  limits: Limits;
  readonly admitted: string[] = [];
  #sessions: Session[] = [];
  #made = 0;

  constructor(limits: Partial<Limits>) {
    this.limits = { ...plain, ...limits };
  }

  /** One more arrives. Its id, or undefined when it was refused. */
  arrive(wanted: Wanted = {}): string | undefined {
    const work = { mode: 'autonomous', priority: 'normal', ...wanted } as const;
    const { verdict } = admission(this.#sessions, work, this.limits);
    if (verdict === 'refuse') return undefined;
    const id = `s${this.#made}`;
    const state = verdict === 'admit' ? 'admitted' : 'waiting';
    if (verdict === 'admit') this.admitted.push(id);
    // Of a session the queue reads no more than this.
    this.#sessions.push({ ...work, id, admission: state, place: this.#made } as Session);
    this.#made += 1;
    this.admit();
    return id;
  }

  end(id: string | undefined): void {
    this.#sessions = this.#sessions.filter((each) => each.id !== id);
    this.admit();
  }

  admit(): void {
    const ids = admissible(this.#sessions, this.limits);
    this.admitted.push(...ids);
    this.#sessions = this.#sessions.map((each) => (ids.includes(each.id) ? { ...each, admission: 'admitted' } : each));
  }

  get atWork(): readonly string[] {
    return occupants(this.#sessions).map(({ id }) => id);
  }

  get all(): readonly Session[] {
    return this.#sessions;
  }

  get waiting(): readonly string[] {
    return line(this.#sessions).map(({ id }) => id);
  }

  why(id: string | undefined): string | undefined {
    return whyWaiting(this.#sessions, id ?? '', this.limits);
  }
}

const ui = { labels: ['area:ui'] };
const db = { labels: ['area:db'] };

describe('labels with a limit', () => {
  it('let two tasks of an area run one after the other, and those of other areas pass', () => {
    const queue = new Queue({ labels: { 'area:ui': 1 } });
    const [first, second, other] = [queue.arrive(ui), queue.arrive(ui), queue.arrive(db)];
    assert.deepEqual(queue.atWork, [first, other]);
    assert.equal(
      queue.why(second),
      'Waits for a free place with the label area:ui: 1 of 1 are taken, next in line.',
      'though a place is free',
    );
    const third = queue.arrive(ui);
    assert.match(queue.why(third) ?? '', /1 of 1 are taken, 1 ahead of it/);
    queue.end(first);
    assert.deepEqual(queue.atWork, [second, other]);
    queue.end(second);
    assert.deepEqual(queue.atWork, [other, third]);
  });

  it('stop nobody else, also where the line is full of them', () => {
    const queue = new Queue({ waiting: 2, labels: { 'area:ui': 1 } });
    for (let i = 0; i < 3; i += 1) queue.arrive(ui);
    assert.equal(queue.arrive(ui), undefined, 'the line is full');
    const other = queue.arrive(db);
    assert.equal(queue.atWork.at(-1), other, 'and one that needs not wait is taken');
  });

  it('end nothing when they are lowered, and start nothing until there are fewer', () => {
    const queue = new Queue({ labels: { 'area:ui': 2 } });
    const [a, b, c] = [queue.arrive(ui), queue.arrive(ui), queue.arrive(ui)];
    queue.limits = { ...queue.limits, labels: { 'area:ui': 1 } };
    queue.admit();
    assert.deepEqual(queue.atWork, [a, b]);
    assert.match(queue.why(c) ?? '', /2 of 1 are taken/);
    queue.end(a);
    assert.deepEqual(queue.atWork, [b]);
    queue.end(b);
    assert.deepEqual(queue.atWork, [c]);
  });

  it('count for high and critical work, too', () => {
    const queue = new Queue({ labels: { 'area:ui': 1 } });
    const [first, second] = [queue.arrive(ui), queue.arrive(ui)];
    const [high, critical] = [queue.arrive({ ...ui, priority: 'high' }), queue.arrive({ ...ui, priority: 'critical' })];
    assert.deepEqual(queue.waiting, [critical, high, second]);
    for (const each of [first, critical, high]) queue.end(each);
    assert.deepEqual(queue.admitted, [first, critical, high, second]);
  });

  it('never keep one waiting that has two of them, while each is taken by others in turn', () => {
    const queue = new Queue({ labels: { 'area:ui': 1, 'area:db': 1 } });
    const first = queue.arrive(ui);
    const both = queue.arrive({ labels: ['area:ui', 'area:db'] });
    const behind = queue.arrive(db);
    assert.deepEqual(queue.atWork, [first], 'the one behind would keep it waiting');
    queue.end(first);
    assert.deepEqual(queue.atWork, [both]);
    queue.end(both);
    assert.deepEqual(queue.atWork, [behind]);
  });

  it('are not counted for sessions that never wait, nor looked for where none is set', () => {
    const queue = new Queue({ labels: { 'area:ui': 1 } });
    const [dispatch, first] = [queue.arrive({ ...ui, mode: 'dispatch' }), queue.arrive(ui)];
    assert.deepEqual(queue.admitted, [dispatch, first]);
    const other = queue.arrive({ labels: ['constructor', 'toString'] });
    assert.deepEqual(queue.admitted, [dispatch, first, other]);
  });

  it('are what the session was made with, also when it is continued', () => {
    const { ledger } = new World();
    const limits = { ...plain, labels: { 'area:ui': 1 } };
    newSession(ledger, 'a', { ...ui, limits });
    assert.deepEqual(newSession(ledger, 'b', { ...ui, limits }), { status: 'queued', position: 1 });
    assert.deepEqual(ledger.get('b').labels, ['area:ui']);
    assert.deepEqual(newSession(ledger, 'c', { limits }), { status: 'started' });
    assert.equal('labels' in ledger.get('c'), false);
  });
});

describe('reserved places', () => {
  it('stay free for critical work', () => {
    const queue = new Queue({ reserved: 1 });
    const [a, b, c] = [queue.arrive(), queue.arrive({ priority: 'high' }), queue.arrive({ priority: 'high' })];
    assert.deepEqual(queue.atWork, [a, b]);
    assert.equal(
      queue.why(c),
      'Waits for a free place: 2 of 2 are taken, next in line; 1 more for critical work alone.',
    );
    const critical = queue.arrive({ priority: 'critical' });
    assert.deepEqual(queue.atWork, [a, b, critical]);
    const next = queue.arrive({ priority: 'critical' });
    assert.equal(queue.why(next), 'Waits for a free place: 3 of 3 are taken, next in line.');
    assert.equal(positionOf(queue.all, c ?? ''), 2);
    queue.end(critical);
    assert.deepEqual(queue.atWork, [a, b, next]);
    queue.end(a);
    assert.deepEqual(queue.atWork, [b, c, next], 'critical work keeps nobody from the places of all');
  });
});

/** What happens to a queue: somebody arrives, or the one at work that is `which` ends. */
const happening = fc.oneof(
  fc.record({
    priority: fc.constantFrom(...priorities),
    labels: fc.subarray(['area:ui', 'area:db', 'team:web', 'unlimited']),
    mode: fc.constantFrom('autonomous', 'planning', 'orchestration', 'dispatch'),
  }),
  fc.record({ which: fc.nat(10) }),
  fc.record({ which: fc.nat(10) }),
);

const limitsOf = fc
  .record({
    running: fc.integer({ min: 1, max: 5 }),
    reserved: fc.nat(4),
    waiting: fc.constant(6),
    labels: fc.record(
      {
        'area:ui': fc.integer({ min: 1, max: 3 }),
        'area:db': fc.integer({ min: 1, max: 3 }),
        'team:web': fc.integer({ min: 1, max: 3 }),
      },
      { requiredKeys: [] },
    ),
  })
  .map((limits) => ({ ...limits, reserved: Math.min(limits.reserved, limits.running - 1) }));

function holds(queue: Queue): void {
  const { running, reserved, labels } = queue.limits;
  const atWork = occupants(queue.all);
  assert.ok(atWork.length <= running, 'a place each');
  const usual = atWork.filter(({ priority }) => priority !== 'critical');
  assert.ok(usual.length <= running - reserved, 'reserved places are for critical work');
  for (const [label, limit] of Object.entries(labels)) {
    const taken = atWork.filter((each) => each.labels?.includes(label));
    assert.ok(taken.length <= limit, `${taken.length} of ${label}`);
  }
  assert.deepEqual(admissible(queue.all, queue.limits), [], 'nobody waits who could work');
}

describe('the queue with every limit (property)', () => {
  it('never has more at work than a limit says, nor leaves a place free that the head of a lane could take', () => {
    fc.assert(
      fc.property(limitsOf, fc.array(happening, { maxLength: 60 }), (limits, happenings) => {
        const queue = new Queue(limits);
        for (const each of happenings) {
          if ('which' in each) queue.end(queue.atWork[each.which % Math.max(1, queue.atWork.length)]);
          else queue.arrive(each);
          holds(queue);
          const head = line(queue.all)[0];
          if (head === undefined) continue;
          assert.match(queue.why(head.id) ?? '', /^Waits for a free place/);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('keeps the order of those with the same lane and the same labels', () => {
    fc.assert(
      fc.property(limitsOf, fc.array(happening, { maxLength: 60 }), (limits, happenings) => {
        const queue = new Queue(limits);
        const kinds = new Map<string, string[]>();
        for (const each of happenings) {
          if ('which' in each) queue.end(queue.atWork[each.which % Math.max(1, queue.atWork.length)]);
          else {
            const id = queue.arrive(each);
            const kind = JSON.stringify([each.priority, each.labels, each.mode === 'dispatch']);
            if (id !== undefined) kinds.set(kind, [...(kinds.get(kind) ?? []), id]);
          }
        }
        for (const ids of kinds.values()) {
          const started = queue.admitted.filter((id) => ids.includes(id));
          assert.deepEqual(started, ids.slice(0, started.length));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('lets nobody starve: who waits has started when those have ended that were at work or ahead, whatever arrives behind', () => {
    fc.assert(
      fc.property(
        limitsOf,
        fc.array(happening, { maxLength: 30 }),
        fc.subarray(['area:ui', 'area:db', 'team:web'], { minLength: 1 }),
        (limits, happenings, crowd) => {
          const queue = new Queue(limits);
          for (const each of happenings) {
            if ('which' in each) queue.end(queue.atWork[each.which % Math.max(1, queue.atWork.length)]);
            else queue.arrive(each);
          }
          const patient = queue.waiting.at(-1);
          if (patient === undefined) return;
          // Whoever has been at work the longest ends; more than enough arrive, all in the last lane.
          for (let i = 0; i < 40; i += 1) {
            queue.arrive({ labels: crowd.slice(i % crowd.length).slice(0, 1) });
            queue.end(queue.admitted.find((id) => queue.atWork.includes(id)));
            holds(queue);
          }
          assert.ok(queue.admitted.includes(patient), `${patient} of ${queue.waiting.join()} still waits`);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is the plain line where nothing is limited', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 60 }), (happenings) => {
        const [labelled, unlabelled] = [new Queue({}), new Queue({})];
        for (const each of happenings) {
          if ('which' in each) {
            for (const queue of [labelled, unlabelled])
              queue.end(queue.atWork[each.which % Math.max(1, queue.atWork.length)]);
          } else {
            labelled.arrive(each);
            unlabelled.arrive({ ...each, labels: [] });
          }
          assert.deepEqual(labelled.admitted, unlabelled.admitted);
        }
      }),
    );
  });
});
