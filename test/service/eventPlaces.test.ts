import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSchema } from '../../src/avro/parseSchema.ts';
import { eventPlaces, likelyPlace } from '../../src/service/eventPlaces.ts';

const event = parseSchema({
  type: 'record',
  name: 'Event',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'taken_at', type: 'long' },
    {
      name: 'mean',
      type: ['null', { type: 'record', name: 'M', fields: [{ name: 'radius', type: 'double' }] }],
    },
    { name: 'worst', type: 'M' },
    { name: 'depths', type: { type: 'array', items: 'float' } },
    { name: 'labs', type: { type: 'map', values: 'double' } },
  ],
});
const places = eventPlaces(event).map(({ text }) => text);

test('the places of an event are its scalars, through optional records and into arrays', () => {
  assert.deepEqual(places, ['id', 'taken_at', 'mean.radius', 'worst.radius', 'depths[0]']);
});

test('a schema that holds itself has places all the same', () => {
  const chain = {
    type: 'record',
    name: 'Link',
    fields: [
      { name: 'value', type: 'int' },
      { name: 'next', type: ['null', 'Link'] },
    ],
  };
  assert.equal(eventPlaces(parseSchema(chain))[1]?.text, 'next.value');
});

test('the likely place is one spelled like the path, like the name, or the one below the path', () => {
  const likely = (name: string, ...path: (string | number)[]) => likelyPlace(name, path, places);
  assert.equal(likely('mean_radius', 'mean', 'radus'), 'mean.radius');
  assert.equal(likely('mean_radius', 'mean_radius'), 'mean.radius');
  assert.equal(likely('time', 'taken'), 'taken_at');
  assert.equal(likely('depth', 'depths'), 'depths[0]');
  assert.equal(likely('worst_radius', 'worst'), 'worst.radius');
  // Two places end in it.
  assert.equal(likely('radius', 'radius'), undefined);
  assert.equal(likely('colour', 'colour'), undefined);
  // It is there: what is wrong with it is its type.
  assert.equal(likely('id', 'id'), undefined);
});
