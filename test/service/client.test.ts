import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ClientCapabilities } from '../../src/pipeline/ports.ts';
import { checkCapabilities } from '../../src/service/client.ts';
import { parsed, pipelineText } from '../config/fixture.ts';

const able: ClientCapabilities = {
  name: 'able',
  deliveries: ['at-least-once', 'exactly-once'],
  readCommitted: 'full',
  drainsBeforeRevoke: 'full',
  staticMembership: true,
  compression: ['none', 'gzip'],
  seek: true,
};

interface Asked extends Record<string, unknown> {
  readonly delivery?: 'exactly-once';
}

function check({ delivery, ...changes }: Asked, client: Partial<ClientCapabilities>): string[] {
  const { config } = parsed(pipelineText(changes));
  // Set here, for the file refuses it by itself as long as no client offers it.
  const asked = { ...config, delivery: delivery ?? config.delivery };
  return checkCapabilities(asked, { ...able, ...client });
}

describe('capabilities of a client', () => {
  test('a client that does all that is asked gives no warning', () => {
    assert.deepEqual(check({ delivery: 'exactly-once', output: { compression: 'gzip' } }, {}), []);
  });

  test('a delivery that it does not offer is refused, in words that name both', () => {
    assert.throws(() => check({ delivery: 'exactly-once' }, { deliveries: ['at-least-once'] }), {
      code: 'E-KAFKA-CAPABILITY',
      message: /client able .*delivery: exactly-once.*at-least-once/,
    });
  });

  test('a compression that it does not offer is refused', () => {
    assert.throws(() => check({ output: { compression: 'gzip' } }, { compression: ['none'] }), {
      code: 'E-KAFKA-CAPABILITY',
      message: /gzip/,
    });
  });

  test('a lasting place in the group is refused where the client has none', () => {
    const asked = { kafka: { instance_id: 'scorer-1' } };
    assert.deepEqual(check(asked, {}), []);
    assert.throws(() => check(asked, { staticMembership: false }), {
      code: 'E-KAFKA-CAPABILITY',
      message: /kafka\.instance_id/,
    });
  });

  test('filtering aborted records in part is a warning, and only where they are filtered', () => {
    assert.equal(check({}, { readCommitted: 'partial' }).length, 1);
    const uncommitted = { kafka: { isolation: 'read_uncommitted' } };
    assert.deepEqual(check(uncommitted, { readCommitted: 'partial' }), []);
  });
});
