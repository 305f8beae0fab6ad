import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { cardFraudYaml, freshNames, temporaryFolder } from '../support/cardFraud.ts';
import { transactionSchema } from '../support/payments.ts';
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

/** A registry in which this is the latest schema of every subject. @returns its base URL */
async function registryOf(t: TestContext, schema: string): Promise<string> {
  const server = createServer((_asked, answer) => {
    answer.writeHead(200, { 'content-type': 'application/json' });
    answer.end(JSON.stringify({ subject: 'any', id: 1, version: 1, schema }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a feature that the events of today never have is told before any of them is shown', async (t) => {
  const file = join(temporaryFolder(t), 'pipeline.yaml');
  const stack = { brokers: ['localhost:1'], registryUrl: await registryOf(t, transactionSchema) };
  const settings = { 'input.schema': undefined, 'features.terminal_risk_30d': 'terminal.risk_30days' };
  writeFileSync(file, cardFraudYaml(freshNames(), stack, settings));
  const sample = new TidemarkProcess(t, ['sample', '-c', file, '--until-end']);
  await sample.endsWith(1);
  const told = sample.logs.map(({ msg }) => msg).join('\n');
  assert.match(
    told,
    /! features\.terminal_risk_30d: .* at event\.terminal\.risk_30days; .*terminal\.risk_30d\?/,
  );
});
