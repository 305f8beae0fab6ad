/** A process has in memory the Kafka client that it scores with, and not the other one. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { newCardFraud, temporaryFolder } from '../support/cardFraud.ts';
import { payments } from '../support/payments.ts';
import { TidemarkProcess } from '../support/tidemark.ts';

const PRELOAD = fileURLToPath(new URL('../support/loaded.ts', import.meta.url));
const HOMES = {
  kafkajs: ['/node_modules/kafkajs/', '/src/kafka/kafkajs/source.ts'],
  native: ['/src/kafka/native/source.ts'],
};

for (const [client, other] of [
  ['native', 'kafkajs'],
  ['kafkajs', 'native'],
] as const)
  test(`scoring with ${client}, and waiting for the end, loads nothing of ${other}`, async (t) => {
    const pipeline = await newCardFraud(t, { settings: { 'kafka.client': client } });
    await pipeline.send(payments(10));
    const told = join(temporaryFolder(t), 'modules');
    const run = new TidemarkProcess(t, ['run', '-c', pipeline.file, '--until-end'], {
      NODE_OPTIONS: `--import=${PRELOAD}`,
      LOADED_MODULES: told,
    });
    assert.match((await run.endsWith(0)).stdout, /"scored": ?10\b/);
    const modules = readFileSync(told, 'utf8').split('\n');
    const loaded = (home: string) => modules.filter((url) => url.includes(home));
    for (const home of HOMES[client]) assert.notDeepEqual(loaded(home), [], `${home} is not seen`);
    for (const home of HOMES[other]) assert.deepEqual(loaded(home), []);
  });
