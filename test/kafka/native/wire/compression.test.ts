import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Codec, compress, decompress } from '../../../../src/kafka/native/wire/compression.ts';
import { lz4Bound } from '../../../../src/kafka/native/wire/lz4Frame.ts';
import { snappySize } from '../../../../src/kafka/native/wire/snappy.ts';

const CODECS: readonly Codec[] = ['gzip', 'snappy', 'lz4', 'zstd'];

/** Random, repeated and mixed bytes: matches, literals, and lengths that take more than a token. */
const anyBytes = fc
  .array(fc.record({ bytes: fc.uint8Array({ minLength: 2, maxLength: 400 }), times: fc.nat(400) }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((parts) =>
    Buffer.concat(parts.flatMap(({ bytes, times }) => Array(times + 1).fill(Buffer.from(bytes)))),
  );

for (const codec of CODECS) {
  test(`${codec} gives back what it was given, up to the limit and not beyond`, () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const compressed = compress(codec, bytes);
        assert.deepEqual(decompress(codec, compressed, bytes.length), bytes);
        const refused = decompress(codec, compressed, bytes.length - 1);
        assert.ok(!(refused instanceof Uint8Array));
        assert.equal(refused.code, 'E-KAFKA-BATCH-LIMIT');
      }),
      { numRuns: 50 },
    );
  });
}

test('the size of an LZ4 frame is told without decompressing it', () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      const frame = compress('lz4', bytes);
      assert.equal(lz4Bound(frame, 0), bytes.length);
      const bound = lz4Bound(frame, Number.MAX_SAFE_INTEGER);
      assert.ok(bound >= bytes.length);
    }),
  );
});

test('the size of snappy is told without decompressing it', () => {
  fc.assert(
    fc.property(anyBytes, (bytes) => {
      assert.equal(snappySize(compress('snappy', bytes)), bytes.length);
    }),
  );
});

/** Of the command `lz4` 1.9.4 with these options, from `REPEATED`: librdkafka and others write frames that Java's client does not. */
const frames: readonly { name: string; options: string; frame: string }[] = JSON.parse(
  readFileSync(new URL('golden/lz4Frames.json', import.meta.url), 'utf8'),
);
const REPEATED = Buffer.from('kafka record batch '.repeat(8000));

for (const { name, frame } of frames) {
  test(`an LZ4 frame with ${name} is read, and its size told`, () => {
    const bytes = Buffer.from(frame, 'base64');
    assert.deepEqual(decompress('lz4', bytes, REPEATED.length), REPEATED);
    assert.equal(lz4Bound(bytes, 0), REPEATED.length);
  });
}

function xerial(blocks: readonly Buffer[]): Buffer {
  const header = Buffer.from('82534e41505059000000000100000001', 'hex');
  const parts = blocks.flatMap((block) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    return [length, block];
  });
  return Buffer.concat([header, ...parts]);
}

test('snappy in xerial framing is read block by block, and stream after stream', () => {
  fc.assert(
    fc.property(fc.array(anyBytes, { minLength: 1, maxLength: 4 }), (blocks) => {
      const compressed = blocks.map((block) => compress('snappy', block));
      const whole = Buffer.concat(blocks);
      for (const framed of [xerial(compressed), Buffer.concat(compressed.map((block) => xerial([block])))]) {
        assert.equal(snappySize(framed), whole.length);
        assert.deepEqual(decompress('snappy', framed, whole.length), whole);
        assert.ok(!(decompress('snappy', framed, whole.length - 1) instanceof Uint8Array));
      }
    }),
    { numRuns: 50 },
  );
});

test('a block of xerial that claims to be xerial again is not taken for what its first bytes say', () => {
  const nested = xerial([xerial([compress('snappy', Buffer.alloc(1000))])]);
  assert.equal(snappySize(nested), -1);
});
