/** What `tidemark doctor` says of topics, subjects, clocks and the registry's certificate. */
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { freshNames, newCardFraud } from '../support/cardFraud.ts';
import { type Identity, newAuthority, newIdentity } from '../support/certificates.ts';
import { has, hasNone, verdictsOf } from '../support/doctor.ts';
import { alter, compatibility, write } from '../support/doctorGround.ts';
import { registryProxy } from '../support/registryProxy.ts';
import { createTopic, registerSchema, sharedStack } from '../support/stack.ts';

const MINUTE_MS = 60_000;

describe('topics', () => {
  test('that are missing', async (t) => {
    const { fileWith } = await newCardFraud(t);
    const { output } = freshNames();
    const verdicts = await verdictsOf(fileWith({ 'output.topic': output }), 'topics');
    has(verdicts, 'fail', new RegExp(`topic ${output} does not exist`), /tidemark topics -c FILE --apply/);
    has(verdicts, 'ok', /has 3 partitions/);
  });

  test('that take no write, for more replicas have to be in sync than there are', async (t) => {
    const { file, output } = await newCardFraud(t, { outputConfig: { 'min.insync.replicas': '2' } });
    const verdicts = await verdictsOf(file, 'durability');
    const evidence = new RegExp(`^${output}: replication factor 1, min.insync.replicas 2: no write`);
    has(verdicts, 'fail', evidence, /Set min.insync.replicas to 1, or give the topic 3 replicas/);
    has(verdicts, 'warn', /dead-letter: replication factor 1, min.insync.replicas 1/);
  });

  test('that are compacted', async (t) => {
    const { file, input, deadLetter } = await newCardFraud(t, {
      outputConfig: { 'cleanup.policy': 'compact' },
    });
    await alter(input, { 'cleanup.policy': 'compact,delete' });
    await alter(deadLetter, { 'cleanup.policy': 'compact' });
    const verdicts = await verdictsOf(file, 'compaction');
    has(verdicts, 'warn', /only the last one stays, so what is not read soon/, /unless only the latest/);
    has(verdicts, 'fail', /scored events with the same key/, /cleanup.policy=delete/);
    has(verdicts, 'fail', /E-DEAD-LETTER-REFUSED/, /cleanup.policy=delete/);
    hasNone(verdicts, 'ok', 'skipped');
  });

  test('of commands that are kept in the wrong way, or not there', async (t) => {
    const { fileWith, input } = await newCardFraud(t);
    const [control, audit] = [`${input}.control`, `${input}.audit`];
    const file = fileWith({ control: { topic: control, audit_topic: audit } });
    has(await verdictsOf(file, 'topics'), 'fail', new RegExp(`topic ${control} does not exist`), /--apply/);
    await createTopic(control, 1);
    await createTopic(audit, 1, { config: { 'cleanup.policy': 'compact' } });
    const verdicts = await verdictsOf(file, 'compaction');
    has(verdicts, 'fail', /though it was paused/, /cleanup.policy=compact/);
    has(verdicts, 'fail', /only the last word stays/, /cleanup.policy=delete/);
    await alter(control, { 'cleanup.policy': 'compact' });
    await alter(audit, { 'cleanup.policy': 'delete' });
    hasNone(await verdictsOf(file, 'compaction'), 'fail', 'warn');
    has(await verdictsOf(file, 'acls'), 'ok', new RegExp(`Describe, Write on topic ${audit}`));
  });

  test('that take smaller messages than come', async (t) => {
    const { file, input, output, deadLetter } = await newCardFraud(t, {
      outputConfig: { 'max.message.bytes': '200000' },
    });
    const larger = { 'max.message.bytes': String(40 * 1024 * 1024) };
    has(await verdictsOf(file, 'sizes'), 'warn', /give it 16384 more \(max.message.bytes\)/);
    await alter(input, larger);
    const verdicts = await verdictsOf(file, 'sizes');
    has(
      verdicts,
      'warn',
      /takes batches of 40 MiB; one of more than 32 MiB stops its partition/,
      new RegExp(input),
    );
    has(
      verdicts,
      'warn',
      /\(195 KiB against 40 MiB\).*E-RECORD-TOO-LARGE/,
      new RegExp(`--entity-name ${output} `),
    );
    const room = `--entity-name ${deadLetter} --add-config max.message.bytes=${40 * 1024 * 1024 + 16_384}`;
    has(verdicts, 'fail', /E-DEAD-LETTER-REFUSED/, new RegExp(room));
  });
});

