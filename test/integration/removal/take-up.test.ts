import assert from 'node:assert/strict';
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { NewEvent } from '../../../src/core/domain.ts';
import type { Intent } from '../../../src/core/intent/state.ts';
import type { RemovalContext } from '../../../src/engine/removal/context.ts';
import { recoverRemovals, takeUp } from '../../../src/engine/removal/recover.ts';
import { createWorktree } from '../../../src/git/create.ts';
import { locateRepository } from '../../../src/git/locate.ts';
import { removeWorktree } from '../../../src/git/removal.ts';
import { Sandbox } from '../git/support.ts';

const now = 1_800_000_000_000;

describe('a removal that an earlier engine had begun', () => {
  let sandbox: Sandbox;

  beforeEach(async () => (sandbox = await Sandbox.make()));
  afterEach(async () => sandbox.clean());

  it('whose trash cannot be read is taken up again when somebody asks, who is told why as long as it cannot', async () => {
    const main = await sandbox.repository();
    const repository = await sandbox.open(main);
    const { place } = await createWorktree(repository, { root: sandbox.root, slug: 'x' });
    const { trash: id } = await removeWorktree(repository, place, { root: sandbox.root, session: 's', now });
    const intent: Intent = { id: 'i', session: 's', openedAt: now, effect: { kind: 'removal', path: place.path } };
    const intents = new Map([[intent.id, intent]]);
    const committed: NewEvent[] = [];
    const types = (): string[] => committed.map(({ type }) => type);
    const warned: string[] = [];
    const session = { id: 's', worktree: place, repository: { id: 'r', root: main } };
    const context = {
      store: {
        get: (kind: string, key: string) =>
          ({ intent: intents.get(key), session, repository: { trusted: true }, worktree: undefined })[kind],
        intentsOf: () => [...intents.values()],
        commit: (_actor: string, decide: () => readonly NewEvent[]) => {
          committed.push(...decide());
          intents.clear();
          return Promise.resolve([]);
        },
      },
      repositories: { locate: locateRepository, open: () => Promise.resolve(repository) },
      settings: () => Promise.resolve({ 'worktrees.root': sandbox.path('elsewhere') }),
      log: { warn: (message: string) => void warned.push(message) },
      unsettled: new Set<string>(),
      stopping: new AbortController().signal,
      clock: () => now,
    } as unknown as RemovalContext;
    await takeUp(context, 's');
    assert.deepEqual(types(), [], 'whoever is in the middle of it ends it');
    const trash = join(sandbox.root, '.trash', basename(dirname(place.path)));
    await rename(trash, sandbox.path('aside'));
    await writeFile(trash, 'no folder\n');
    await recoverRemovals(context, [intent]);
    assert.deepEqual([types(), warned], [[], ['a removal cannot be taken up']]);
    await assert.rejects(takeUp(context, 's'), /cannot be read \(ENOTDIR\)/);
    await assert.rejects(takeUp(context, 's'), /cannot be read \(ENOTDIR\)/);
    await rm(trash);
    await rename(sandbox.path('aside'), trash);
    await takeUp(context, 's');
    assert.deepEqual(types(), ['worktree.removed', 'session.removed']);
    assert.match(JSON.stringify(committed), new RegExp(`"trash":"${id}"`));
    await takeUp(context, 's');
    assert.equal(types().length, 2);
  });
});
