import assert from 'node:assert/strict';
import fc from 'fast-check';
import { inOrder } from '../../../src/extension/needs-you/order.ts';
import { announcement, newsIn } from '../../../src/extension/notifications/announce.ts';
import { needsOf } from '../../../src/extension/sessions/entry.ts';
import { belowText } from '../../../src/extension/sessions/below.ts';
import {
  ageText,
  durationText,
  turnTime,
  waitText,
  rowLabel,
  sessionDescription,
  sessionLabel,
  sessionTitle,
  spokenSession,
  usesText,
} from '../../../src/extension/sessions/labels.ts';
import { Outline, rowId, Rows, touched, type Row } from '../../../src/extension/sessions/outline.ts';
import { isAtWork, lookOf } from '../../../src/extension/sessions/status-look.ts';
import { countsOf, statusText } from '../../../src/extension/status-bar/text.ts';
import { statuses } from '../../../src/core/session/state.ts';
import type { SessionView } from '../../../src/protocol/schemas.ts';
import { isSettled } from '../../../src/protocol/session-status.ts';
import { breakpoint, changesBetween, detail, entries, hostile, session, startedAt } from './given.ts';

const minute = 60_000;

describe('a session in a row', () => {
  it('says how long, and what was changed', () => {
    const changes = { tree: 't', files: 3, insertions: 10, deletions: 2 };
    assert.equal(sessionDescription(session('a'), startedAt + 5 * minute), '5 min');
    assert.equal(sessionDescription(session('a', { status: 'reported', changes }), startedAt), 'now · 3 files');
    assert.equal(sessionDescription(session('a', { status: 'queued', position: 2 }), startedAt), '2 in line · now');
    assert.match(
      spokenSession(session('a', { changes }), startedAt + 90 * minute),
      /^Title of a, running, for 1 h, 3 files/u,
    );
  });

  it('says what its processes use, as far as that is known', () => {
    assert.equal(
      usesText({ memoryBytes: 123_400_000, ports: [3000, 8080], processes: 3 }),
      '123 MB of memory · ports 3000, 8080',
    );
    assert.equal(usesText({ memoryBytes: 5_000_000, ports: [] }), '5 MB of memory');
    assert.equal(usesText({ ports: [3000] }), 'ports 3000');
    assert.equal(usesText(undefined), '');
  });

  it('tells ages in one unit', () => {
    const cases = [
      [0, 'now'],
      [-5, 'now'],
      [59, '59 min'],
      [60, '1 h'],
      [23 * 60, '23 h'],
      [49 * 60, '2 d'],
    ] as const;
    for (const [minutes, said] of cases) assert.equal(ageText(minutes * minute), said);
    assert.deepEqual([-1, 8200, minute, 90 * minute].map(durationText), ['0 s', '8 s', '1 min', '1 h']);
    const [startedAt, endedAt] = [new Date(0).toISOString(), new Date(8200).toISOString()];
    assert.equal(turnTime({ startedAt, endedAt }, minute), '8 s');
    assert.deepEqual(
      [0, 8200, minute].map((now) => turnTime({ startedAt }, now)),
      ['now', 'now', '1 min'],
    );
    assert.deepEqual([0, 3 * minute].map(waitText), ['waiting for less than a minute', 'waiting for 3 min']);
  });

  for (const text of hostile) {
    it(`is one short line of letters, whatever its title is (${JSON.stringify(text.slice(0, 20))})`, () => {
      for (const title of [text, `${text} and more`]) {
        const label = sessionLabel(session('a', { title }));
        assert.ok([...label].length <= 44);
        assert.doesNotMatch(label, /[\p{Cc}\u200B\u202A-\u202E\u2066-\u2069\u2028]/u);
        assert.notEqual(label, '');
      }
    });
  }

  it('has the first words of its title where there is little room, and all of it where there is much', () => {
    const named = (title: string) => session('a', { title });
    assert.equal(rowLabel(named('Show springs and neaps in the table')), 'Show springs and neaps…');
    assert.equal(rowLabel(named('Print a list of harbours')), 'Print a list of harbours');
    assert.equal(rowLabel(named('Print a list of harbours with --list')), 'Print a list of harbour…');
    assert.equal(rowLabel(named('Show times in the right time zone')), 'Show times in the right…');
    assert.equal(rowLabel(named('Donaudampfschifffahrtsgesellschaft')), 'Donaudampfschifffahrtsg…');
    assert.equal(sessionTitle(named('Show springs and neaps in the table')), 'Show springs and neaps in the table');
    assert.equal(rowLabel(session('0123456789', { title: ' ', prompt: '' })), '01234567');
  });

  it('has a look for every status, and is at work, queued or settled', () => {
    for (const status of statuses) {
      const { icon, label } = lookOf(status);
      assert.match(icon, /^[a-z-]+(~spin)?$/u);
      assert.notEqual(label, '');
      const kinds = [isAtWork({ status }), status === 'queued', isSettled({ status })];
      assert.equal(kinds.filter(Boolean).length, 1, status);
    }
  });
});

