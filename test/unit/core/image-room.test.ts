import assert from 'node:assert/strict';
import { shortOfRoom } from '../../../src/core/image-room.ts';

describe('room for the image of agents', () => {
  const folder = '/var/lib/docker';

  it('is short below what building one takes, and told in whole megabytes that there are', () => {
    assert.equal(shortOfRoom({ folder, freeBytes: 1_500_000_000 }), undefined);
    assert.equal(
      shortOfRoom({ folder, freeBytes: 1_499_999_999 }),
      'Only 1499 MB are free in /var/lib/docker, where Docker keeps images; building one takes about 1500 MB.',
    );
    assert.match(shortOfRoom({ folder, freeBytes: 0 }) ?? '', /^Only 0 MB/u);
  });
});
