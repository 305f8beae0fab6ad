import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import kafkajs from 'kafkajs';
import type { Need } from '../../src/service/topics.ts';
import { cardFraudYaml, freshNames, temporaryFolder } from '../support/cardFraud.ts';
import { encodePayment, payments } from '../support/payments.ts';
import { produce, sharedStack, withAdmin } from '../support/stack.ts';
import { scoreUntilEnd, TidemarkProcess } from '../support/tidemark.ts';

test('topics shows what is missing, makes just that, and then check --live and run are content', async (t) => {
  const names = freshNames();
  const stack = await sharedStack();
  const file = join(temporaryFolder(t), 'pipeline.yaml');
  const control = { topic: `${names.input}.control`, audit_topic: `${names.input}.audit` };
  writeFileSync(file, cardFraudYaml(names, stack, { control }));
  const tidemark = (status: number, ...args: string[]) =>
    new TidemarkProcess(t, [...args, '-c', file]).endsWith(status).then(({ stdout }) => stdout);
  const states = (json: string) => (JSON.parse(json) as Need[]).map(({ name, state }) => `${name} ${state}`);
  const all = [
    names.input,
    names.output,
    names.deadLetter,
    control.topic,
    control.audit_topic,
    `${names.input}-value`,
    `${names.output}-value`,
  ] as const;

  assert.deepEqual(
    states(await tidemark(1, 'topics', '--json')),
    all.map((name) => `${name} missing`),
  );
  const unready = JSON.parse(await tidemark(2, 'check', '--live', '--json'));
  const told = JSON.stringify(unready.faults);
  for (const name of all.slice(0, 5)) assert.ok(told.includes(name), told);
  const made = await withAdmin((admin) => admin.listTopics());
  assert.ok(!made.includes(names.input), 'looking made a topic');

  assert.deepEqual(
    states(await tidemark(0, 'topics', '--apply', '--partitions', '5', '--json')),
    all.map((name) => `${name} made`),
  );
  assert.deepEqual(
    states(await tidemark(0, 'topics', '--apply', '--partitions', '7', '--json')),
    all.map((name) => `${name} there`),
  );
  const { topics } = await withAdmin((admin) => admin.fetchTopicMetadata({ topics: all.slice(0, 5) }));
  assert.deepEqual(
    all.slice(0, 5).map((name) => topics.find((topic) => topic.name === name)?.partitions.length),
    [5, 5, 5, 1, 1],
  );
  const { resources } = await withAdmin((admin) =>
    admin.describeConfigs({
      includeSynonyms: false,
      resources: [control.topic, control.audit_topic].map((name) => ({
        type: kafkajs.ConfigResourceTypes.TOPIC,
        name,
        configNames: ['cleanup.policy', 'retention.ms'],
      })),
    }),
  );
  const settingOf = (topic: string, setting: string) =>
    resources
      .find(({ resourceName }) => resourceName === topic)
      ?.configEntries.find(({ configName }) => configName === setting)?.configValue;
  assert.equal(settingOf(control.topic, 'cleanup.policy'), 'compact');
  assert.equal(settingOf(control.audit_topic, 'cleanup.policy'), 'delete');
  assert.equal(Number(settingOf(control.audit_topic, 'retention.ms')), 365 * 24 * 60 * 60 * 1000);
  assert.match(await tidemark(0, 'check', '--live'), /holds together/);

  const { registryUrl } = stack;
  const latest = await fetch(`${registryUrl}/subjects/${names.input}-value/versions/latest`);
  const { id } = (await latest.json()) as { id: number };
  await produce(
    names.input,
    payments(20).map((value) => ({ key: value.customer_id, value: encodePayment(id, value) })),
  );
  assert.equal((await scoreUntilEnd(t, file)).scored, 20);
});