describe('the outline', () => {
  const rows = new Rows();
  const draw = (all: readonly SessionView[], showArchived = false): Outline =>
    new Outline(entries(...all), ['/repo'], rows, { showArchived });
  const names = (found: readonly Row[]): string[] => found.map(rowId);
  const repo = rows.repository('/repo');

  it('has what is at work first, then the line, then what has ended, each with the newest first', () => {
    const at = (n: number): { createdAt: string } => ({ createdAt: new Date(startedAt + n).toISOString() });
    const found = draw([
      session('old', { status: 'reported', ...at(1) }),
      session('second', { status: 'queued', position: 2, ...at(2) }),
      session('new', { status: 'failed', ...at(3) }),
      session('first', { status: 'queued', position: 1, ...at(4) }),
      session('work', at(0)),
    ]).children(repo);
    assert.deepEqual(
      names(found),
      ['work', 'first', 'second', 'new', 'old'].map((id) => `session:${id}`),
    );
  });

  it('shows sessions below their parent, and those whose parent is not there at the top', () => {
    const outline = draw([session('a'), session('b', { parent: 'a' }), session('c', { parent: 'gone' })]);
    assert.deepEqual(names(outline.children(repo)), ['session:a', 'session:c']);
    assert.deepEqual(names(outline.children(rows.session('a'))), ['session:b']);
    assert.equal(outline.parent(rows.session('b')), rows.session('a'));
    assert.equal(outline.parent(rows.session('c')), repo);
  });

  it('says of a plan how its sessions stand, and has it among what is at work as long as one of them is', () => {
    const plan = session('plan', { status: 'reported' });
    const outline = draw([
      session('alone'),
      plan,
      session('a', { parent: 'plan', status: 'landed' }),
      session('b', { parent: 'plan', status: 'failed' }),
      detail('c', { parent: 'b', status: 'needs-you' }),
      session('old', { status: 'landed', createdAt: new Date(startedAt + 1).toISOString() }),
    ]);
    assert.deepEqual(names(outline.children(repo)), ['session:alone', 'session:plan', 'session:old']);
    assert.deepEqual(names(outline.children(rows.session('plan'))), ['session:b', 'session:a']);
    const below = outline.below('plan');
    assert.equal(sessionDescription(plan, startedAt, below), '1 of 3 done · 1 needs you · 1 failed · now');
    assert.match(spokenSession(plan, startedAt, below), /, reported done, 1 of 3 done · 1 needs you · 1 failed, /u);
    assert.equal(outline.below('alone'), undefined);
  });

  it('has archived sessions in a place of their own, when wanted', () => {
    const all = [session('a', { archived: true }), session('b')];
    assert.deepEqual(names(draw(all).children(repo)), ['session:b']);
    assert.deepEqual(names(draw(all, true).children(repo)), ['session:b', 'archive:/repo']);
    assert.deepEqual(names(draw(all, true).children(rows.archive('/repo'))), ['session:a']);
    assert.ok(draw([session('a', { archived: true })]).isEmpty);
  });

  it('lists turns with the newest first', () => {
    const turnNotes = [1, 2].map((n) => ({ n, startedAt: session('a').createdAt }));
    const outline = draw([detail('a', { turns: 2, turnNotes })]);
    assert.deepEqual(names(outline.children(rows.session('a'))), ['turn:a/2', 'turn:a/1']);
  });

  it('draws only the row again whose text changed', () => {
    const [one, two] = [
      [session('a'), session('b')],
      [session('a', { title: 'Other' }), session('b')],
    ];
    const again = touched(
      new Map([['a', { before: entries(...one).get('a'), after: entries(...two).get('a') }]]),
      draw(one),
      draw(two),
      rows,
    );
    assert.deepEqual([...again], [rows.session('a')]);
  });

  it('draws the parent again where sessions come, go or really change places, and the whole where the view was empty', () => {
    const plan = (status: SessionView['status']): SessionView[] => [
      session('a', { status: 'reported' }),
      session('b', { parent: 'a', status }),
    ];
    const cases: [SessionView[], SessionView[], (Row | undefined)[]][] = [
      [[session('a')], [session('a'), session('b')], [repo]],
      [[session('a')], [session('a', { status: 'reported' })], [rows.session('a')]],
      [[session('a'), session('b')], [session('a', { status: 'reported' }), session('b')], [repo]],
      [[session('a')], [session('a'), session('b', { parent: 'a' })], [repo]],
      [plan('running'), plan('needs-you'), [rows.session('a')]],
      [plan('running'), plan('reported'), [rows.session('a')]],
      [[session('a', { archived: true }), session('b')], [session('b')], [repo]],
      [[], [session('a')], [undefined]],
      [[session('a')], [], [undefined]],
    ];
    for (const [before, after, wanted] of cases) {
      const all = changesBetween(entries(...before), entries(...after));
      const real = new Map([...all].filter(([, each]) => JSON.stringify(each.before) !== JSON.stringify(each.after)));
      assert.deepEqual([...touched(real, draw(before, true), draw(after, true), rows)], wanted);
    }
  });

  it('is as it should be when what was touched is drawn again, with all below it, and nothing else', () => {
    const ids = ['a', 'b', 'c', 'd'];
    const one = fc.record({
      parent: fc.constantFrom(undefined, ...ids),
      archived: fc.boolean(),
      status: fc.constantFrom('running', 'queued', 'reported', 'failed'),
      there: fc.boolean(),
    });
    const all = fc.array(one, { minLength: 4, maxLength: 4 }).map((given) =>
      given.flatMap(({ parent, there, ...rest }, i) => {
        const older = parent !== undefined && ids.indexOf(parent) < i ? { parent } : {};
        return there ? [session(ids[i] ?? '', { ...rest, ...older })] : [];
      }),
    );
    type Seen = readonly [string, readonly Seen[]];
    /** The row as it is seen when only `again` was drawn since `was`. */
    const seen = (was: Outline, is: Outline, again: ReadonlySet<Row | undefined>, row?: Row): Seen => {
      const fresh = again.has(row);
      const from = fresh ? is : was;
      const text = row?.kind === 'session' ? belowText(from.below(row.id)) : '';
      const name = row === undefined ? '' : rowId(row);
      return [
        `${name} ${text}`,
        from.children(row).map((each) => seen(fresh ? is : was, is, fresh ? new Set([each]) : again, each)),
      ];
    };
    fc.assert(
      fc.property(all, all, fc.boolean(), (before, after, showArchived) => {
        const changes = changesBetween(entries(...before), entries(...after));
        const real = new Map(
          [...changes].filter(([, each]) => JSON.stringify(each.before) !== JSON.stringify(each.after)),
        );
        const [was, is] = [draw(before, showArchived), draw(after, showArchived)];
        const again = touched(real, was, is, rows);
        assert.deepEqual(seen(was, is, again), seen(is, is, new Set([undefined])));
      }),
      { numRuns: 500 },
    );
  });

  it('shows every session exactly once, whatever their parents are', () => {
    const ids = ['a', 'b', 'c', 'd', 'e'];
    const one = fc.record({ parent: fc.option(fc.constantFrom(...ids), { nil: undefined }), archived: fc.boolean() });
    fc.assert(
      fc.property(fc.array(one, { minLength: 5, maxLength: 5 }), (given) => {
        // As in the engine, a parent is older than its children.
        const all = given.map(({ parent, archived }, i) => {
          const older = parent !== undefined && ids.indexOf(parent) < i ? { parent } : {};
          return session(ids[i] ?? '', { archived, ...older });
        });
        const outline = draw(all, true);
        const seen: string[] = [];
        const walk = (row?: Row): void => {
          for (const each of outline.children(row)) {
            if (each.kind === 'session') seen.push(each.id);
            assert.equal(outline.parent(each), row);
            walk(each);
          }
        };
        walk();
        assert.deepEqual(seen.sort(), ids);
      }),
    );
  });

  it('is quick with 1,000 sessions', () => {
    const all = Array.from({ length: 1000 }, (_, i) =>
      session(`s${i}`, { status: i % 3 === 0 ? 'running' : 'reported' }),
    );
    const begun = performance.now();
    for (let i = 0; i < 20; i++) draw(all).children(repo);
    assert.ok((performance.now() - begun) / 20 < 50, 'an outline takes less than 50 ms');
  });
});

