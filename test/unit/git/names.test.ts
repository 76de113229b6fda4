import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  branchOf,
  freeSlug,
  isBranchName,
  slugFrom,
  slugLength,
  slugOfBranch,
  suffixOf,
  worktreePath,
} from '../../../src/git/names.ts';

describe('names', () => {
  it('any text gives a slug that is a folder, a branch and itself again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.string({ maxLength: 200 })), (text) => {
        const slug = slugFrom(text);
        assert.match(slug, /^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$/);
        assert.ok(slug.length <= slugLength);
        assert.equal(slugFrom(slug), slug);
        assert.equal(isBranchName(branchOf(slug)), true);
        assert.equal(slugOfBranch(branchOf(slug)), slug);
      }),
      { numRuns: 1000 },
    );
  });

  it('well-known texts', () => {
    const cases: [string, string][] = [
      ['Fix the Login Bug', 'fix-the-login-bug'],
      ['implement-auth-05A', 'implement-auth-05A'],
      ['feature/x', 'feature-x'],
      ['Größe & Maß, Łódź', 'grosse-mass-lodz'],
      ['SMØRREBRØD Æ', 'smorrebrod-ae'],
      ['../../etc/passwd', 'etc-passwd'],
      ['.git', 'git'],
      ['refs.lock', 'refs-lock'],
      ['-rf', 'rf'],
      ['"quoted" $(id) `x`', 'quoted-id-x'],
      ['naïve Übung', 'naive-ubung'],
      ['a\nb\0c', 'a-b-c'],
      ['HEAD', 'head'],
    ];
    for (const [text, slug] of cases) assert.equal(slugFrom(text), slug);
    assert.match(slugFrom('日本語'), /^task-[0-9a-f]{7}$/);
    assert.notEqual(slugFrom('日本語'), slugFrom('中文'));
    assert.match(slugFrom(''), /^task-[0-9a-f]{7}$/);
    assert.equal(slugFrom('Foo'), slugFrom('fOO'));
  });

  it('a suffix survives shortening, and words are not cut where that can be helped', () => {
    const long = slugFrom(`implement ${'very '.repeat(20)}long name 05A`);
    assert.equal(suffixOf(long), '05A');
    assert.match(long, /^implement-very-/);
    assert.equal(slugFrom('one two three four five six seven eight nine'), 'one-two-three-four-five-six-seven-eight');
    assert.equal(slugFrom('x'.repeat(100)), 'x'.repeat(40));
  });

  it('the suffix is the last part of two digits and a capital letter', () => {
    assert.equal(suffixOf('implement-auth-05A'), '05A');
    assert.equal(suffixOf('05A-then-06B-done'), '06B');
    for (const none of ['auth-5A', 'auth-05a', 'auth-005A', 'auth-05AB', 'auth', ''])
      assert.equal(suffixOf(none), undefined);
  });

  it('a free slug is not taken, whatever the case', () => {
    assert.equal(freeSlug('auth', []), 'auth');
    assert.equal(freeSlug('auth', ['AUTH', 'auth-2']), 'auth-3');
    const long = 'x'.repeat(40);
    assert.equal(freeSlug(long, [long]), `${'x'.repeat(38)}-2`);
  });

  it('the path names repository, id and slug', () => {
    assert.equal(worktreePath('/r', { name: 'app', location: { id: '0123456789abcdef' } }, 'x'), '/r/app-01234567/x');
  });
});
