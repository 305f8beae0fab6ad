import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EventDecoder } from '../../src/avro/decodeEvent.ts';
import { parseSchema } from '../../src/avro/parseSchema.ts';
import { TidemarkError } from '../../src/errors.ts';
import { avscType, framed, long, RandomAvro, toSchema } from './support/randomAvro.ts';

function decode(schema: unknown, body: Buffer): unknown {
  return new EventDecoder(parseSchema(schema)).decode(framed(body));
}

test('an event becomes plain JSON, longs and bytes as text where JSON has no place for them', () => {
  const schema = {
    type: 'record',
    name: 'R',
    fields: [
      { name: 'small', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'large', type: 'long' },
      { name: 'bytes', type: ['null', 'bytes'] },
      { name: 'nan', type: 'double' },
    ],
  };
  const body = avscType(schema).toBuffer({
    small: 5n,
    large: -(2n ** 63n),
    bytes: { bytes: Buffer.from([1, 255]) },
    nan: Number.NaN,
  });
  assert.deepEqual(decode(schema, body), {
    small: 5,
    large: '-9223372036854775808',
    bytes: '01ff',
    nan: 'NaN',
  });
});

test('any event of any schema decodes', () => {
  const property = fc.property(fc.gen(), (g) => {
    const random = new RandomAvro(g);
    const ast = random.record(3);
    JSON.stringify(decode(toSchema(ast), random.encode(ast, random.value(ast))));
  });
  fc.assert(property);
});

test('hostile bytes are refused with their code before they are decoded', () => {
  const refusals: [unknown, Buffer, string][] = [
    [{ type: 'array', items: 'null' }, long(20_000_000n), 'E-AVRO-LIMIT'],
    ['string', long(5n), 'E-AVRO-TRUNCATED'],
    ['boolean', Buffer.from([3]), 'E-AVRO-INVALID'],
    ['null', Buffer.from([3]), 'E-AVRO-TRAILING'],
  ];
  for (const [schema, body, code] of refusals) {
    assert.throws(
      () => decode(schema, body),
      (thrown) => thrown instanceof TidemarkError && thrown.code === code,
      code,
    );
  }
  const decoder = new EventDecoder(parseSchema('null'));
  assert.throws(
    () => decoder.decode(Uint8Array.of(1, 2)),
    (thrown) => thrown instanceof TidemarkError && thrown.code === 'E-AVRO-FRAME',
  );
});