describe('decisions', () => {
  const later = { raisedAt: new Date(startedAt + minute).toISOString() };

  it('come in the order of what they hold up, then of their age', () => {
    const all = entries(
      detail('old', { status: 'needs-you', mode: 'dispatch', needs: [breakpoint('1')] }),
      detail('parent', { status: 'needs-you', mode: 'dispatch', needs: [breakpoint('2', later)] }),
      session('child', { parent: 'parent' }),
    );
    const order = inOrder(needsOf(all.values()), all).map((need) => need.breakpoint.id);
    assert.deepEqual(order, ['2', '1']);
  });

  it('are news once, and not when a session has only come into view', () => {
    const before = entries(detail('a', { needs: [breakpoint('1')] }));
    const after = entries(detail('a', { needs: [breakpoint('1'), breakpoint('2')] }));
    assert.deepEqual(
      newsIn(changesBetween(before, after)).needs.map((need) => need.breakpoint.id),
      ['2'],
    );
    assert.deepEqual(newsIn(changesBetween(new Map(), after)).needs, []);
  });

  it('are one message, however many there are', () => {
    const one = { session: session('a'), breakpoint: breakpoint('1') };
    assert.match(announcement({ needs: [one], ended: [] })?.text ?? '', /^Title of a needs you: Do 1$/u);
    assert.equal(announcement({ needs: [one, one], ended: [session('b')] })?.text, '2 decisions need you.');
    assert.equal(announcement({ needs: [], ended: [session('b', { status: 'failed' })] })?.severity, 'warning');
    assert.equal(announcement({ needs: [], ended: [] }), undefined);
  });

  it('are told from the end of a session, of which who stopped it hears nothing', () => {
    const ended = (status: SessionView['status']): number =>
      newsIn(changesBetween(entries(session('a')), entries(session('a', { status })))).ended.length;
    assert.deepEqual([ended('reported'), ended('failed'), ended('cancelled'), ended('paused')], [1, 1, 0, 0]);
  });
});

describe('the status bar', () => {
  it('counts, warns only when a person must act, and is hidden when there is nothing', () => {
    const all = [session('a'), session('b', { status: 'needs-you' }), session('c', { status: 'queued' })];
    assert.equal(statusText(countsOf(all, 1), 'connected')?.text, '$(bell-dot) 1 running · 1 needs you');
    assert.equal(statusText(countsOf(all, 0), 'connected')?.warns, false);
    assert.equal(statusText(countsOf([session('d', { archived: true })], 0), 'connected'), undefined);
    assert.match(statusText(countsOf(all, 0), 'away')?.text ?? '', /debug-disconnect/u);
  });
});
