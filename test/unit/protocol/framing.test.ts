import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import type { Message } from 'vscode-jsonrpc/node';
import {
  BoundedMessageReader,
  BoundedMessageWriter,
  FramingError,
  type ReaderLimits,
} from '../../../src/protocol/client/framing.ts';
import { frame, Sockets } from './sockets.ts';

/** Feeds chunks to a reader without a socket in between, so that they arrive cut exactly as given. */
function read(chunks: readonly Buffer[], limits: Partial<ReaderLimits> = {}): { messages: unknown[]; errors: Error[] } {
  const handlers = new Map<string, (value: never) => void>();
  const socket = {
    on: (name: string, handler: (value: never) => void) => handlers.set(name, handler),
    once: (name: string, handler: (value: never) => void) => handlers.set(name, handler),
    off: () => undefined,
  };
  const reader = new BoundedMessageReader(socket as unknown as Socket, {
    bytes: () => 1000,
    partialMs: 1000,
    ...limits,
  });
  const messages: unknown[] = [];
  const errors: Error[] = [];
  reader.onError((error) => errors.push(error));
  const listening = reader.listen((message) => messages.push(message));
  for (const chunk of chunks) handlers.get('data')?.(chunk as never);
  listening.dispose();
  return { messages, errors };
}

function cut(bytes: Buffer, at: readonly number[]): Buffer[] {
  const points = [0, ...at.map((point) => point % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return points.slice(1).map((end, index) => bytes.subarray(points[index], end));
}

describe('framing', () => {
  it('gives the same messages however the bytes are cut', () => {
    const message = fc.record({ id: fc.nat(), text: fc.string({ unit: 'binary', maxLength: 40 }) });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 30 }), (sent, points) => {
        const { messages, errors } = read(cut(Buffer.concat(sent.map(frame)), points));
        assert.deepEqual(errors, []);
        assert.deepEqual(messages, JSON.parse(JSON.stringify(sent)));
      }),
    );
  });

  it('takes other headers and any case, as the protocol allows', () => {
    const bytes = Buffer.from('content-type: application/json\r\nCONTENT-LENGTH:2\r\n\r\n{}');
    assert.deepEqual(read([bytes]).messages, [{}]);
  });

  const hostile: Record<string, Buffer> = {
    'a header without an end': Buffer.alloc(5000, 'a'),
    'a header without a length': Buffer.from('Content-Type: x\r\n\r\n{}'),
    'two lengths': Buffer.from('Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} '),
    'a negative length': Buffer.from('Content-Length: -5\r\n\r\n{}'),
    'a length that is no number': Buffer.from('Content-Length: 0x10\r\n\r\n{}'),
    'a length beyond the limit': Buffer.from('Content-Length: 1001\r\n\r\n'),
    'an endless length': Buffer.from('Content-Length: 99999999999999\r\n\r\n'),
    'no JSON': Buffer.from('Content-Length: 2\r\n\r\n{]'),
    'invalid UTF-8': Buffer.concat([Buffer.from('Content-Length: 4\r\n\r\n"'), Buffer.from([0xff, 0xfe, 0x22])]),
    'a number': frame(5),
    null: frame(null),
    'an array': frame([{ jsonrpc: '2.0' }]),
    'an empty message': Buffer.from('Content-Length: 0\r\n\r\n'),
  };
  for (const [name, bytes] of Object.entries(hostile)) {
    it(`fires one error for ${name} and reads nothing more`, () => {
      const { messages, errors } = read([bytes, frame({ id: 1 }), frame({ id: 2 })]);
      assert.equal(errors.length, 1);
      assert.deepEqual(messages, []);
    });
  }

  it('never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (chunks) => {
        const { errors } = read(chunks.map((chunk) => Buffer.from(chunk)));
        assert.ok(errors.length <= 1);
      }),
    );
  });

  it('asks for the limit at each message', () => {
    let limit = 10;
    const large = { text: 'a message of more than ten bytes' };
    const { messages, errors } = read([frame({ id: 1 }), frame(large), frame({ id: 3 })], {
      bytes: () => limit,
      accepts: () => {
        limit = 1000;
        return true;
      },
    });
    assert.deepEqual([messages, errors], [[{ id: 1 }, large, { id: 3 }], []]);
  });

  it('leaves out what is not accepted, and stops when told', () => {
    const accepts = (message: object): boolean => {
      if ('stop' in message) throw new FramingError('enough');
      return 'id' in message;
    };
    const chunks = [frame({ id: 1 }), frame({}), frame({ id: 2 }), frame({ stop: true }), frame({ id: 3 })];
    const { messages, errors } = read(chunks, { accepts });
    assert.deepEqual(messages, [{ id: 1 }, { id: 2 }]);
    assert.deepEqual(
      errors.map(({ message }) => message),
      ['enough'],
    );
  });

  describe('on a socket', () => {
    let sockets: Sockets;
    beforeEach(async () => (sockets = await Sockets.open()));
    afterEach(() => sockets.close());

    it('gives up on a message that does not end', async () => {
      const [front, back] = await sockets.pair();
      const reader = new BoundedMessageReader(back, { bytes: () => 1000, partialMs: 60 });
      const failed = new Promise<Error>((resolve) => reader.onError(resolve));
      const messages: unknown[] = [];
      reader.listen((message) => messages.push(message));
      const bytes = frame({ id: 1, text: 'slow' });
      const drip = setInterval(() => front.write(Buffer.from(' ')), 20); // one byte after the other does not help
      front.write(bytes.subarray(0, 10));
      assert.match((await failed).message, /does not end/);
      clearInterval(drip);
      assert.deepEqual(messages, []);
      reader.dispose();
    });

    it('sends in order, and says when the system has it', async () => {
      const [front, back] = await sockets.pair();
      const writer = new BoundedMessageWriter(front, 1000);
      const reader = new BoundedMessageReader(back, { bytes: () => 10_000_000, partialMs: 1000 });
      const received: unknown[] = [];
      reader.listen((message) => received.push((message as unknown as { id: number }).id));
      const text = 'x'.repeat(200_000);
      for (let id = 0; id < 20; id++) await writer.write({ jsonrpc: '2.0', id, text } as Message);
      writer.end();
      await once(back, 'close');
      assert.deepEqual(received, [...Array(20).keys()]);
    });

    it('drops messages for a side that does not read instead of keeping them', async () => {
      const [front, back] = await sockets.pair();
      back.pause();
      const writer = new BoundedMessageWriter(front, 100_000);
      const errors: unknown[] = [];
      writer.onError(([error]) => errors.push(error));
      const message = { jsonrpc: '2.0', text: 'x'.repeat(50_000) } as Message;
      const writes = Array.from({ length: 100 }, () => writer.write(message));
      assert.ok(errors.length > 50, `${errors.length} errors`);
      assert.ok(front.writableLength < 1_000_000, `${front.writableLength} bytes are kept`);
      front.destroy();
      await Promise.all(writes); // each ends when the socket does
    });

    it('refuses to send what no reader takes, and goes on', async () => {
      const [front, back] = await sockets.pair();
      const writer = new BoundedMessageWriter(front, 1000);
      const huge = 'x'.repeat(65 * 1024 * 1024);
      await assert.rejects(writer.write({ jsonrpc: '2.0', huge } as Message), FramingError);
      await writer.write({ jsonrpc: '2.0' });
      const [chunk] = (await once(back, 'data')) as [Buffer];
      assert.match(chunk.toString(), /^Content-Length: 17\r\n/);
    });
  });
});
