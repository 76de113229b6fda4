/** What goes on and what waits where: the tooltip of the status bar, and the bar at the top of the Sessions view. */
import assert from 'node:assert/strict';
import { isBusy } from '../../../src/extension/sessions/busy.ts';
import { needsOf } from '../../../src/extension/sessions/entry.ts';
import { progressLines, type Line } from '../../../src/extension/status-bar/progress.ts';
import { countsOf, summary } from '../../../src/extension/status-bar/text.ts';
import type { LandingView } from '../../../src/protocol/landing.ts';
import type { SessionDetail, SessionView } from '../../../src/protocol/schemas.ts';
import { breakpoint, detail, entries, hostile, landing, session, startedAt, supervision } from './given.ts';

function lines(all: readonly (SessionView | SessionDetail)[], landings: readonly LandingView[] = []): readonly Line[] {
  const known = entries(...all);
  return progressLines({ entries: known, needs: needsOf(known.values()), landings, now: startedAt + 5 * 60_000 });
}

const texts = (found: readonly Line[]): string[] => found.map(({ text }) => text);

describe('progress in the tooltip of the status bar', () => {
  it('tells what needs a person, what is at work, and who waits at which place', () => {
    const found = lines([
      session('later', { status: 'queued', position: 3 }),
      session('next', { status: 'queued', position: 1 }),
      session('work'),
      detail('asks', { status: 'needs-you', needs: [breakpoint('b')] }),
      session('over', { status: 'reported' }),
      session('gone', { archived: true }),
    ]);
    assert.deepEqual(
      found.map(({ icon, text }) => `${icon} ${text}`),
      [
        'bell-dot Title of asks: Do b',
        'circle-filled Title of work · 5 min',
        'clock Title of next · 1 in line · 5 min',
        'clock Title of later · 3 in line · 5 min',
      ],
    );
  });

  it('tells who looks at work at the moment', () => {
    const judged = { turn: 1, at: '', tree: '', files: 0, lines: 0, issues: [], evidence: [] };
    const found = lines([
      detail('a', { status: 'verified', supervision: supervision({ verifying: true }) }),
      detail('b', { supervision: supervision({ judgements: [judged] }) }),
      detail('c', { status: 'failed', supervision: supervision({ judgements: [judged] }) }),
    ]);
    assert.deepEqual(texts(found), ['Title of a · 5 min · at its gates', 'Title of b · 5 min · being judged']);
  });

  it('tells how a plan stands, and the stage at which it is, until all of it has ended', () => {
    const at = (n: number): string => new Date(startedAt + n).toISOString();
    const task = (id: string, n: number, stage: string, status: SessionView['status']): SessionView =>
      session(id, { parent: 'plan', stage, status, createdAt: at(n) });
    const plan = session('plan', { status: 'reported' });
    const begun = [plan, task('a', 1, 'sketch', 'landed'), task('b', 2, 'build', 'accepted')];
    const found = lines([...begun, task('c', 3, 'build', 'queued'), task('d', 4, 'ship', 'queued')]);
    assert.equal(found[0]?.text, 'Title of plan · 2 of 4 done · stage build: 1 of 2');
    assert.equal(found[0].icon, 'list-tree');
    assert.deepEqual(lines(begun), []);
  });

  it('takes no longer for many plans than for their number', () => {
    const all = Array.from({ length: 4000 }, (_, n) => session(`s${n}`, n % 2 === 1 ? { parent: `s${n - 1}` } : {}));
    let looks = 0;
    const counted = all.map((each) => ({
      ...each,
      get parent() {
        looks += 1;
        return each.parent;
      },
    }));
    lines(counted);
    assert.ok(looks < 20 * all.length, String(looks));
  });

  it('tells each landing with its place, its gates, or why it waits', () => {
    const passed = { command: ['true'], tree: 't', passed: true, code: 0, ms: 1, output: '' };
    const found = lines(
      [session('a', { status: 'accepted' })],
      [
        landing({ id: '1', title: 'One', state: 'built', position: 1, evidence: [passed] }),
        landing({ id: '2', title: 'Two', state: 'queued', position: 2 }),
        landing({ id: '3', title: 'Three', held: 'main is checked out with changes.', reverts: '0' }),
      ],
    );
    assert.deepEqual(texts(found), [
      'One: On its way into main · at its gates, 1 passed',
      'Two: On its way into main · place 2 in the line',
      'Three: Being taken back from main · main is checked out with changes.',
    ]);
  });

  it('is short, however much there is, and clean, whatever is in it', () => {
    const many = [...hostile, ...hostile, ...hostile].flatMap((title, n) => [
      session(`w${n}`, { title, parent: 'plan', stage: title }),
      session(`p${n}`, { title, parent: `w${n}` }),
      session(`q${n}`, { title, status: 'queued', position: n }),
      detail(`n${n}`, { title, status: 'needs-you', needs: [breakpoint(`b${n}`, { title })] }),
    ]);
    const found = lines(
      [session('plan'), ...many],
      hostile.map((title, n) => landing({ id: String(n), title, target: title })),
    );
    assert.ok(found.length <= 22, String(found.length));
    for (const { text } of found) {
      assert.ok([...text].length < 300, text);
      assert.doesNotMatch(text, /[\p{Cc}\u200B\u202A-\u202E\u2066-\u2069\u2028]/u);
    }
    assert.equal(found.filter(({ icon }) => icon === 'ellipsis').length, 5);
  });

  it('begins with the numbers that are not nothing', () => {
    const all = [session('a'), session('b', { status: 'needs-you' }), session('c', { status: 'failed' })];
    assert.equal(summary(countsOf(all, 1)), '1 running, 1 waiting for you, 1 ended');
  });
});

describe('the bar at the top of the Sessions view', () => {
  const none = entries();

  it('is there while the engine is reached, gates are asked, or work comes home', () => {
    const verifying = entries(detail('a', { status: 'reported', supervision: supervision({ verifying: true }) }));
    assert.equal(isBusy('connecting', none.values(), []), true);
    assert.equal(isBusy('connected', verifying.values(), []), true);
    assert.equal(isBusy('connected', none.values(), [landing({})]), true);
  });

  it('is not there while agents work, a landing waits for something else, or the engine is away', () => {
    assert.equal(isBusy('connected', entries(detail('a')).values(), []), false);
    assert.equal(isBusy('connected', none.values(), [landing({ held: 'dirty' })]), false);
    assert.equal(isBusy('away', none.values(), [landing({})]), false);
    assert.equal(isBusy('idle', none.values(), []), false);
  });
});
