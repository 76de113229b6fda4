import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isImplausible, lossText, mostStricken } from '../../../src/core/checkpoint/loss.ts';
import { decisionAnswered, overtaken } from '../../../src/core/supervision/commands.ts';
import type { Breakpoint, Session } from '../../../src/core/session/state.ts';

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
    );
  });

  const asked: Breakpoint = {
    ...{ id: 'b', kind: 'decision', title: '', detail: '', raisedAt: 1 },
    about: { hold: true, turn: 1, lost: { gone: 4, of: 5, to: 0 } },
  };
  const session = { id: 's', promptCount: 1, breakpoints: [asked] } as unknown as Session;

  it('come back by a rollback of nothing else, once', () => {
    const [event, ...more] = decisionAnswered(session, asked, { choice: 'put-back' }, 'user:cli');
    assert.deepEqual(event?.data['request'], { id: 'b', to: 0, gone: true });
    assert.deepEqual(more, []);
    const other = { ...asked, about: { hold: true, turn: 1 } };
    assert.throws(() => decisionAnswered(session, other, { choice: 'put-back' }, 'user:cli'), /No files are gone/u);
    const busy = { ...session, restoring: { id: 'x', to: 0 } };
    assert.throws(() => decisionAnswered(busy, asked, { choice: 'put-back' }, 'user:cli'), /rolled back already/u);
  });

  it('are a question that a further prompt does not answer', () => {
    assert.deepEqual(overtaken(session), []);
  });
});
