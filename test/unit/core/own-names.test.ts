import assert from 'node:assert/strict';
import fc from 'fast-check';
import { firstPortOf, ownNames, portsEach } from '../../../src/core/worktree/own-names.ts';

describe('what a worktree has for itself', () => {
  const paths = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 200 });

  it('ports that no other worktree has, which stay when others come', () => {
    fc.assert(
      fc.property(paths, (all) => {
        const first = all.map((path) => firstPortOf(path, all));
        assert.equal(new Set(first).size, all.length);
        for (const port of first) assert.ok(port >= 20_000 && port + portsEach <= 30_000 && port % portsEach === 0);
        const before = all.slice(0, -1);
        assert.deepEqual(
          before.map((path) => firstPortOf(path, before)),
          first.slice(0, -1),
        );
        // One that is not on record yet gets what it will have.
        assert.equal(firstPortOf(all.at(-1) ?? '', before), first.at(-1));
      }),
      { numRuns: 50 },
    );
  });

  it('ends with more worktrees than there are ports', () => {
    const many = Array.from({ length: 1500 }, (_, index) => `/w/${index}`);
    assert.ok(firstPortOf('/w/1499', many) >= 20_000);
  });

  it('a project name that Compose takes, whatever the worktree is called', () => {
    for (const slug of ['Fix the Login!', 'x'.repeat(300), 'äö', 'a.b']) {
      const { COMPOSE_PROJECT_NAME: name = '' } = ownNames({ path: `/w/${slug}`, slug }, []);
      assert.match(name, /^coppice-[a-z0-9_-]{1,40}-[a-z0-9]{4}$/u);
    }
    const one = ownNames({ path: '/a/x', slug: 'x' }, []);
    assert.notEqual(one['COMPOSE_PROJECT_NAME'], ownNames({ path: '/b/x', slug: 'x' }, [])['COMPOSE_PROJECT_NAME']);
  });
});
