import assert from 'node:assert/strict';
import { CoppiceError } from '../../../src/core/errors.ts';
import { noImage, refusal } from '../../../src/executors/docker/failures.ts';

const run = { session: 's', run: 1, directory: '/r', streamPath: '/s', stderrPath: '/e' };

function said(message: string, statusCode: number): CoppiceError {
  const error = refusal(Object.assign(new Error(message), { statusCode }), 'i:t', run);
  return error instanceof CoppiceError ? error : assert.fail(String(error));
}

describe('a container that the daemon does not start', () => {
  it('is told of Podman without root, whose users are others', () => {
    // As Podman 4.3.1 says it.
    const words =
      '{"cause":"OCI permission denied","message":"preparing container 0bf1 for attach: runc: runc create failed: unable to start ' +
      'container process: exec: \\"/run/podman-init\\": stat /run/podman-init: permission denied: OCI permission denied","response":409}';
    const { code, message, next } = said(`HTTP 409: ${words}`, 409);
    assert.deepEqual([code, /without root/u.test(message), /socket/u.test(next)], ['executor-missing', true, true]);
  });

  it('is told of a full disk, with what makes room, as Docker 20.10 and its client say it', () => {
    const words = 'write /var/lib/docker/overlay2/654c699f-init/link: no space left on device';
    const { code, message, next } = said(`(HTTP code 500) server error - ${words} `, 500);
    assert.equal(code, 'disk-full');
    assert.match(message, /^There is no room for the container on the disk of Docker: .* no space left on device\.$/u);
    assert.match(next, /docker system df.*docker system prune.*continue the session/u);
  });

  it('is told of in the words of the daemon otherwise; what is already a sentence stays', () => {
    assert.match(said('driver failed', 500).message, /could not start the container: driver failed\./u);
    assert.match(said('No such image', 404).message, /image i:t is not there/u);
    const own = new CoppiceError('no-room', 'a', 'b');
    assert.equal(refusal(own, 'i:t', run), own);
  });

  it('says how to make room where an image that is not there could hardly be built, and only there', () => {
    const room = { folder: '/var/lib/docker', freeBytes: 8_000_000 };
    const short = noImage('agents:own', { room });
    assert.match(short.message, /agents:own is not there\. Only 8 MB are free/u);
    assert.match(short.next, /docker system df/u);
    assert.deepEqual(short.context, { image: 'agents:own', room: 'short' });
    const roomy = noImage('agents:own', { room: { ...room, freeBytes: 8e9 } });
    assert.doesNotMatch(`${roomy.message} ${roomy.next}`, /free|system df/u);
    assert.deepEqual(roomy.context, { image: 'agents:own' });
  });
});
