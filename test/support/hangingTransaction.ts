import assert from 'node:assert/strict';
import { FindCoordinatorKeyTypes, findCoordinatorV6, initProducerIdV4, produceV9 } from '@platformatic/kafka';
import { Cluster } from '../../src/kafka/native/cluster/cluster.ts';
import { KafkaFault } from '../../src/kafka/native/cluster/fault.ts';
import { uniqueName, waitFor } from './stack.ts';

const TIMEOUT_MS = 10_000;
const ALL_REPLICAS = -1;

/**
 * Writes one record into partition 0 as part of a transaction that its coordinator was never told of, as a write that comes after
 * its transaction was ended does: nobody will ever end it (KIP-664). Needs brokers that do not verify (KIP-890).
 */
export async function hangingTransaction(brokers: readonly string[], topic: string): Promise<void> {
  const cluster = new Cluster({ brokers, clientId: 'tidemark-test' });
  try {
    await cluster.refresh([topic]);
    const transactionalId = uniqueName('hanging');
    const { producerId, producerEpoch } = await identity(cluster, transactionalId);
    const leader = await cluster.link(cluster.topic(topic)!.partitions[0]!.nodeId, 'produce');
    const message = { topic, partition: 0, value: Buffer.from('hanging'), timestamp: BigInt(Date.now()) };
    const answer = await leader.api(produceV9.api, TIMEOUT_MS, ALL_REPLICAS, TIMEOUT_MS, [message], {
      transactionalId,
      producerId,
      producerEpoch,
      firstSequence: 0,
    });
    assert.ok(typeof answer !== 'boolean');
    assert.equal(answer.responses[0]!.partitionResponses[0]!.errorCode, 0);
  } finally {
    await cluster.close();
  }
}

/** The first who asks makes brokers create the topic of transactions, which takes a moment. */
async function identity(
  cluster: Cluster,
  transactionalId: string,
): Promise<{ producerId: bigint; producerEpoch: number }> {
  const { TRANSACTION } = FindCoordinatorKeyTypes;
  const ask = async () => {
    try {
      const any = await cluster.anyLink('metadata');
      const { coordinators } = await any.api(findCoordinatorV6.api, TIMEOUT_MS, TRANSACTION, [
        transactionalId,
      ]);
      const link = await cluster.link(coordinators[0]!.nodeId, 'metadata');
      return await link.api(initProducerIdV4.api, TIMEOUT_MS, transactionalId, TIMEOUT_MS / 2);
    } catch (thrown) {
      if (thrown instanceof KafkaFault && thrown.retriable) return undefined;
      throw thrown;
    }
  };
  return waitFor(ask, 'the coordinator of transactions', 30_000);
}
