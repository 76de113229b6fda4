import assert from 'node:assert/strict';
import type { NewEvent } from '../../../src/core/domain.ts';
import type { Session } from '../../../src/core/session/state.ts';
import type { SessionContext } from '../../../src/engine/sessions/context.ts';
import { recoverInputs, writeInput } from '../../../src/engine/sessions/inputs.ts';

describe('inputs that an earlier engine announced', () => {
  it('keep their number when they are tried again, however the journal orders what they are', async () => {
    const session = { id: 's', run: { n: 1, inputs: 1 }, breakpoints: [], prompts: [] } as unknown as Session;
    const effect = { kind: 'input', run: 1, input: 2, what: { breakpoint: 'b', kind: 'answer' } };
    const written: unknown[] = [];
    const context = {
      store: { intentsOf: () => [{ id: 'i', session: 's', effect }], commit: () => Promise.resolve() },
      runRef: () => 'run',
      executor: () => ({ write: async (...given: unknown[]) => Promise.resolve(written.push(given)) }),
    } as unknown as SessionContext;
    assert.equal(await writeInput(context, session, { kind: 'answer', breakpoint: 'b' }), true);
    assert.deepEqual(written, [['run', 2, '']], 'a gap would hold all that follows it');
  });

  it('are concluded also where the agent had the answer, and its question was closed, before that was on record', async () => {
    const session = { id: 's', run: { n: 1, inputs: 1 }, breakpoints: [], prompts: [] } as unknown as Session;
    const effect = { kind: 'input', run: 1, input: 2, what: { kind: 'answer', breakpoint: 'b' } };
    const [written, committed]: [unknown[], NewEvent[]] = [[], []];
    const context = {
      store: {
        session: () => session,
        intentsOf: () => (committed.length === 0 ? [{ id: 'i', session: 's', effect }] : []),
        commit: async (_actor: unknown, events: () => readonly NewEvent[]) => {
          committed.push(...events());
          return Promise.resolve();
        },
      },
      runRef: () => 'run',
      executor: () => ({ write: async (...given: unknown[]) => Promise.resolve(written.push(given)) }),
      agent: async () => Promise.reject(new Error('not asked: there is nothing to encode')),
    } as unknown as SessionContext;
    await recoverInputs(context, session);
    assert.deepEqual(written, [['run', 2, '']], 'its number is taken: what follows it waits for that');
    assert.deepEqual(
      committed.map(({ type }) => type),
      ['input.written'],
    );
  });
});
