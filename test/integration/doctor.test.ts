/** Each check of `tidemark doctor` on a world where just what it looks for is wrong. What takes brokers of its own: test/faults/. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, type TestContext, test } from 'node:test';
import kafkajs from 'kafkajs';
import { CHECKS } from '../../src/service/doctor/checks.ts';
import { freshNames, newCardFraud } from '../support/cardFraud.ts';
import { type Identity, newAuthority, newIdentity } from '../support/certificates.ts';
import { examined, has, hasNone, verdictsOf } from '../support/doctor.ts';
import { payments } from '../support/payments.ts';
import { registryProxy } from '../support/registryProxy.ts';
import {
  createTopic,
  kafkaClient,
  produce,
  registerSchema,
  sharedStack,
  uniqueName,
  waitFor,
  withAdmin,
} from '../support/stack.ts';
import { TidemarkProcess } from '../support/tidemark.ts';

const NOBODY = '127.0.0.1:1';
const MINUTE_MS = 60_000;

async function commit(group: string, topic: string, offsets: readonly number[]): Promise<void> {
  const partitions = offsets.map((offset, partition) => ({ partition, offset: String(offset) }));
  await withAdmin((admin) => admin.setOffsets({ groupId: group, topic, partitions }));
}

/** Appends `count` records to one partition, written so long ago by their timestamps. */
async function write(topic: string, count: number, ageMs = 0, partition = 0): Promise<void> {
  const timestamp = String(Date.now() - ageMs);
  const message = { partition, timestamp, value: 'x'.repeat(100) };
  await produce(
    topic,
    Array.from({ length: count }, () => message),
  );
}

/** Members that hold partitions and never commit anything. */
async function idleMembers(t: TestContext, group: string, topic: string, count: number): Promise<void> {
  const kafka = await kafkaClient();
  const join = async () => {
    const consumer = kafka.consumer({ groupId: group });
    t.after(() => consumer.disconnect());
    await consumer.connect();
    await consumer.subscribe({ topic });
    await consumer.run({ autoCommit: false, eachBatch: async () => {} });
  };
  await Promise.all(Array.from({ length: count }, join));
  const settled = async () =>
    withAdmin(async (admin) => {
      const [found] = (await admin.describeGroups([group])).groups;
      return found?.state === 'Stable' && found.members.length === count;
    });
  await waitFor(settled, `a group of ${count}`, 30_000);
}

