import assert from 'node:assert/strict';
import { event } from '../../../src/core/events.ts';
import { policyOf } from '../../../src/core/supervision/policy.ts';
import { ToolWatch, withStops } from '../../../src/engine/supervision/stops.ts';
import type { Store } from '../../../src/engine/sessions/store.ts';
import type { Breakpoint } from '../../../src/core/session/state.ts';
import { newSession, World } from '../core/world.ts';

const policy = policyOf({ 'approval.ask': [], 'approval.forbid': ['command npm publish*'] });

describe('an agent that does not ask, and does more before its interruption arrives', () => {
  let world: World;
  let offset: number;
  let uses: number;
  let watch: ToolWatch;

  beforeEach(() => {
    [world, offset, uses, watch] = [new World(), 1000, 0, new ToolWatch('/w/s')];
    newSession(world.ledger, 's');
    world.schedule();
    while (world.ledger.get('s').run === undefined) world.step('s');
    const spec = {
      ...{ id: 'b', predicate: { when: 'path', glob: 'docs/**' } as const },
      ...{ enabled: true, fromHit: 1, once: false },
    };
    world.ledger.append([
      event('turn.started', { session: 's', run: 1, turn: 1, prompt: 1, offset }),
      event('stop.set', { repository: 'r', spec, by: 'user:test' }),
    ]);
  });

  /** The agent uses a tool, and only then says so, as the `nth` of a line. */
  function says(name: string, input: Record<string, unknown>, nth: number): void {
    const id = `u${++uses}`;
    watch.note({ kind: 'tool-started', id, name, input });
    const used = watch.note({ kind: 'tool-ended', id, ok: true, output: '' });
    assert.ok(used !== undefined);
    const store = {
      all: (kind: string) => (kind === 'stop' ? [world.ledger.entity('stop', 'b')] : []),
    } as unknown as Store;
    world.ledger.append(withStops(store, world.ledger.get('s'), [], { used, policy, offset, nth, newId: () => id }));
  }

  function does(name: string, input: Record<string, unknown>): void {
    offset += 100;
    says(name, input, 0);
  }

  const open = (): readonly Breakpoint[] => world.ledger.get('s').breakpoints;
  const write = (path: string): void => does('Write', { file_path: `/w/s/${path}` });

  it('is asked about once, and the question names all of it, with a reason where that is another one', () => {
    write('docs/a.md');
    world.ledger.append([
      event('input.written', { session: 's', run: 1, input: 2, what: { kind: 'interrupt' }, intent: 'i' }),
    ]);
    write('docs/b.md');
    does('Bash', { command: 'npm publish\n --access public' });
    write('src/free.ts');
    write('docs/c.md');
    assert.deepEqual(
      open().map(({ title }) => title),
      ['Breakpoint: Write docs/a.md'],
    );
    const [, done = ''] = (open()[0]?.detail ?? '').split('done already:\n');
    const [first, second, third, fourth, ...more] = done.split('\n');
    assert.deepEqual([first, second, fourth, more], ['docs/a.md', 'and Write docs/b.md', 'and Write docs/c.md', []]);
    assert.match(third ?? '', /^and Bash npm publish --access public \(.*forbid.*\)$/u);
    assert.equal((world.ledger.entity('stop', 'b') as unknown as { hits: number }).hits, 3);
    assert.equal(world.ledger.state(), world.ledger.replayed());
  });

  const hits = (): number => (world.ledger.entity('stop', 'b') as unknown as { hits: number }).hits;
  const line = (...paths: readonly string[]): void => {
    for (const [nth, path] of paths.entries()) says('Write', { file_path: `/w/s/${path}` }, nth);
  };

  it('is asked about each use of one line, and about none twice by an engine that reads the line again', () => {
    offset += 100;
    line('docs/a.md', 'src/free.ts', 'docs/b.md');
    assert.deepEqual([hits(), open().length], [2, 1]);
    assert.match(open()[0]?.detail ?? '', /docs\/a\.md\nand Write docs\/b\.md$/u);
    line('docs/a.md', 'src/free.ts', 'docs/b.md');
    assert.equal(hits(), 2);
  });

  it('is asked about the rest of a line in which its engine was killed', () => {
    offset += 100;
    line('docs/a.md');
    line('docs/a.md', 'docs/b.md', 'docs/c.md');
    assert.equal(hits(), 3);
    assert.equal(world.ledger.state(), world.ledger.replayed());
  });

  it('is asked nothing more about a line of which an earlier engine had one hit on record', () => {
    offset += 100;
    world.ledger.append([event('stop.met', { session: 's', offset, during: 1, hit: ['b'], spent: [] })]);
    line('docs/a.md', 'docs/b.md');
    assert.equal(hits(), 1);
  });

  it('is not asked about what an earlier engine has read before the breakpoint was there', () => {
    offset += 100;
    const later = {
      session: 's',
      breakpoint: 'q',
      kind: 'question',
      title: 't',
      detail: 'd',
      offset: offset + 50,
    } as const;
    world.ledger.append([event('breakpoint.raised', later)]);
    line('docs/a.md');
    assert.equal(hits(), 0);
    offset += 100;
    line('docs/b.md');
    assert.equal(hits(), 1);
  });

  it('names no more than can be read', () => {
    for (let n = 0; n < 100; n += 1) write(`docs/${n}.md`);
    assert.equal(open().length, 1);
    assert.match(open()[0]?.detail ?? '', /\nand Write docs\/20\.md\nand more after that: see the conversation\.$/u);
    assert.equal((world.ledger.entity('stop', 'b') as unknown as { hits: number }).hits, 100);
  });

  it('is asked again about what it does after the answer', () => {
    write('docs/a.md');
    const answer = { choice: 'allow' } as const;
    world.ledger.append([event('breakpoint.resolved', { session: 's', breakpoint: 'u1', answer, by: 'user:test' })]);
    write('docs/b.md');
    assert.deepEqual(
      open().map(({ id }) => id),
      ['u1', 'u2'],
    );
  });
});
