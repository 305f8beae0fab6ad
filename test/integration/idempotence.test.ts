/**
 * What the sequencer of the native client believes of brokers, asked of a real one. If one of these changes, so must the
 * sequencer and the model of a broker that it is simulated against.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { BrokerLink } from '../../src/kafka/native/cluster/brokerLink.ts';
import { Cluster } from '../../src/kafka/native/cluster/cluster.ts';
import { errorName } from '../../src/kafka/native/cluster/fault.ts';
import { PRODUCE, PRODUCE_VERSIONS, produceRequest } from '../../src/kafka/native/produce/produceCodec.ts';
import { ProducerIds } from '../../src/kafka/native/produce/producerId.ts';
import { encodeBatch } from '../../src/kafka/native/wire/batchWriter.ts';
import { Outage } from '../../src/kafka/outage.ts';
import { EncodedRecords } from '../../src/kafka/records.ts';
import { EncodedStamp } from '../../src/kafka/stamp.ts';
import { append, blockOf, NO_HEADERS, SinkLog } from '../conformance/sinks.ts';
import { Bench } from '../conformance/support.ts';
import { sharedStack } from '../support/stack.ts';

const { brokers } = await sharedStack();
const STAMP = new EncodedStamp([], false);
const OLD_MS = 1_700_000_000_000;

interface Attempt {
  readonly producerId: number;
  readonly epoch?: number;
  readonly sequence: number;
  readonly keys: readonly (string | null)[];
}

describe('a broker', () => {
  let bench: Bench;
  let cluster: Cluster;
  before(async () => {
    bench = await Bench.open(brokers);
    cluster = new Cluster({ brokers, clientId: 'idempotence' });
  });
  after(async () => {
    await cluster.close();
    await bench.close();
  });

  /** A broker that has just started has no producer ids to give yet. */
  function newIds(): ProducerIds {
    const outage = new Outage(new SinkLog());
    return new ProducerIds(cluster, (ask) => outage.insist('asking for a producer id', ask));
  }

  async function newProducerId(): Promise<number> {
    const { producerId } = await newIds().get();
    return producerId;
  }

  async function linkTo(topic: string): Promise<BrokerLink> {
    await cluster.refresh([topic]);
    return cluster.link(cluster.topic(topic)!.partitions[0]!.nodeId, 'produce');
  }

  /** `WRITTEN 3` (at offset 3), or the error and the records that are blamed. */
  async function produce(topic: string, { producerId, epoch = 0, sequence, keys }: Attempt): Promise<string> {
    const records = new EncodedRecords(topic, 0);
    keys.forEach((key, i) => {
      append(records, blockOf(key, NO_HEADERS, i), 'v', OLD_MS, STAMP);
    });
    const identity = { producerId, producerEpoch: epoch, baseSequence: sequence, isTransactional: false };
    const bytes = encodeBatch(records, identity, 'none');
    const link = await linkTo(topic);
    const version = link.version(PRODUCE, PRODUCE_VERSIONS.min, PRODUCE_VERSIONS.max);
    const topics = new Map([[topic, [{ partition: 0, bytes }]]]);
    const answer = await link.call(produceRequest({ version, ackTimeoutMs: 5_000, topics }), 10_000);
    const [told, ...others] = answer.partitions;
    assert.deepEqual(others, []);
    if (told!.errorCode === 0) return `WRITTEN ${told!.baseOffset}`;
    return [errorName(told!.errorCode), ...told!.recordErrors.map(({ index }) => index)].join(' ');
  }

  const keys = (count: number) => Array.from({ length: count }, (_, i) => `k${i}`);

  test('recognises the last five batches of a producer, and no older one', async () => {
    const topic = await bench.topic(1);
    const producerId = await newProducerId();
    for (let i = 0; i < 6; i++) {
      assert.equal(await produce(topic, { producerId, sequence: i * 2, keys: keys(2) }), `WRITTEN ${i * 2}`);
    }
    for (let i = 1; i < 6; i++) {
      assert.equal(await produce(topic, { producerId, sequence: i * 2, keys: keys(2) }), `WRITTEN ${i * 2}`);
    }
    const oldest = await produce(topic, { producerId, sequence: 0, keys: keys(2) });
    assert.equal(oldest, 'OUT_OF_ORDER_SEQUENCE_NUMBER');
    assert.equal(await produce(topic, { producerId, sequence: 12, keys: keys(1) }), 'WRITTEN 12');
  });

  test('takes nothing that does not continue the last batch', async () => {
    const topic = await bench.topic(1);
    const producerId = await newProducerId();
    assert.equal(await produce(topic, { producerId, sequence: 0, keys: keys(2) }), 'WRITTEN 0');
    for (const sequence of [1, 3, 100]) {
      assert.equal(
        await produce(topic, { producerId, sequence, keys: keys(2) }),
        'OUT_OF_ORDER_SEQUENCE_NUMBER',
      );
    }
  });

  test('takes whatever comes first from a producer that it does not know', async () => {
    const topic = await bench.topic(1);
    assert.equal(
      await produce(topic, { producerId: await newProducerId(), sequence: 77, keys: keys(2) }),
      'WRITTEN 0',
    );
  });

  test('takes other records of the same numbers for a repetition, and does not write them', async () => {
    const topic = await bench.topic(1);
    const producerId = await newProducerId();
    assert.equal(await produce(topic, { producerId, sequence: 0, keys: ['a', 'b'] }), 'WRITTEN 0');
    assert.equal(await produce(topic, { producerId, sequence: 0, keys: ['c', 'd'] }), 'WRITTEN 0');
    assert.equal(await produce(topic, { producerId, sequence: 2, keys: ['e'] }), 'WRITTEN 2');
  });

  test('looks at the records before it looks at the numbers', async () => {
    const topic = await bench.topic(1, { 'cleanup.policy': 'compact' });
    const producerId = await newProducerId();
    assert.equal(await produce(topic, { producerId, sequence: 0, keys: ['a'] }), 'WRITTEN 0');
    const refused = await produce(topic, { producerId, sequence: 50, keys: ['b', null, 'c', null] });
    assert.equal(refused, 'INVALID_RECORD 1 3');
  });

  test('blames all records that are too old', async () => {
    const topic = await bench.topic(1, { 'message.timestamp.before.max.ms': '1000' });
    const refused = await produce(topic, {
      producerId: await newProducerId(),
      sequence: 0,
      keys: ['a', 'b'],
    });
    assert.equal(refused, 'INVALID_TIMESTAMP 0 1');
  });

  test('blames no record of a batch that is too large', async () => {
    const topic = await bench.topic(1, { 'max.message.bytes': '200' });
    const producerId = await newProducerId();
    assert.equal(await produce(topic, { producerId, sequence: 0, keys: keys(50) }), 'MESSAGE_TOO_LARGE');
    assert.equal(await produce(topic, { producerId, sequence: 0, keys: keys(1) }), 'WRITTEN 0');
  });

  test('refuses an epoch that is past, and begins a new one at 0', async () => {
    const topic = await bench.topic(1);
    const producerId = await newProducerId();
    const attempt = (epoch: number, sequence: number) =>
      produce(topic, { producerId, epoch, sequence, keys: keys(1) });
    assert.equal(await attempt(0, 0), 'WRITTEN 0');
    assert.equal(await attempt(1, 1), 'OUT_OF_ORDER_SEQUENCE_NUMBER');
    assert.equal(await attempt(1, 0), 'WRITTEN 1');
    assert.equal(await attempt(0, 1), 'INVALID_PRODUCER_EPOCH');
  });

  test('goes on at 0 after the greatest number', async () => {
    const topic = await bench.topic(1);
    const producerId = await newProducerId();
    const greatest = 2 ** 31 - 1;
    assert.equal(await produce(topic, { producerId, sequence: greatest - 1, keys: keys(1) }), 'WRITTEN 0');
    assert.equal(await produce(topic, { producerId, sequence: greatest, keys: keys(3) }), 'WRITTEN 1');
    assert.equal(await produce(topic, { producerId, sequence: 2, keys: keys(1) }), 'WRITTEN 4');
  });

  test('gives another producer id for one that was refused', async () => {
    const ids = newIds();
    const first = await ids.get();
    assert.equal(ids.atHand(), first);
    assert.equal(ids.atHand(first), undefined);
    const [second, shared] = await Promise.all([ids.get(first), ids.get(first)]);
    assert.notEqual(second.producerId, first.producerId);
    assert.equal(shared, second);
    assert.equal(await ids.get(first), second);
  });
});
