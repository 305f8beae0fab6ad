import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSchema, parseSchemaText } from '../../../src/avro/parseSchema.ts';
import { eventPlaces } from '../../../src/service/eventPlaces.ts';
import { planOutput } from '../../../src/service/init/outputSchema.ts';

const TIME = { type: 'long', logicalType: 'timestamp-millis' };

function plan(fields: readonly object[]) {
  const event = parseSchema({ type: 'record', name: 'shop.Order', fields });
  const score = { name: 'score', tensor: 's', type: 'float32' } as const;
  return planOutput(event, eventPlaces(event), [score]);
}

test('ids are carried, the first of text is the event’s own, and words that end in id are none', () => {
  const { id, time, fields, schema } = plan([
    { name: 'paid', type: 'boolean' },
    { name: 'valid', type: 'string' },
    { name: 'number_id', type: 'long' },
    { name: 'orderId', type: 'string' },
    { name: 'customer', type: { type: 'record', name: 'C', fields: [{ name: 'id', type: 'string' }] } },
    { name: 'coupon_id', type: ['null', 'string'] },
    { name: 'at', type: TIME },
  ]);
  assert.deepEqual({ id, time }, { id: 'orderId', time: 'at' });
  assert.deepEqual(
    fields.map(([field, source]) => `${field}=${source}`),
    [
      'number_id=event.number_id',
      'orderId=event.orderId',
      'customer_id=event.customer.id',
      'score=model.score',
      'model_version=model.version',
      'scored_at=scored_at',
    ],
  );
  const node = parseSchemaText(schema);
  assert.equal(node.kind === 'record' && node.name, 'shop.ScoredOrder');
});

test('of several timestamps milliseconds go first, and the others are named', () => {
  const { time, otherTimes } = plan([
    { name: 'stored_at', type: { type: 'long', logicalType: 'timestamp-micros' } },
    { name: 'happened_at', type: TIME },
    { name: 'sent_at', type: TIME },
  ]);
  assert.deepEqual({ time, otherTimes }, { time: 'happened_at', otherTimes: ['stored_at', 'sent_at'] });
});

test('without id and time there is still an output', () => {
  const { id, time, fields } = plan([{ name: 'amount', type: 'double' }]);
  assert.deepEqual({ id, time, count: fields.length }, { id: undefined, time: undefined, count: 3 });
});
