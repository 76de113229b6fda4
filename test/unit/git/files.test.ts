import assert from 'node:assert/strict';
import { CoppiceError } from '../../../src/core/errors.ts';
import { diskFailure } from '../../../src/git/files.ts';

const failure = (code: string) => Object.assign(new Error(code), { code });

describe('diskFailure', () => {
  it('says what a person can do about a full or a read-only disk, and leaves the rest', () => {
    for (const [code, ours] of [
      ['ENOSPC', 'disk-full'],
      ['EDQUOT', 'disk-full'],
      ['EROFS', 'read-only'],
      ['EACCES', 'read-only'],
    ] as const) {
      const error = diskFailure(failure(code), '/w');
      assert.ok(error instanceof CoppiceError);
      assert.deepEqual([error.code, error.context['path'], error.context['reason']], [ours, '/w', code]);
    }
    const others = [failure('ENOENT'), new Error('plain'), new CoppiceError('not-found', 'a', 'b'), undefined];
    for (const error of others) assert.equal(diskFailure(error, '/w'), error);
  });
});
