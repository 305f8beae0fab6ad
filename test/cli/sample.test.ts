import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { cardFraudYaml, freshNames, temporaryFolder } from '../support/cardFraud.ts';
import { TidemarkProcess } from '../support/tidemark.ts';

for (const [from, isUsage] of [
  ['yesterday', true],
  ['-0', true],
  ['5', true],
  ['-5', false],
  ['earliest', false],
] as const) {
  test(`--from ${from} is ${isUsage ? 'wrong usage' : 'understood'}; a broker that does not answer is told`, async (t) => {
    const file = join(temporaryFolder(t), 'pipeline.yaml');
    const nowhere = { brokers: ['localhost:1'], registryUrl: 'http://localhost:1' };
    writeFileSync(file, cardFraudYaml(freshNames(), nowhere, {}));
    const process = new TidemarkProcess(t, ['sample', '-c', file, '--from', from]);
    await process.endsWith(isUsage ? 2 : 1);
    const told = process.logs.map(({ msg }) => msg).join('\n');
    assert.match(
      told,
      isUsage ? /expected latest, earliest or -N, such as -20/ : /E-KAFKA-UNREACHABLE .*localhost/,
    );
  });
}
