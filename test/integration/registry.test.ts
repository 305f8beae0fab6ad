import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from '../../src/avro/registry.ts';
import { systemClock } from '../../src/service/clock.ts';
import { registerSchema, sharedStack, uniqueName, waitFor } from '../support/stack.ts';

const record = (name: string, ...fields: object[]) => JSON.stringify({ type: 'record', name, fields });
const amount = { name: 'amount', type: 'double' };

async function openRegistry(): Promise<Registry> {
  return new Registry({ url: (await sharedStack()).registryUrl, timeoutMs: 10_000 }, systemClock);
}

test('what is registered is found by id, by subject and by itself', async () => {
  const registry = await openRegistry();
  const subject = uniqueName('registry');
  const schema = record('Payment', amount);
  assert.equal(await registry.latest(subject), undefined);
  assert.equal(await registry.idOf(subject, schema), undefined);
  const id = await registry.register(subject, schema);
  assert.equal(await registry.register(subject, schema), id);
  assert.equal(await registry.idOf(subject, schema), id);
  const latest = await registry.latest(subject);
  assert.equal(latest?.id, id);
  assert.equal(latest?.version, 1);
  const found = await registry.schemaById(id);
  assert.equal(found.kind, 'schema');
  assert.deepEqual(found.kind === 'schema' && JSON.parse(found.schema.schema), JSON.parse(schema));
});

test('references come with the schema, however deep', async () => {
  const registry = await openRegistry();
  const [money, card, payment] = ['money', 'card', 'payment'].map(uniqueName) as [string, string, string];
  await registerSchema(money, record('Money', amount));
  await registerSchema(card, record('Card', { name: 'limit', type: 'Money' }), {
    references: [{ name: 'Money', subject: money, version: 1 }],
  });
  const id = await registerSchema(payment, record('Payment', { name: 'card', type: 'Card' }), {
    references: [{ name: 'Card', subject: card, version: 1 }],
  });
  const found = await registry.schemaById(id);
  const names = found.kind === 'schema' ? found.schema.references.map((reference) => reference.name) : [];
  assert.deepEqual(names.sort(), ['Card', 'Money']);
});

test('an id that nobody registered is unknown, and heals once somebody did', async () => {
  const registry = await openRegistry();
  assert.deepEqual(await registry.schemaById(2_000_000_000), { kind: 'unknown' });
  const id = await registerSchema(uniqueName('later'), record('Later', amount));
  await waitFor(async () => (await registry.schemaById(id)).kind === 'schema', 'the new id', 10_000);
});

test('a schema that breaks its subject’s compatibility is told beforehand and refused', async () => {
  const registry = await openRegistry();
  const { registryUrl } = await sharedStack();
  const subject = uniqueName('registry');
  assert.equal((await registry.compatible(subject, record('Payment', amount))).compatible, true);
  await registry.register(subject, record('Payment', amount));
  const configured = await fetch(`${registryUrl}/config/${subject}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ compatibility: 'BACKWARD' }),
  });
  assert.ok(configured.ok, await configured.text());
  const broken = record('Payment', { name: 'other', type: 'string' });
  const answer = await registry.compatible(subject, broken);
  assert.equal(answer.compatible, false);
  await assert.rejects(registry.register(subject, broken), { code: 'E-REGISTRY-REFUSED' });
});

test('a URL without the API’s path is no registry that knows no schema', async () => {
  const { registryUrl } = await sharedStack();
  const registry = new Registry(
    { url: new URL(registryUrl).origin + '/nowhere', timeoutMs: 10_000 },
    systemClock,
  );
  await assert.rejects(registry.schemaById(1), {
    code: 'E-REGISTRY-UNREACHABLE',
    message: /path of its URL/,
  });
});