describe('subjects', () => {
  test('that hold what the pipeline cannot read, or refuse what it writes', async (t) => {
    const { fileWith } = await newCardFraud(t);
    const names = freshNames();
    const field = { name: 'transaction_id', type: 'string' };
    const schema = (name: string, ...fields: object[]) => ({
      type: 'record',
      name,
      namespace: 'tidemark.demo',
      fields,
    });
    await registerSchema(`${names.input}-value`, schema('Transaction', field));
    const scored = JSON.parse(readFileSync('schemas/scored-transaction.avsc', 'utf8'));
    const without = { name: 'amount', type: { type: 'array', items: 'string' } };
    await registerSchema(`${names.output}-value`, { ...scored, fields: [without] });
    await compatibility(`${names.output}-value`, 'BACKWARD');
    const file = fileWith({ 'input.topic': names.input, 'output.topic': names.output });
    const verdicts = await verdictsOf(file, 'subjects');
    has(verdicts, 'fail', new RegExp(`features.amount: .* in ${names.input}-value version 1`));
    has(verdicts, 'warn', /compatibility of .* is NONE/, /FORWARD/);
    has(verdicts, 'fail', new RegExp(`refuses it for ${names.output}-value`), /compatible/);
  });

  test('that nobody has registered', async (t) => {
    const { fileWith } = await newCardFraud(t);
    const names = freshNames();
    const file = fileWith({ 'input.topic': names.input, 'output.topic': names.output });
    const verdicts = await verdictsOf(file, 'subjects');
    has(verdicts, 'warn', /has no schema yet/);
    has(verdicts, 'fail', /does not hold the output schema/, /tidemark topics -c FILE --apply/);
  });
});

describe('clocks', () => {
  test('the registry’s is ahead or behind', async (t) => {
    const { fileWith } = await newCardFraud(t);
    const { registryUrl } = await sharedStack();
    for (const [shiftMs, status, words] of [
      [30_000, 'warn', /at least (2\d|30)s ahead of ours/],
      [-10 * MINUTE_MS, 'fail', /at least (9m 5\ds|10m) behind ours/],
    ] as const) {
      const url = await registryProxy(t, registryUrl, { shiftMs });
      const verdicts = await verdictsOf(fileWith({ 'registry.url': url }), 'clock');
      has(verdicts, status, words, /Synchronise/);
    }
  });

  test('the output takes no record as old as events may be', async (t) => {
    const config = { 'message.timestamp.before.max.ms': String(60 * MINUTE_MS) };
    const { file, fileWith } = await newCardFraud(t, { outputConfig: config });
    const evidence = /takes no record older than 1h, and .* keeps events for ever: .*E-RECORD-REFUSED/;
    has(await verdictsOf(file, 'clock'), 'warn', evidence, /output.timestamp: scored/);
    hasNone(await verdictsOf(fileWith({ 'output.timestamp': 'scored' }), 'clock'), 'warn');
  });

  test('a producer writes records of the future', async (t) => {
    const { file, input } = await newCardFraud(t, { partitions: 2 });
    await write(input, 1, -30 * MINUTE_MS);
    has(
      await verdictsOf(file, 'clock'),
      'fail',
      /is (29|30)m.* in the future: the clock of one who writes/,
      /chrony/,
    );
  });
});

test('a registry’s certificate that nobody vouches for, that ends soon or has ended, or bears another name', async (t) => {
  const { fileWith } = await newCardFraud(t);
  const { registryUrl } = await sharedStack();
  const authority = newAuthority('Registry authority');
  const ca = authority.cert;
  const DAY_MS = 24 * 60 * MINUTE_MS;
  const validity = (fromDays: number, toDays: number) => ({
    fromMs: Date.now() + fromDays * DAY_MS,
    toMs: Date.now() + toDays * DAY_MS + MINUTE_MS,
  });
  const ask = async (tls: Record<string, unknown>, identity: Identity) => {
    const url = await registryProxy(t, registryUrl, { identity });
    return verdictsOf(fileWith({ 'registry.url': url, 'registry.tls': tls }), 'tls');
  };
  const good = newIdentity('registry', authority, ['localhost']);
  has(await ask({ ca }, good), 'ok', /TLSv1.3, CN=registry, valid for 364d/);
  has(await ask({ ca: newAuthority('Another').cert }, good), 'fail', /is not trusted: /, /registry.tls.ca/);
  has(await ask({ ca, reject_unauthorized: false }, good), 'warn', /anybody may stand for it/, /remove/);
  const soon = newIdentity('registry', authority, ['localhost'], validity(-100, 2));
  has(await ask({ ca }, soon), 'warn', /CN=registry expires in 2d/, /Renew/);
  const over = newIdentity('registry', authority, ['localhost'], validity(-100, -1));
  has(await ask({ ca }, over), 'fail', /not trusted: cert has expired/, /Renew/);
  const elsewhere = newIdentity('registry', authority, ['registry.example']);
  has(
    await ask({ ca }, elsewhere),
    'fail',
    /not trusted: it is for DNS:registry.example, not for localhost/,
    /registry.tls.server_name/,
  );
});
