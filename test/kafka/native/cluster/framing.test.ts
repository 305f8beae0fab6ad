import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FramingError, ResponseCutter, requestPieces } from '../../../../src/kafka/native/cluster/framing.ts';

function framed(response: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeInt32BE(response.length, 0);
  return Buffer.concat([size, response]);
}

const response = fc.uint8Array({ minLength: 4, maxLength: 200 }).map((bytes) => Buffer.from(bytes));

/** Reads `stream` as a socket does: wherever the cutter wants it, in reads of these sizes at most. */
function cut(
  stream: Buffer,
  reads: readonly number[],
  memoryFor: (size: number) => Buffer = (size) => Buffer.alloc(size),
) {
  const taken: Buffer[] = [];
  const cutter = new ResponseCutter({ memoryFor, take: (one) => taken.push(one) });
  let at = 0;
  for (let turn = 0; at < stream.length; turn++) {
    const target = cutter.target();
    assert.ok(target.length > 0);
    const count = Math.min(target.length, reads[turn] ?? 65_536, stream.length - at);
    stream.copy(target, 0, at, at + count);
    cutter.advance(count);
    // The scratch is used again for the next read; what was taken must not change with it.
    if (target.length === 65_536) target.fill(0xee);
    at += count;
  }
  return taken;
}

test('responses are the same however the stream was cut', () => {
  fc.assert(
    fc.property(fc.array(response), fc.array(fc.integer({ min: 1, max: 60 })), (responses, reads) => {
      assert.deepEqual(cut(Buffer.concat(responses.map(framed)), reads), responses);
    }),
  );
});

test('a response larger than one read is read to where it belongs', () => {
  const large = Buffer.from(Array.from({ length: 200_000 }, (_, at) => at % 251));
  const memory: Buffer[] = [];
  const taken = cut(Buffer.concat([framed(large), framed(large)]), [], (size) => {
    memory.push(Buffer.alloc(size + 100));
    return memory.at(-1)!;
  });
  assert.deepEqual(taken, [large, large]);
  assert.deepEqual(
    taken.map(({ buffer }) => buffer),
    memory.map(({ buffer }) => buffer),
  );
});

test('what can be no size of a response is refused before anything is kept for it', () => {
  for (const size of [-2_147_483_648, -1, 0, 3, 268_435_457, 2_147_483_647]) {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32BE(size, 0);
    const memoryFor = () => assert.fail('memory was taken');
    assert.throws(() => cut(bytes, [], memoryFor), FramingError, `${size}`);
  }
});

test('a request is its size and its pieces, of which only small ones are copied', () => {
  const piece = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.constant(new Uint8Array(5_000).fill(7)));
  fc.assert(
    fc.property(fc.array(piece.map((bytes) => Buffer.from(bytes.buffer))), (pieces) => {
      const written = requestPieces(pieces);
      assert.deepEqual(Buffer.concat(written), framed(Buffer.concat(pieces)));
      for (const large of pieces.filter(({ length }) => length > 4_096)) assert.ok(written.includes(large));
    }),
  );
});
