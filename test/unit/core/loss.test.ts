import assert from 'node:assert/strict';
import fc from 'fast-check';
import { afterLoss, isImplausible, landingLoss, lossText, mostStricken } from '../../../src/core/checkpoint/loss.ts';
import { decisionAnswered, overtaken } from '../../../src/core/supervision/commands.ts';
import { CoppiceError, toErrorRecord } from '../../../src/core/errors.ts';
import { event } from '../../../src/core/events.ts';
import { goOn } from '../../../src/core/restore/automatic.ts';
import { addPrompt, answer } from '../../../src/core/session/commands.ts';
import type { Breakpoint, Session } from '../../../src/core/session/state.ts';
import { nextText } from '../../../src/cli/ways.ts';
import { limits, newSession, World } from './world.ts';

describe('files that are gone after a turn', () => {
  it('are asked about when they are a large part, or many', () => {
    for (const [gone, of] of [
      [412, 500],
      [3, 3],
      [4, 5],
      [10, 19],
      [1000, 50_000],
    ] as const)
      assert.equal(isImplausible({ gone, of }), true, `${gone} of ${of}`);
    for (const [gone, of] of [
      [0, 0],
      [1, 1],
      [2, 2],
      [3, 4],
      [9, 12],
      [10, 20],
      [999, 50_000],
    ] as const)
      assert.equal(isImplausible({ gone, of }), false, `${gone} of ${of}`);
    assert.equal(lossText({ gone: 412, of: 500 }), '412 of 500 files');
  });

  it('need no more of the files counted than the rule looks at', () => {
    const upTo = fc.integer({ min: 0, max: 3000 });
    fc.assert(
      fc.property(upTo, upTo, (a, b) => {
        const [gone, of] = a < b ? [a, b] : [b, a];
        assert.equal(isImplausible({ gone, of }), of <= mostStricken(gone), `${gone} of ${of}`);
      }),
      { examples: [[0, 0]] },
    );
  });

  const asked: Breakpoint = {
    ...{ id: 'b', kind: 'decision', title: '', detail: '', raisedAt: 1 },
    about: { hold: true, turn: 1, lost: { gone: 4, of: 5, to: 0 } },
  };
  const session = { id: 's', promptCount: 1, breakpoints: [asked] } as unknown as Session;

  it('come back by a rollback of nothing else, once', () => {
    const [event, ...more] = decisionAnswered(session, asked, { choice: 'put-back' }, 'user:cli');
    assert.deepEqual(event?.data['request'], { id: 'b', to: 0, gone: true, lost: { gone: 4, of: 5, turn: 1 } });
    assert.deepEqual(more, []);
    const other = { ...asked, about: { hold: true, turn: 1 } };
    assert.throws(() => decisionAnswered(session, other, { choice: 'put-back' }, 'user:cli'), /No files are gone/u);
    const busy = { ...session, restoring: { id: 'x', to: 0 } };
    assert.throws(() => decisionAnswered(busy, asked, { choice: 'put-back' }, 'user:cli'), /rolled back already/u);
  });

  /** The question about them is open after turn 1, and a further prompt waits. */
  function held(): World {
    const world = new World();
    newSession(world.ledger, 'a');
    for (let n = 0; n < 3; n += 1) world.exactStep('a');
    world.take('a');
    world.finish('a');
    assert.equal(world.exactStep('a').do, 'checkpoint');
    const { id: breakpoint, kind, title, detail, about } = asked;
    const raised = { session: 'a', breakpoint, kind, title, detail, ...(about === undefined ? {} : { about }) };
    world.ledger.append([event('breakpoint.raised', raised)]);
    const prompt = { text: 'and then', steer: false };
    world.ledger.append(addPrompt(world.ledger.sessions(), world.ledger.get('a'), prompt, limits).events);
    assert.deepEqual(world.exactStep('a'), { do: 'wait', for: 'person' });
    return world;
  }
  const words = 'bring them back';
  const after = (choice: 'allow' | 'deny' | 'hand-over', count: number): string[] => {
    const world = held();
    world.ledger.append(answer(world.ledger.get('a'), 'b', { choice, reason: words }, 'user:cli'));
    return Array.from({ length: count }, () => world.exactStep('a').do);
  };

  it('are committed when they are meant to go, and by no other answer', () => {
    assert.deepEqual(after('allow', 3), ['commit', 'checkpoint', 'feed']);
    assert.deepEqual(after('deny', 2), ['checkpoint', 'feed']);
    const world = held();
    world.ledger.append(answer(world.ledger.get('a'), 'b', { choice: 'deny', reason: words }, 'user:cli'));
    const texts = world.ledger.get('a').prompts.map(({ text }) => text);
    assert.deepEqual(texts.at(-1), `${words}\n\nand then`, 'read before anything of it is committed');
  });

  it('are asked about again, whatever waits, when they could not be put back', () => {
    const world = held();
    const { ledger } = world;
    ledger.append(answer(ledger.get('a'), 'b', { choice: 'put-back' }, 'user:cli'));
    assert.deepEqual([world.exactStep('a').do, world.exactStep('a').do], ['close', 'restore']);
    const { restoring } = ledger.get('a');
    assert.ok(restoring !== undefined);
    const error = { code: 'path-in-the-way', message: 'x is in the way.', next: 'Move it.' } as const;
    const following = goOn(ledger.get('a'), restoring, { error }, 'b2');
    ledger.append([event('restore.ended', { session: 'a', restore: 'b', files: 0, error }), ...following]);
    const [open] = ledger.get('a').breakpoints;
    assert.deepEqual([open?.id, open?.about], ['b2', asked.about]);
    assert.match(open?.detail ?? '', /^4 of 5 files are gone; checkpoint 0 .* x is in the way\. Move it\.$/u);
    assert.deepEqual(world.exactStep('a'), { do: 'wait', for: 'person' });
    assert.deepEqual(goOn(ledger.get('a'), restoring, {}, 'b3'), [], 'and when they are back, it goes on');
  });

  it('keep an agent from going on in what is left when a person takes over', () => {
    assert.deepEqual(after('hand-over', 2), ['close', 'settle']);
  });

  it('are brought back from where they still are when they went after the work had ended', () => {
    const checkpoint = { n: 3, tree: 'a', head: 'h', turn: 1, prompt: 1 };
    const ended = { id: 's', endedAt: 10, checkpoint, result: { outcome: 'reported', at: 10 } } as const;
    const restored = { id: 'r', to: 1, at: 11, files: 2, before: 2, after: 3 };
    const way = (...given: Parameters<typeof afterLoss>): string => {
      const [next, { way: known, context }] = afterLoss(...given);
      return nextText({ next, context: { ...context, way: known } });
    };
    assert.match(way(ended), /^Bring them back, or .*: `coppice rollback s 3`, or `coppice land s --deletions`\.$/u);
    assert.match(way({ ...ended, restored }), /`coppice undo s`, or `coppice land s --deletions`/u);
    assert.match(way({ ...ended, restored: { ...restored, at: 9 } }), /`coppice rollback s 3`/u);
    const changes = { tree: 'b', files: 1, insertions: 1, deletions: 0 };
    const other = { ...ended, result: { ...ended.result, changes } };
    assert.match(way(other), /`coppice checkpoints s`, or/u);

    const context = { finding: 'files-lost' };
    const refused = landingLoss(new CoppiceError('wrong-state', 'Gone.', 'Give a prompt.', { context }), ended);
    assert.deepEqual([refused.message, toErrorRecord(refused).next], ['Gone.', afterLoss(ended)[0]]);
    const error = new Error('else');
    assert.equal(landingLoss(error, ended), error);
  });

  it('are a question that a further prompt does not answer', () => {
    assert.deepEqual(overtaken(session), []);
  });
});
