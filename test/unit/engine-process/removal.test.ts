import assert from 'node:assert/strict';
import type { NewEvent } from '../../../src/core/domain.ts';
import type { Removal } from '../../../src/core/session/state.ts';
import type { RemovalContext } from '../../../src/engine/removal/context.ts';
import { removeSession } from '../../../src/engine/removal/remove.ts';

const path = '/no/such/worktree';
const removal: Removal = { kept: 'refs/coppice/s/final', trash: 'w-1', until: 2, at: 1 };

/** A session with its work done, whose worktree is in the trash; `meanwhile` happens while the disk is looked at. */
function contextOf(meanwhile: (session: { removal?: Removal }) => void): {
  context: RemovalContext;
  committed: NewEvent[];
} {
  const committed: NewEvent[] = [];
  const session: { removal?: Removal } & Record<string, unknown> = {
    ...{ id: 's', admission: 'idle', repository: { id: 'r', root: '/no/such' } },
    worktree: { path, origin: 'created' },
  };
  const store = {
    session: () => session,
    all: () => [],
    intentsOf: () => [],
    get: () => (session.removal === undefined ? { path, origin: 'created', session: 's' } : undefined),
    commit: (_actor: string, decide: () => readonly NewEvent[]) => {
      committed.push(...decide());
      return Promise.resolve([]);
    },
  };
  const isAway = (): Promise<boolean> => {
    meanwhile(session);
    return Promise.resolve(false);
  };
  const repository = { name: 'p', location: { id: '0123456789', commonDir: '/no/such/.git' } };
  const repositories = { isAway, locate: () => Promise.resolve({}), open: () => Promise.resolve(repository) };
  const settings = () => Promise.resolve({ 'worktrees.root': '/no/such' });
  const rest = { settings, clock: () => 5, newId: () => 'i' };
  const context = { store, repositories, ...rest } as unknown as RemovalContext;
  return { context, committed };
}

describe('a removal that is asked for', () => {
  it('as another one of the same session ends takes nothing from it: what is in the trash comes back from there', async () => {
    const { context, committed } = contextOf((session) => (session.removal = removal));
    assert.deepEqual(await removeSession(context, 's', { despite: [], skipTeardown: true }, 'user:test'), removal);
    assert.deepEqual(committed, []);
  });

  it('when nothing is left is on record', async () => {
    const { context, committed } = contextOf(() => undefined);
    const gone = await removeSession(context, 's', { despite: [], skipTeardown: true }, 'user:test');
    assert.deepEqual(gone, { kept: null, until: 5, at: 5 });
    assert.deepEqual(
      committed.map(({ type }) => type),
      ['session.removed'],
    );
  });
});
