import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isTreePath, pathBytes, pathText, zeroJoined, zeroPaths } from '../../../src/git/paths.ts';

describe('paths as text', () => {
  it('gives back every sequence of bytes, also through JSON', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const text = pathText(Buffer.from(bytes));
        const carried = JSON.parse(JSON.stringify(text)) as string;
        assert.deepEqual(pathBytes(carried), Buffer.from(bytes));
      }),
    );
  });

  it('gives back every valid text unchanged', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0x10ffff })), (points) => {
        const plain = String.fromCodePoint(...points).toWellFormed();
        assert.equal(pathText(pathBytes(plain)), plain);
      }),
    );
  });

  it('splits what it joined', () => {
    const parts = ['a', 'with\nnewline', pathText(Buffer.from([0x66, 0xff, 0x66])), 'ü'];
    assert.deepEqual(zeroPaths(zeroJoined(parts)), parts);
    assert.deepEqual(zeroPaths(Buffer.alloc(0)), []);
  });

  it('knows what no tree may have', () => {
    for (const bad of [
      '',
      '/a',
      'a/',
      'a//b',
      '.',
      '..',
      'a/../b',
      '.git',
      'a/.GIT/config',
      'git~1/x',
      '.git /x',
      'a\0b',
    ]) {
      assert.equal(isTreePath(bad), false, JSON.stringify(bad));
    }
    assert.equal(isTreePath('.g\u200cit/config'), false);
    for (const good of ['a', '.gitignore', 'a/.github/x', 'a b', 'a\nb', '..a', 'git~1x']) {
      assert.equal(isTreePath(good), true, JSON.stringify(good));
    }
  });
});
