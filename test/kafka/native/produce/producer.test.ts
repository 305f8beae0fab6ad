/** The producer as a whole, over brokers that take its bytes and fail in every way at every point. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { KafkaFault } from '../../../../src/kafka/native/cluster/fault.ts';
import { until } from '../../../conformance/support.ts';
import { SeededRandom } from '../../../support/simulationRandom.ts';
import type { BrokerRules } from './modelBroker.ts';
import { GENEROUS } from './modelBroker.ts';
import { ERRORS, type PartitionFate } from './modelCluster.ts';
import { Writing } from './writing.ts';

const PARTITIONS = 3;
const CALLS = 5;
const RECORDS_EACH = 17;
const AT_ONCE = 40;

/** Names the records that it does not take; some are in the middle of a call's second batch. */
const PICKY: BrokerRules = { ...GENEROUS, bad: new Set([0, 7, 11, 12, 14, 19, 20, 45, 46, 60]) };
const SILENT: BrokerRules = { ...PICKY, namesBad: false, maxRecords: 2 };

type Trouble =
  | { readonly kind: 'partition'; readonly fate: PartitionFate }
  | { readonly kind: 'request'; readonly fate: 'lost-before' | 'lost-after' }
  /** The old leader names the new one, or it has to be asked for. */
  | { readonly kind: 'moved'; readonly named: boolean };

/** Everything a broker may say that passes, whether or not it has appended where that is open. */
const TROUBLES: readonly Trouble[] = [
  ...[ERRORS.CORRUPT_MESSAGE, ERRORS.NOT_ENOUGH_REPLICAS].map((error) => told(error, false)),
  ...[ERRORS.AFTER_APPEND].map((error) => told(error, true)),
  ...(
    [
      ERRORS.UNKNOWN_TOPIC_OR_PARTITION,
      ERRORS.NOT_LEADER,
      ERRORS.TIMED_OUT,
      ERRORS.STORAGE,
      'silent',
    ] as const
  ).flatMap((error) => [told(error, false), told(error, true)]),
  { kind: 'request', fate: 'lost-before' },
  { kind: 'request', fate: 'lost-after' },
  { kind: 'moved', named: true },
  { kind: 'moved', named: false },
];

function told(error: number | 'silent', appended: boolean): Trouble {
  return { kind: 'partition', fate: { error, appended } };
}

interface Plan {
  readonly rules: BrokerRules;
  readonly version: number;
  /** By the number of the batch that a broker comes to. */
  readonly troubles: ReadonlyMap<number, Trouble>;
  readonly seed?: number;
}

async function breachOf({ rules, version, troubles, seed }: Plan): Promise<string | undefined> {
  const writing = new Writing(PARTITIONS, rules);
  const { cluster } = writing;
  cluster.version = version;
  let batches = 0;
  cluster.fate = (asked) => {
    const trouble = troubles.get(batches);
    if (trouble?.kind === 'moved') {
      cluster.namesLeaders = trouble.named;
      cluster.moveLeader(asked[0]!.partition);
    }
    if (trouble?.kind !== 'request') return undefined;
    batches += asked.length;
    return trouble.fate;
  };
  cluster.partitionFate = () => {
    const trouble = troubles.get(batches++);
    return trouble?.kind === 'partition' ? trouble.fate : undefined;
  };
  const breaches = await writing.breachesAfter(CALLS, RECORDS_EACH);
  if (breaches.length === 0) return undefined;
  const plan = JSON.stringify({ rules: [...rules.bad], version, troubles: [...troubles], seed });
  return `${breaches.join('; ')} in ${plan}`;
}

async function breachesOf(plans: readonly Plan[]): Promise<string[]> {
  const found: string[] = [];
  for (let at = 0; at < plans.length; at += AT_ONCE) {
    const some = await Promise.all(plans.slice(at, at + AT_ONCE).map(breachOf));
    found.push(...some.filter((breach) => breach !== undefined));
  }
  return found;
}

