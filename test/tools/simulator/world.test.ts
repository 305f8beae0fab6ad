import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Random } from 'random';
import { makeCustomers, proximity } from '../../../tools/simulator/world.ts';

const coordinate = fc.double({ min: 0, max: 100, maxExcluded: true, noNaN: true });
const place = fc.record({ x: coordinate, y: coordinate });

test('the places found near a point are those that measuring every distance finds', () => {
  fc.assert(
    fc.property(
      fc.array(place, { maxLength: 60 }),
      place,
      fc.integer({ min: 1, max: 60 }),
      (places, from, reach) => {
        const measured = places.flatMap(({ x, y }, index) =>
          Math.hypot(x - from.x, y - from.y) < reach ? [index] : [],
        );
        assert.deepEqual([...proximity(places, reach)(from)], measured);
      },
    ),
  );
});

test('customers pay 5 to 100 on the mean, up to 4 times a day, at terminals within reach', () => {
  const customers = makeCustomers(2000, 10_000, new Random('a world'));
  const means = customers.map((customer) => customer.meanAmount);
  assert.ok(Math.min(...means) >= 5 && Math.max(...means) <= 100);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  assert.ok(Math.abs(mean(means) - 52.5) < 2, `mean amount ${mean(means)}`);
  const days = mean(customers.map((customer) => customer.paymentsPerDay()));
  assert.ok(Math.abs(days - 2) < 0.2, `payments a day ${days}`);
  // A circle of radius 5 holds 0.785 % of the square, less at its edges.
  const reach = mean(customers.map((customer) => customer.terminals.length));
  assert.ok(reach > 65 && reach < 79, `terminals in reach ${reach}`);
});