async function compatibility(subject: string, level: string): Promise<void> {
  const { registryUrl } = await sharedStack();
  const response = await fetch(`${registryUrl}/config/${subject}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ compatibility: level }),
  });
  assert.equal(response.status, 200);
}

/** Without what differs from run to run: times, rates, ids and what the shell allows. */
function masked(text: string): string {
  return text
    .replace(/\b\d+(\.\d+)?(ms|s|m|h|d)\b( \d+(\.\d+)?(ms|s|m|h|d)\b)*/g, 'TIME')
    .replace(/\(\d+(\.\d+)? s\)/g, '(TIME)')
    .replace(/\bid \d+/g, 'id N')
    .replace(/may open \d+/, 'may open N')
    .replace(/\d+ are open/, 'N are open')
    .replace(/\s+/g, ' ');
}

// Most of it is waiting: for the group to be watched, for members, for transactions to become old.
describe('what takes seconds', { concurrency: true }, () => {
  test('docs/doctor.md shows what it prints', async (t) => {
    const pipeline = await newCardFraud(t, { partitions: 4 });
    const { file, group, input, output, deadLetter } = pipeline;
    await alter(input, { 'retention.ms': String(60 * MINUTE_MS) });
    await alter(deadLetter, { 'cleanup.policy': 'compact' });
    await write(input, 500, 40 * MINUTE_MS, 2);
    await commit(group, input, [0, 0, 0, 0]);
    const { stdout } = await new TidemarkProcess(t, ['doctor', '-c', file]).endsWith(1);
    const { brokers, registryUrl } = await sharedStack();
    const names = [
      [file, 'config/card-fraud.yaml'],
      [group, 'card-fraud-scorer'],
      [deadLetter, 'transactions.dead-letter'],
      [output, 'transactions.scored'],
      [input, 'transactions'],
      [brokers[0]!, 'localhost:9092'],
      [registryUrl, 'http://localhost:8081/apis/ccompat/v7'],
    ] as const;
    const printed = names.reduce((text, [own, shown]) => text.replaceAll(own, shown), stdout);
    const page = readFileSync('docs/doctor.md', 'utf8');
    const [, shown] = /```text\n([^`]*tidemark doctor -c config[\s\S]*?)```/.exec(page) ?? [];
    assert.ok(shown !== undefined, `docs/doctor.md shows nothing; it would be\n${printed}`);
    const withoutCommand = shown.slice(shown.indexOf('\n') + 1);
    assert.equal(masked(withoutCommand), masked(printed), `to be shown:\n${printed}`);
  });

  describe('the group', { concurrency: true }, () => {
    test('has more members than partitions', async (t) => {
      const { file, group, input } = await newCardFraud(t, { partitions: 1 });
      has(await verdictsOf(file, 'group'), 'ok', /has no member now; .* so up to 1 processes/);
      await idleMembers(t, group, input, 2);
      has(
        await verdictsOf(file, 'group'),
        'warn',
        /2 members of group .*; 1 stands by/,
        /or run 1 processes/,
      );
    });

    test('reads another topic', async (t) => {
      const { file, group } = await newCardFraud(t, { partitions: 2 });
      await idleMembers(t, group, await createTopic(uniqueName('other'), 1), 1);
      has(await verdictsOf(file, 'group'), 'fail', /nobody .* reads partitions 0, 1/, /same kafka.group/);
    });

    test('has no member, or one that stands still, whose partitions are not called hot', async (t) => {
      const { file, group, input } = await newCardFraud(t, { partitions: 3 });
      await write(input, 2_000, 0, 1);
      await write(input, 10, 0, 2);
      await commit(group, input, [0, 0, 0]);
      has(
        await verdictsOf(file, 'progress'),
        'warn',
        /2,010 records of .* wait.*has no member/,
        /tidemark run -c/,
      );
      await idleMembers(t, group, input, 1);
      const verdicts = await verdictsOf(file, 'progress');
      has(
        verdicts,
        'fail',
        /partitions 1, 2 .*stand still: nothing was committed there for 1\ds with 2,010 records/,
        /readyz/,
      );
      assert.ok(!verdicts.some(({ evidence }) => /of what waits/.test(evidence)), JSON.stringify(verdicts));
    });

    test('stands still with a few events: as top would say, after as long', async (t) => {
      const { file, group, input } = await newCardFraud(t, { partitions: 2 });
      await write(input, 3, 0, 1);
      await commit(group, input, [0, 0]);
      await idleMembers(t, group, input, 1);
      const evidence =
        /partition 1 of .* stands still: nothing was committed there for 1\ds with 3 records waiting$/;
      has(await verdictsOf(file, 'progress'), 'fail', evidence, /readyz/);
    });

    test('that begins at the end has nothing to read before its start', async (t) => {
      const { fileWith, input } = await newCardFraud(t, { partitions: 1 });
      await write(input, 5);
      const verdicts = await verdictsOf(fileWith({ 'input.start': 'latest' }), 'progress');
      has(verdicts, 'ok', /nothing waits in/);
    });
  });

  describe('retention', { concurrency: true }, () => {
    test('that is half used up, or over, by the age of what is not read', async (t) => {
      const { file, group, input } = await newCardFraud(t, { partitions: 1 });
      await alter(input, { 'retention.ms': String(60 * MINUTE_MS) });
      await write(input, 10, 40 * MINUTE_MS);
      await commit(group, input, [0]);
      const half =
        /retention.ms of .* is 1h, the oldest unread record 40m .* old; at the present rates .* unread in (19|20)m/;
      has(await verdictsOf(file, 'retention'), 'warn', half, /Raise retention.ms/);
      // The log may be quicker with its deletion than the question: both are told.
      await alter(input, { 'retention.ms': String(30 * MINUTE_MS) });
      has(await verdictsOf(file, 'retention'), 'fail', /at any moment|were deleted before they were read/);
    });

    test('that has deleted what was not read', async (t) => {
      const { file, group, input } = await newCardFraud(t, { partitions: 1 });
      await write(input, 10);
      await commit(group, input, [3]);
      await withAdmin(async (admin) => {
        // kafkajs deletes records of topics it knows only.
        await admin.fetchTopicMetadata({ topics: [input] });
        await admin.deleteTopicRecords({ topic: input, partitions: [{ partition: 0, offset: '8' }] });
      });
      const evidence = /begins at 8 and the group is at 3: 5 records were deleted/;
      has(await verdictsOf(file, 'retention'), 'fail', evidence, /input.out_of_range \(now stop\)/);
    });

    test('that is used up by bytes', async (t) => {
      const { file, group, input } = await newCardFraud(t, { partitions: 1 });
      await alter(input, { 'retention.bytes': '2000' });
      await write(input, 100);
      await commit(group, input, [0]);
      const verdicts = await verdictsOf(file, 'retention');
      has(verdicts, 'fail', /retention.bytes of .* is 1.95 KiB a partition, of which .* are unread/, /Raise/);
    });

    test('is no matter for a group that has read everything', async (t) => {
      const { file, group, input, send } = await newCardFraud(t, { partitions: 1 });
      await alter(input, { 'retention.ms': String(60 * MINUTE_MS) });
      await send(payments(5, () => 'c'));
      await commit(group, input, [5]);
      const verdicts = await verdictsOf(file, 'retention');
      has(verdicts, 'ok', /is 1h, and nothing waits/);
      hasNone(verdicts, 'warn', 'fail', 'skipped');
    });
  });

  test('a transaction that its producer does not end is named, with what it holds back', async (t) => {
    const { file, fileWith, input } = await newCardFraud(t, { partitions: 1 });
    const transactionalId = uniqueName('forgetful');
    const producer = (await kafkaClient()).producer({
      transactionalId,
      transactionTimeout: 120_000,
      idempotent: true,
      maxInFlightRequests: 1,
    });
    await producer.connect();
    t.after(() => producer.disconnect());
    const open = await producer.transaction();
    await open.send({ topic: input, messages: [{ partition: 0, value: 'inside' }] });
    await write(input, 4);
    const told = async () => {
      const verdicts = await verdictsOf(file, 'transactions');
      return verdicts.find(({ status }) => status === 'warn');
    };
    const verdict = await waitFor(told, 'the transaction to be noticed', 20_000);
    has(
      [verdict],
      'warn',
      new RegExp(`transaction ${transactionalId} has been open in ${input}/0 for .*; 5 records from`),
      /2m/,
    );
    hasNone(await verdictsOf(fileWith({ 'kafka.isolation': 'read_uncommitted' }), 'transactions'), 'warn');
    await open.abort();
    // An abort is answered before its markers are in the partitions.
    const ended = async () => {
      const verdicts = await verdictsOf(file, 'transactions');
      return verdicts.every(({ status }) => status === 'ok') ? verdicts : undefined;
    };
    has(await waitFor(ended, 'the transaction to end', 20_000), 'ok', /no transaction is open/);
  });

  describe('the command', { concurrency: true }, () => {
    test('a healthy pipeline: every check is told, and only --strict minds that there is one broker', async (t) => {
      const pipeline = await newCardFraud(t);
      await alter(pipeline.deadLetter, { 'max.message.bytes': String(2 * 1024 * 1024) });
      await compatibility(`${pipeline.input}-value`, 'FORWARD');
      const strict = new TidemarkProcess(t, ['doctor', '-c', pipeline.file, '--strict']);
      const plain = new TidemarkProcess(t, ['doctor', '-c', pipeline.file, '--json']);
      const report = JSON.parse((await plain.endsWith(0)).stdout);
      assert.equal(report.ok, true);
      assert.deepEqual(
        report.checks.map(({ id }: { id: string }) => id),
        CHECKS.map(({ id }) => id),
      );
      const others = report.checks.filter(({ status }: { status: string }) => status !== 'ok');
      assert.deepEqual(
        others.map(({ id, status }: { id: string; status: string }) => `${id} ${status}`),
        ['durability warn'],
      );
      assert.equal(report.counts.fail, 0);
      const { stdout } = await strict.endsWith(1);
      assert.match(stdout, /^! durability .*replication factor 1/m);
      assert.match(stdout, /^ +fix: .*min\.insync\.replicas 2/m);
      assert.match(stdout, /^1 warning, \d+ in order \(.* s\)$/m);
    });

    test('an unknown check, and a file with faults, are wrong usage', async (t) => {
      const pipeline = await newCardFraud(t);
      const unknown = new TidemarkProcess(t, ['doctor', '-c', pipeline.file, '--skip', 'acls,weather']);
      const wrong = new TidemarkProcess(t, ['doctor', '-c', pipeline.fileWith({ 'kafka.grup': 'x' })]);
      await unknown.endsWith(2);
      assert.match(unknown.story(), /no check is called weather; there are parts, brokers/);
      await wrong.endsWith(2);
      assert.match(wrong.story(), /kafka\.grup/);
    });

    test('too few file descriptors', async (t) => {
      const pipeline = await newCardFraud(t);
      const skip = CHECKS.map(({ id }) => id).filter((id) => id !== 'descriptors');
      const command = `ulimit -n 80; exec "$0" src/cli/main.ts doctor -c "$1" --json --skip ${skip.join(',')}`;
      const { status, stdout, stderr } = spawnSync('bash', ['-c', command, process.execPath, pipeline.file], {
        encoding: 'utf8',
      });
      assert.equal(status, 1, stderr);
      has(JSON.parse(stdout).checks[0].verdicts, 'fail', /may open 80; .* needs up to 1\d\d/, /ulimit -n/);
    });
  });
});

