import assert from 'node:assert/strict';
import type { NewEvent } from '../../../src/core/domain.ts';
import { event } from '../../../src/core/events.ts';
import { isCoppiceError } from '../../../src/core/errors.ts';
import { mostComments, say, stateOfComment, tick, toSend } from '../../../src/core/review/commands.ts';
import { reviewPrompt } from '../../../src/core/review/prompt.ts';
import type { Comment, Review } from '../../../src/core/review/state.ts';
import { addPrompt } from '../../../src/core/session/commands.ts';
import { limits, newSession, World } from './world.ts';

const anchor = { path: 'src/a.ts', start: 3, end: 4, quote: 'one\ntwo' };

describe('the review of a session', () => {
  let world: World;
  const review = (): Review | undefined => world.ledger.entity('review', 'a') as unknown as Review | undefined;
  const comment = (id: string): Comment => {
    const found = review()?.comments.find((each) => each.id === id);
    assert.ok(found);
    return found;
  };
  const append = (events: readonly NewEvent[]): void => world.ledger.append(events, 'user:ada');
  beforeEach(() => {
    world = new World();
    newSession(world.ledger, 'a');
  });
  afterEach(() => assert.equal(world.ledger.state(), world.ledger.replayed()));

  it('takes a comment once per id and knows who said it', () => {
    append(say(review(), 'a', 'c1', anchor, 'why twice?'));
    append(say(review(), 'a', 'c1', anchor, 'why twice?'));
    assert.equal(review()?.comments.length, 1);
    assert.deepEqual([comment('c1').by, comment('c1').path, comment('c1').resolved], ['user:ada', 'src/a.ts', false]);
  });

  it('shows what became of a comment: open, sent, answered when its turn has ended, resolved', () => {
    const state = (): string => stateOfComment(comment('c1'), world.ledger.get('a'));
    while (world.step('a').do !== 'feed');
    world.take('a');
    append(say(review(), 'a', 'c1', anchor, 'why twice?'));
    assert.equal(state(), 'open');
    const { events } = addPrompt(world.ledger.sessions(), world.ledger.get('a'), { text: 'x', steer: false }, limits);
    append([...events, event('review.sent', { session: 'a', comments: ['c1'], prompt: 2 })]);
    assert.equal(state(), 'sent', 'its prompt waits for the end of the turn before');
    world.finish('a');
    while (world.step('a').do !== 'feed');
    assert.equal(state(), 'sent', 'it was written, and not seen');
    world.take('a');
    assert.equal(state(), 'sent', 'the agent is at it');
    world.finish('a');
    assert.equal(state(), 'answered');
    append([event('review.resolved', { session: 'a', comment: 'c1', resolved: true })]);
    assert.equal(state(), 'resolved');
    append([event('review.resolved', { session: 'a', comment: 'c1', resolved: false })]);
    assert.equal(state(), 'answered');
  });

  it('sends all open comments, or those that are named, and refuses to send nothing', () => {
    append(say(review(), 'a', 'c1', anchor, 'one'));
    append(say(review(), 'a', 'c2', anchor, 'two'));
    append([event('review.resolved', { session: 'a', comment: 'c1', resolved: true })]);
    const session = world.ledger.get('a');
    const ids = (named?: string[]): string[] => toSend(review(), session, named).map(({ id }) => id);
    assert.deepEqual(ids(), ['c2']);
    assert.deepEqual(ids(['c1']), ['c1']);
    assert.throws(
      () => ids(['c9']),
      (error) => isCoppiceError(error, 'not-found'),
    );
    append([event('review.withdrawn', { session: 'a', comment: 'c2' })]);
    assert.throws(
      () => ids(),
      (error) => isCoppiceError(error, 'wrong-state'),
    );
  });

  it('ticks a file for exactly the content that was seen, whatever it is called', () => {
    for (const path of ['a.ts', '__proto__', 'toString', 'bad\udcff']) {
      append(tick(review(), 'a', path, 'blob1'));
      assert.deepEqual(tick(review(), 'a', path, 'blob1'), [], 'ticked already');
      append(tick(review(), 'a', path, null));
      assert.deepEqual(
        review()?.ticks.filter((each) => each.path === path),
        [{ path, content: null }],
      );
      append(tick(review(), 'a', path, undefined));
      assert.deepEqual(tick(review(), 'a', path, undefined), []);
    }
    assert.deepEqual(review()?.ticks, []);
  });

  it('is bounded', () => {
    for (let n = 0; n < mostComments; n++) append(say(review(), 'a', `c${n}`, anchor, 'x'));
    assert.throws(() => say(review(), 'a', 'one more', anchor, 'x'), /500 comments/);
  });

  it('becomes a prompt in which each comment has its place, its lines and its words', () => {
    append(say(review(), 'a', 'c1', anchor, 'why twice?'));
    append(say(review(), 'a', 'c2', { path: 'b c.ts', start: 9, end: 9, quote: 'x'.repeat(5000) }, 'shorter\nplease'));
    const text = reviewPrompt(review()?.comments ?? [], 'Careful with the cache.');
    assert.match(
      text,
      /^Address these 2 review comments.*\n\nCareful with the cache\.\n\n1\. src\/a\.ts, lines 3 to 4\n/,
    );
    assert.match(text, / {3}> one\n {3}> two\nwhy twice\?\n\n2\. b c\.ts, line 9\n/);
    assert.ok(text.length < 2500);
  });
});
