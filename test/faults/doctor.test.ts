/** Checks of `tidemark doctor` that take brokers of their own to be wrong: certificates, rights, replicas, transactions that hang. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import kafkajs from 'kafkajs';
import { newCardFraud } from '../support/cardFraud.ts';
import { type Identity, newAuthority, newIdentity } from '../support/certificates.ts';
import { examined, has, hasNone, verdictsOf } from '../support/doctor.ts';
import { hangingTransaction } from '../support/hangingTransaction.ts';
import { ownStack } from '../support/ownStack.ts';
import { produce, waitFor, withAdmin } from '../support/stack.ts';

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;
const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
const username = 'scorer';
const password = 'correct horse battery';
const sasl = { mechanism: 'scram-sha-256', username, password };
/** No transaction may take longer on these brokers. */
const LONGEST_TRANSACTION_MS = 6_000;

const folder = mkdtempSync(join(tmpdir(), 'tidemark-doctor-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const brokerStore = join(folder, 'broker.pem');
const authority = newAuthority('Brokers’ authority');
const ca = authority.cert;
const identity = (from: number, to: number, hosts = ['localhost']) =>
  newIdentity('broker', authority, hosts, {
    fromMs: Date.now() + from * DAY_MS,
    toMs: Date.now() + to * DAY_MS + MINUTE_MS,
  });

/** What the brokers show from their next start on. */
function serveWith({ key, cert }: Identity): void {
  writeFileSync(brokerStore, key + cert);
}
serveWith(identity(-100, 3));

const stack = await ownStack({
  brokers: 3,
  sasl: { username, password },
  tls: true,
  properties: {
    'min.insync.replicas': 1,
    'listener.name.tls.ssl.keystore.type': 'PEM',
    'listener.name.tls.ssl.keystore.location': brokerStore,
    'listener.name.tls.ssl.keystore.password': null,
    'log.retention.check.interval.ms': 3_600_000,
    'transaction.max.timeout.ms': LONGEST_TRANSACTION_MS,
    // Else brokers refuse what makes a transaction hang (KIP-890).
    'transaction.partition.verification.enable': 'false',
  },
});

async function rule(
  type: 'TOPIC' | 'GROUP',
  name: string,
  operation: keyof typeof AclOperationTypes,
  permission: 'ALLOW' | 'DENY',
): Promise<void> {
  await withAdmin((admin) =>
    admin.createAcls({
      acl: [
        {
          resourceType: AclResourceTypes[type],
          resourceName: name,
          resourcePatternType: ResourcePatternTypes.LITERAL,
          principal: `User:${username}`,
          host: '*',
          operation: AclOperationTypes[operation],
          permissionType: AclPermissionTypes[permission],
        },
      ],
    }),
  );
}

describe('rights', () => {
  test('that a pipeline needs and its principal lacks, each with the command that grants it', async (t) => {
    const { fileWith, input, output, deadLetter, group } = await newCardFraud(t);
    const file = fileWith({ 'kafka.brokers': stack.saslBrokers, 'kafka.sasl': sasl });
    has(await verdictsOf(file, 'acls'), 'ok', /Read on topic .*; .*Write on topic .*; Read on group/);
    // A topic with a rule for anything allows nothing else.
    await rule('TOPIC', input, 'READ', 'ALLOW');
    await rule('TOPIC', output, 'READ', 'ALLOW');
    await rule('TOPIC', deadLetter, 'ALL', 'DENY');
    await rule('GROUP', group, 'DESCRIBE', 'ALLOW');
    const told = async () => {
      const verdicts = await verdictsOf(file, 'acls');
      return verdicts.filter(({ status }) => status === 'fail').length === 3 ? verdicts : undefined;
    };
    const verdicts = await waitFor(told, 'the rights to hold', 10_000);
    has(verdicts, 'ok', new RegExp(`^Describe, Read on topic ${input}$`));
    const grant = (operation: string, what: string) =>
      new RegExp(`--add --allow-principal User:${username} ${operation} ${what}$`);
    has(verdicts, 'fail', /^Write on topic/, grant('--operation Write', `--topic ${output}`));
    has(
      verdicts,
      'fail',
      /^Describe and Write on topic .*TOPIC_AUTHORIZATION_FAILED/,
      /--operation Describe --operation Write/,
    );
    has(verdicts, 'fail', /^Read on group/, grant('--operation Read', `--group ${group}`));
  });

  test('that it does without: what needs them is skipped, and nothing is broken', async (t) => {
    const { fileWith, input, output, deadLetter, group } = await newCardFraud(t);
    const file = fileWith({ 'kafka.brokers': stack.saslBrokers, 'kafka.sasl': sasl });
    await rule('TOPIC', input, 'READ', 'ALLOW');
    for (const topic of [output, deadLetter]) await rule('TOPIC', topic, 'WRITE', 'ALLOW');
    await rule('GROUP', group, 'READ', 'ALLOW');
    const told = async () => {
      const checks = await examined(
        file,
        'acls',
        'durability',
        'compaction',
        'sizes',
        'retention',
        'progress',
      );
      const denied = checks.filter(({ verdicts }) => verdicts.some(({ status }) => status === 'skipped'));
      return denied.length === 4 ? checks : undefined;
    };
    const checks = await waitFor(told, 'the rights to hold', 20_000);
    for (const { verdicts } of checks) hasNone(verdicts, 'fail');
    for (const { verdicts } of checks.slice(1, 4))
      has(verdicts, 'skipped', /may not be read/, /Allow DescribeConfigs/);
  });

  test('wrong credentials are told once, and what needs a broker is skipped', async (t) => {
    const { fileWith } = await newCardFraud(t);
    const wrong = { ...sasl, password: 'wrong' };
    const file = fileWith({ 'kafka.brokers': stack.saslBrokers, 'kafka.sasl': wrong });
    const [brokers, topics] = await examined(file, 'brokers', 'topics');
    has(brokers!.verdicts, 'fail', /authentication/i, /kafka.sasl/);
    has(topics!.verdicts, 'skipped', /the brokers refuse us \(E-KAFKA-AUTH\)/);
  });
});

describe('transactions', () => {
  test('one that no coordinator knows is told, and is broken once none may be so old', async (t) => {
    const { file, input } = await newCardFraud(t, { partitions: 1 });
    await hangingTransaction(stack.brokers, input);
    const told = (status: string) => async () => {
      const verdicts = await verdictsOf(file, 'transactions');
      return verdicts.some((each) => each.status === status) ? verdicts : undefined;
    };
    const noticed = await waitFor(told('warn'), 'the transaction to be noticed', 20_000);
    has(noticed, 'warn', /no coordinator tells of it/, /transactional ids/);
    const broken = await waitFor(told('fail'), 'the transaction to be too old', 20_000);
    has(
      broken,
      'fail',
      /for ever: it is older than any/,
      new RegExp(`abort --topic ${input} --partition 0 --start-offset 0`),
    );
  });
});

describe('retention', () => {
  test('that is over for what is not read', async (t) => {
    const { file, group, input } = await newCardFraud(t, { partitions: 1 });
    const timestamp = String(Date.now() - 10 * MINUTE_MS);
    await produce(input, [{ partition: 0, timestamp, value: 'old' }]);
    await withAdmin(async (admin) => {
      await admin.setOffsets({ groupId: group, topic: input, partitions: [{ partition: 0, offset: '0' }] });
      const configEntries = [{ name: 'retention.ms', value: String(5 * MINUTE_MS) }];
      const type = kafkajs.ConfigResourceTypes.TOPIC;
      await admin.alterConfigs({ validateOnly: false, resources: [{ type, name: input, configEntries }] });
    });
    const evidence =
      /retention.ms of .* is 5m, the oldest unread record 10m .* old: it is deleted .* at any moment/;
    has(await verdictsOf(file, 'retention'), 'fail', evidence, /Raise retention.ms/);
  });
});

describe('certificates of brokers', () => {
  const connect = { 'kafka.brokers': stack.tls!.brokers, 'kafka.tls': { ca } };

  test('that end soon, with what the file holds itself', async (t) => {
    const { fileWith } = await newCardFraud(t);
    const own = newIdentity('scorer', authority);
    const ends = newIdentity('scorer', authority, [], {
      fromMs: Date.now() - DAY_MS,
      toMs: Date.now() + 60_000,
    });
    const verdicts = await verdictsOf(fileWith(connect), 'tls');
    has(verdicts, 'warn', /^broker localhost:\d+: CN=broker expires in 3d/, /Renew/);
    const tls = { ca, cert: ends.cert, key: own.key };
    const ofOwn = await verdictsOf(fileWith({ ...connect, 'kafka.tls': tls }), 'tls');
    has(ofOwn, 'warn', /^kafka.tls.cert: CN=scorer expires in/);
    has(ofOwn, 'fail', /kafka.tls.key is not the key of kafka.tls.cert/, /made together/);
  });

  test('that nobody trusts, or bear another name: shown, though nothing connects', async (t) => {
    const { fileWith } = await newCardFraud(t);
    const stranger = { ...connect, 'kafka.tls': { ca: newAuthority('Another').cert } };
    const [brokers, tls] = await examined(fileWith(stranger), 'brokers', 'tls');
    has(brokers!.verdicts, 'fail', /certificate/, /kafka.tls/);
    has(tls!.verdicts, 'fail', /CN=broker, which is not trusted/, /kafka.tls.ca/);
    const named = { ...connect, 'kafka.tls': { ca, server_name: 'broker.example' } };
    has(
      await verdictsOf(fileWith(named), 'tls'),
      'fail',
      /it is for DNS:localhost, not for broker.example/,
      /kafka.tls.server_name/,
    );
  });
});

// Last: what follows is done to one of the three brokers.
describe('a broker that is away', () => {
  test('is named; what the others know is told, and writes that are refused now are', async (t) => {
    const config = { 'min.insync.replicas': '3' };
    const { file, output } = await newCardFraud(t, { replication: 3, outputConfig: config, partitions: 4 });
    has(
      await verdictsOf(file, 'durability'),
      'warn',
      /replication factor 3, min.insync.replicas 3: the loss of one/,
    );
    await stack.killBroker(1);
    const told = async () => {
      const checks = await examined(file, 'brokers', 'topics', 'durability', 'acls');
      const refused = checks[3]!.verdicts.find(({ status }) => status === 'fail');
      return refused === undefined ? undefined : checks;
    };
    const checks = await waitFor(told, 'the loss of the broker to be known', 60_000);
    const [brokers, acls, topics, durability] = checks.map(({ verdicts }) => verdicts);
    has(brokers!, 'ok', /2 of [23] brokers answered/);
    has(brokers!, 'warn', /of kafka.brokers does not answer/);
    has(topics!, 'warn', /not all replicas are in sync/, /Bring back/);
    has(
      durability!,
      'fail',
      new RegExp(`of ${output}: fewer replicas in sync than min.insync.replicas \\(3\\)`),
      /Bring/,
    );
    hasNone(acls!, 'fail');
  });
});