describe('what does not answer', () => {
  test('no broker: what needs one is skipped, with the reason, and the registry is told', async (t) => {
    const { fileWith } = await newCardFraud(t);
    const all = await examined(fileWith({ 'kafka.brokers': [NOBODY] }), ...CHECKS.map(({ id }) => id));
    const of = (id: string) => all.find((each) => each.id === id)!.verdicts;
    has(of('brokers'), 'fail', /none of kafka.brokers \(127.0.0.1:1\) answers: .*ECONNREFUSED/, /network/);
    for (const { id, needs } of CHECKS)
      if (needs.includes('kafka')) has(of(id), 'skipped', /because no broker answers/);
    hasNone(of('registry'), 'fail', 'skipped', 'warn');
    hasNone(of('subjects'), 'fail', 'skipped');
  });

  test('one of the brokers of the file: the others serve', async (t) => {
    const { fileWith } = await newCardFraud(t);
    const { brokers } = await sharedStack();
    const file = fileWith({ 'kafka.brokers': [NOBODY, ...brokers] });
    const [first, second] = await examined(file, 'brokers', 'topics');
    has(first!.verdicts, 'warn', /127.0.0.1:1 of kafka.brokers does not answer/, /Take it out/);
    has(first!.verdicts, 'ok', /1 of 1 broker answered/);
    hasNone(second!.verdicts, 'fail', 'skipped', 'warn');
  });

  test('no registry: its checks say so, and the brokers’ are told', async (t) => {
    const { fileWith } = await newCardFraud(t);
    const file = fileWith({ 'registry.url': `http://${NOBODY}` });
    const [registry, topics, subjects, clock] = await examined(
      file,
      'registry',
      'topics',
      'subjects',
      'clock',
    );
    has(registry!.verdicts, 'fail', /E-REGISTRY-UNREACHABLE/, /Bring the registry back/);
    has(subjects!.verdicts, 'skipped', /because .*ECONNREFUSED/);
    has(clock!.verdicts, 'skipped', /tells no time/);
    hasNone(topics!.verdicts, 'fail', 'skipped', 'warn');
  });
});

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

async function alter(topic: string, entries: Readonly<Record<string, string>>): Promise<void> {
  const configEntries = Object.entries(entries).map(([name, value]) => ({ name, value }));
  await withAdmin((admin) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configEntries }],
    }),
  );
}

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
