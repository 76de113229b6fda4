import assert from 'node:assert/strict';
import { sessionOfLink } from '../../../src/extension/links/address.ts';

describe('a link to Coppice', () => {
  const id = '0a1b2c3d-0000-4000-8000-000000000001';

  it('names a session by its id', () => {
    assert.equal(sessionOfLink(`/session/${id}`), id);
  });

  it('that names anything else means nothing', () => {
    for (const path of [
      ...['', '/', '/session', '/session/', `/session/${id}/`, `/session/${id}/stop`, `/sessions/${id}`],
      ...[`/session/${id.toUpperCase()}`, '/session/../../etc/passwd', `/session/${id}\n`, `x/session/${id}`],
    ]) {
      assert.equal(sessionOfLink(path), undefined, path);
    }
  });
});
