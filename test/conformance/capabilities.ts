import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { missingCapabilities } from '../../src/kafka/capabilities.ts';
import { checkCapabilities } from '../../src/service/client.ts';
import { parsed, pipelineText } from '../config/fixture.ts';
import type { ClientUnderTest } from './client.ts';

const COMPRESSIONS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
const NOTHING_SPECIAL = { delivery: 'at-least-once', compression: 'none', staticMembership: false } as const;

/** What a client does not declare is refused, or told where it does it in part. */
export function capabilityConformance(name: string, { capabilities }: ClientUnderTest): void {
  describe(`${name}: capabilities`, () => {
    const refused = (wanted: Parameters<typeof missingCapabilities>[1], what: RegExp) => {
      const [sentence = '', ...others] = missingCapabilities(capabilities, wanted);
      assert.match(sentence, new RegExp(`^client ${capabilities.name} cannot do `));
      assert.match(sentence, what);
      assert.deepEqual(others, []);
    };

    test('refuses nothing that it declares', () => {
      for (const compression of capabilities.compression) {
        assert.deepEqual(missingCapabilities(capabilities, { ...NOTHING_SPECIAL, compression }), []);
      }
    });

    for (const compression of COMPRESSIONS) {
      if (capabilities.compression.includes(compression)) continue;
      test(`refuses compression ${compression}, which it does not declare`, () => {
        refused({ ...NOTHING_SPECIAL, compression }, new RegExp(`compression: ${compression}`));
      });
    }

    if (!capabilities.deliveries.includes('exactly-once')) {
      test('refuses exactly-once, which it does not declare', () => {
        refused({ ...NOTHING_SPECIAL, delivery: 'exactly-once' }, /delivery: exactly-once/);
      });
    }

    if (!capabilities.staticMembership) {
      test('refuses a lasting place in the group, which it does not declare', () => {
        refused({ ...NOTHING_SPECIAL, staticMembership: true }, /kafka\.instance_id/);
      });
    }

    test(`${capabilities.readCommitted === 'full' ? 'does not warn' : 'warns'} that aborted records may be scored`, () => {
      const warnings = checkCapabilities(parsed(pipelineText()).config, capabilities);
      assert.deepEqual(
        warnings.map((warning) => /aborted records may be scored/.test(warning)),
        capabilities.readCommitted === 'full' ? [] : [true],
      );
    });
  });
}