describe('writing, whatever brokers do', () => {
  test('each record is written once and in order, or refused, with any trouble at any batch', async () => {
    const plans = [GENEROUS, PICKY, SILENT].flatMap((rules, r) =>
      Array.from({ length: 14 }, (_, position) => position).flatMap((position) =>
        TROUBLES.map((trouble, t) => ({
          rules,
          version: 9 + ((r + position + t) % 3),
          troubles: new Map([[position, trouble]]),
        })),
      ),
    );
    assert.deepEqual(await breachesOf(plans), []);
  });

  test('and with much of it, from seeds', async () => {
    const plans = Array.from({ length: 150 }, (_, seed) => {
      const random = new SeededRandom(seed);
      const troubles = new Map<number, Trouble>();
      for (let batch = 0; batch < 200; batch++)
        if (random.chance(12)) troubles.set(batch, random.pick(TROUBLES));
      return {
        rules: random.pick([GENEROUS, PICKY, SILENT]),
        version: random.between(9, 11),
        troubles,
        seed,
      };
    });
    assert.deepEqual(await breachesOf(plans), []);
  });
});

describe('a producer', () => {
  test('sends at once what is ready together, and gathers only while the most are under way', async () => {
    // The even partitions are led by one broker, the odd by the other.
    const writing = new Writing(16);
    const { cluster } = writing;
    await writing.send(16);
    assert.deepEqual(sizes(), [8, 8]);
    const { promise: held, resolve: serve } = Promise.withResolvers<void>();
    cluster.held = held;
    const sends: Promise<void>[] = [];
    for (let partition = 0; partition < 16; partition++) {
      sends.push(writing.send(1));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(sizes(), [8, 8, ...Array.from({ length: 10 }, () => 1)]);
    serve();
    await Promise.all(sends);
    assert.deepEqual(sizes().slice(12), [3, 3]);
    function sizes(): number[] {
      return cluster.requests.map((asked) => asked.length);
    }
    assert.deepEqual(await writing.breachesAfter(1, 16), []);
  });

  test('sends nothing to a new leader before the old one has answered', async () => {
    const writing = new Writing(1);
    const { cluster } = writing;
    await writing.send(1);
    const { promise: held, resolve: serve } = Promise.withResolvers<void>();
    cluster.held = held;
    const sends = [writing.send(1)];
    await until('both requests', () => cluster.requests.length === 2);
    cluster.moveLeader(0);
    await cluster.refresh();
    sends.push(writing.send(1));
    // Time enough to open a connection and to send.
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(cluster.requests.length, 2);
    serve();
    await Promise.all(sends);
    assert.deepEqual(await writing.breachesAfter(1, 10), []);
  });

  test('tells no pause for trouble that is over soon, and one for trouble that lasts', async () => {
    const writing = new Writing(2);
    writing.cluster.refusesLinks = () => new KafkaFault('NETWORK', 'refused');
    const sending = writing.send(10);
    await until('the pause', () => writing.pauses.length > 0);
    assert.equal(writing.pauses[0]!.code, 'E-KAFKA-UNREACHABLE');
    writing.cluster.refusesLinks = () => undefined;
    await sending;
    assert.deepEqual([writing.pauses.length, writing.resumes], [1, 1]);
    assert.deepEqual(await writing.breachesAfter(1, 10), []);
  });

  test('waits for a topic that is missing', async () => {
    const writing = new Writing(2);
    writing.cluster.exists = false;
    const sending = writing.send(10);
    await until('the pause', () => writing.pauses.length > 0);
    assert.equal(writing.pauses[0]!.code, 'E-KAFKA-TOPIC-MISSING');
    writing.cluster.exists = true;
    await sending;
    assert.deepEqual(await writing.breachesAfter(1, 10), []);
  });

  test('a pause is over when what it waited for is refused', async () => {
    const writing = new Writing(1, { ...GENEROUS, bad: new Set([0]) });
    writing.cluster.partitionFate = () => ({ error: ERRORS.NOT_ENOUGH_REPLICAS, appended: false });
    const sending = writing.send(1);
    await until('the pause', () => writing.pauses.length > 0);
    writing.cluster.partitionFate = () => undefined;
    await sending;
    assert.equal(writing.resumes, 1);
    writing.close();
  });

  test('goes on when the topic is deleted and made anew, and stops when a log has lost what it had', async () => {
    const writing = new Writing(2);
    await writing.send(20);
    writing.cluster.remake();
    await writing.send(20);
    const records = writing.cluster.logs.flatMap((log) => log.records).toSorted((one, other) => one - other);
    assert.deepEqual(
      records,
      Array.from({ length: 20 }, (_, i) => 20 + i),
    );
    writing.cluster.logs[0]!.remake();
    await assert.rejects(
      async () => {
        // The first is in the log; that the log was cut is seen by where.
        await writing.send(20);
        await writing.send(20);
      },
      { code: 'E-KAFKA-SEQUENCE' },
    );
    writing.close();
  });

  const afterwards: readonly PartitionFate[] = [
    ...[ERRORS.UNKNOWN_TOPIC_OR_PARTITION, ERRORS.NOT_LEADER, ERRORS.TIMED_OUT, ERRORS.AFTER_APPEND],
    ...[ERRORS.STORAGE, 'silent' as const],
  ].map((error) => ({ error, appended: true }));
  for (const fate of [...afterwards, 'lost-after'] as const) {
    const what = typeof fate === 'string' ? fate : fate.error;
    test(`takes no new identity for what may have been written (${what})`, async () => {
      const writing = new Writing(1);
      if (typeof fate === 'string') writing.cluster.fate = () => fate;
      else writing.cluster.partitionFate = () => fate;
      const sending = writing.send(3);
      await until('the records in the log', () => writing.cluster.logs[0]!.records.length > 0);
      writing.cluster.fate = () => undefined;
      writing.cluster.partitionFate = () => ({ error: ERRORS.UNKNOWN_PRODUCER_ID, appended: false });
      await assert.rejects(sending, { code: 'E-KAFKA-SEQUENCE' });
      assert.deepEqual(writing.cluster.logs[0]!.records, [0, 1, 2]);
      writing.close();
    });
  }

  test('takes a new identity for what was certainly not written', async () => {
    const writing = new Writing(1);
    const fates = [ERRORS.NOT_ENOUGH_REPLICAS, ERRORS.UNKNOWN_PRODUCER_ID];
    writing.cluster.partitionFate = () => {
      const error = fates.shift();
      return error === undefined ? undefined : { error, appended: false };
    };
    assert.deepEqual(await writing.breachesAfter(2, 9), []);
    assert.equal(new Set(writing.cluster.requests.flat().map(({ producerId }) => producerId)).size, 2);
  });

  for (const [what, error, code] of [
    ['it may not write there', ERRORS.ACL, 'E-KAFKA-ACL'],
    ['the broker fails for no known reason', ERRORS.UNKNOWN_SERVER_ERROR, 'E-KAFKA-REFUSED'],
    ['bytes arrive changed for ever', ERRORS.CORRUPT_MESSAGE, 'E-KAFKA-REFUSED'],
    ['every identity is refused', ERRORS.UNKNOWN_PRODUCER_ID, 'E-KAFKA-REFUSED'],
  ] as const) {
    test(`stops a partition when ${what}`, async () => {
      const writing = new Writing(1);
      writing.cluster.partitionFate = () => ({ error, appended: false });
      await assert.rejects(writing.send(3), { code });
      await assert.rejects(writing.send(3), { code }, 'and takes no more for it');
      writing.close();
    });
  }

  test('stops when it may not in', async () => {
    const writing = new Writing(1);
    writing.cluster.refusesLinks = () => new KafkaFault('AUTH', 'wrong password');
    await assert.rejects(writing.send(3), { code: 'E-KAFKA-AUTH' });
    writing.close();
  });

  test('ends what is under way when it is closed, and takes no more', async () => {
    const writing = new Writing(2);
    writing.cluster.held = new Promise(() => {});
    const sending = writing.send(10);
    await until('the first request', () => writing.cluster.requests.length > 0);
    writing.close();
    await assert.rejects(sending, { code: 'E-KAFKA-UNREACHABLE' });
    await assert.rejects(writing.send(1), { code: 'E-KAFKA-UNREACHABLE' });
  });

  test('refuses without asking what no broker would take', async () => {
    const writing = new Writing(1, GENEROUS, { maxRecordBytes: 60, maxBatchBytes: 60 });
    await writing.send(1);
    assert.deepEqual(writing.refused, [0]);
    assert.deepEqual(writing.cluster.requests, []);
    writing.close();
  });

  test('heeds how long the broker wants to be left alone', async () => {
    const writing = new Writing(1);
    writing.cluster.throttleMs = 30;
    await writing.send(1);
    assert.deepEqual(writing.cluster.throttled, [30]);
    writing.close();
  });
});
