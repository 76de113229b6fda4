import assert from 'node:assert/strict';
import { resolveWorktree, type Candidate } from '../../../src/git/resolver.ts';

const facts = { defaultBranch: 'main', protected: new Set(['main', 'feature/in-main-05A']) };
const at = (branch: string | undefined, more: Partial<Candidate> = {}): Candidate => ({
  path: `/w/${branch ?? 'none'}`,
  branch,
  main: false,
  gone: false,
  ...more,
});

describe('resolveWorktree', () => {
  const auth = at('feature/auth-05A');

  it('takes the one worktree that owns the suffix', () => {
    const worktrees = [at('main', { main: true }), auth, at('feature/cart-06B'), at('other-05A'), at(undefined)];
    assert.deepEqual(resolveWorktree('implement-auth-05A', worktrees, facts), { kind: 'use', worktree: auth });
    assert.deepEqual(resolveWorktree('Test the login (05A)', worktrees, facts), { kind: 'use', worktree: auth });
  });

  it('makes one when none fits', () => {
    const worktrees = [auth, at('feature/x-07C', { gone: true }), at('feature/in-main-05A', { main: true })];
    assert.deepEqual(resolveWorktree('implement-cart-06B', worktrees, facts), {
      kind: 'create',
      slug: 'implement-cart-06B',
      branch: 'feature/implement-cart-06B',
    });
    assert.equal(resolveWorktree('x-07C', worktrees, facts).kind, 'create');
    assert.equal(resolveWorktree('implement-auth-05a', worktrees, facts).kind, 'create');
  });

  it('asks when two or more fit, naming them', () => {
    assert.throws(
      () => resolveWorktree('implement-auth-05A', [auth, at('feature/login-05A')], facts),
      (error: unknown) => {
        const { code, context } = error as { code: string; context: Record<string, string> };
        assert.deepEqual([code, context['candidates']], ['worktree-ambiguous', 'feature/auth-05A\nfeature/login-05A']);
        return true;
      },
    );
  });

  it('without a suffix the whole slug must be equal', () => {
    const login = at('feature/fix-login');
    assert.deepEqual(resolveWorktree('Fix login', [login, at('feature/fix-login-2')], facts), {
      kind: 'use',
      worktree: login,
    });
    assert.equal(resolveWorktree('Fix login now', [login], facts).kind, 'create');
  });

  it('what was asked for by name is used or made', () => {
    for (const name of ['feature/auth-05A', 'auth-05A', '/w/feature/auth-05A']) {
      assert.deepEqual(resolveWorktree('anything', [auth, at('feature/b-05A')], facts, name), {
        kind: 'use',
        worktree: auth,
      });
    }
    assert.deepEqual(resolveWorktree('anything', [auth], facts, 'New One'), {
      kind: 'create',
      slug: 'new-one',
      branch: 'feature/new-one',
    });
    assert.deepEqual(resolveWorktree('anything', [auth], facts, 'feature/new'), {
      kind: 'create',
      slug: 'new',
      branch: 'feature/new',
    });
  });

  it('a path finds a worktree or nothing, however it ends', () => {
    assert.equal(resolveWorktree('anything', [auth], facts, `${auth.path}//`).kind, 'use');
    assert.throws(() => resolveWorktree('anything', [auth], facts, '/w/elsewhere'), { code: 'not-found' });
    assert.throws(() => resolveWorktree('anything', [auth], facts, '/'), { code: 'not-found' });
  });

  it('a branch may be written out', () => {
    assert.equal(resolveWorktree('anything', [auth], facts, 'refs/heads/feature/auth-05A').kind, 'use');
    assert.throws(() => resolveWorktree('anything', [auth], facts, 'refs/heads/main'), { code: 'default-branch' });
  });

  it('the default branch and the main checkout are refused', () => {
    const worktrees = [at('main', { main: true, path: '/main' }), auth];
    assert.throws(() => resolveWorktree('x', worktrees, facts, 'main'), { code: 'default-branch' });
    assert.throws(() => resolveWorktree('x', worktrees, facts, 'Main'), { code: 'default-branch' });
    assert.throws(() => resolveWorktree('x', [at('topic', { main: true, path: '/main' })], facts, '/main'), {
      code: 'default-branch',
    });
    assert.throws(() => resolveWorktree('x', [at(undefined, { main: true, path: '/main' })], facts, '/main'), {
      code: 'default-branch',
    });
  });
});
