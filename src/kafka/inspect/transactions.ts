/** Transactions that are open: as the logs of a topic know them, and as their coordinators do (KIP-664). */
import { describeProducersV0, describeTransactionsV0, listTransactionsV0 } from '@platformatic/kafka';
import { wholeAnswer } from '../native/cluster/wholeAnswer.ts';
import type { ClusterInspector } from './inspector.ts';
import { eachLeader } from './logs.ts';
import type { PartitionFacts } from './topics.ts';

const TIMEOUT_MS = 10_000;

/** A producer whose transaction is open in a partition, as the partition's leader knows it. */
export interface OpenTransaction {
  readonly partition: number;
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly coordinatorEpoch: number;
  /** Of its first record: readers of committed records get no further. */
  readonly startOffset: number;
  /** When it wrote last, epoch milliseconds. */
  readonly lastWriteMs: number;
}

/** What its coordinator knows of a transaction. */
export interface KnownTransaction {
  readonly transactionalId: string;
  /** Kafka's own word: Ongoing, PrepareCommit, PrepareAbort, ... */
  readonly state: string;
  readonly timeoutMs: number;
  /** Epoch milliseconds by the coordinator's clock. */
  readonly startMs: number;
  /** `topic/partition` of what it has written to. */
  readonly partitions: ReadonlySet<string>;
}

/** Needs Read on the topic; throws a TidemarkError. */
export async function openTransactions(
  cluster: ClusterInspector,
  topic: string,
  partitions: readonly PartitionFacts[],
): Promise<readonly OpenTransaction[]> {
  const open: OpenTransaction[] = [];
  await eachLeader(partitions, async (nodeId, led) => {
    const asked = [{ name: topic, partitionIndexes: led }];
    const answer = await cluster.at(nodeId, `looking for open transactions in ${topic}`, (link) =>
      wholeAnswer(link.api(describeProducersV0.api, TIMEOUT_MS, asked)),
    );
    for (const { partitionIndex, activeProducers } of answer.topics.flatMap((entry) => entry.partitions))
      for (const producer of activeProducers) {
        if (producer.currentTxnStartOffset < 0n) continue;
        open.push({
          partition: partitionIndex,
          producerId: producer.producerId,
          producerEpoch: producer.producerEpoch,
          coordinatorEpoch: producer.coordinatorEpoch,
          startOffset: Number(producer.currentTxnStartOffset),
          lastWriteMs: Number(producer.lastTimestamp),
        });
      }
  });
  return open.sort((one, other) => one.partition - other.partition || one.startOffset - other.startOffset);
}

/**
 * What the coordinators know of these producers' transactions. One that no coordinator tells of is absent: it is not known there, or
 * its transactional id may not be described (brokers leave those out without a word).
 */
export async function transactionsOf(
  cluster: ClusterInspector,
  producerIds: readonly bigint[],
): Promise<ReadonlyMap<bigint, KnownTransaction>> {
  const known = new Map<bigint, KnownTransaction>();
  const ask = async (nodeId: number) => {
    await cluster.at(nodeId, 'looking for transactions', async (link) => {
      const listed = await link.api(listTransactionsV0.api, TIMEOUT_MS, [], [...producerIds], -1n, null);
      const ids = listed.transactionStates.map(({ transactionalId }) => transactionalId);
      if (ids.length === 0) return;
      const { transactionStates } = await wholeAnswer(link.api(describeTransactionsV0.api, TIMEOUT_MS, ids));
      for (const state of transactionStates.filter(({ errorCode }) => errorCode === 0))
        known.set(state.producerId, {
          transactionalId: state.transactionalId,
          state: state.transactionState,
          timeoutMs: state.transactionTimeoutMs,
          startMs: Number(state.transactionStartTimeMs),
          partitions: new Set(
            state.topics.flatMap(({ topic, partitions }) => partitions.map((each) => `${topic}/${each}`)),
          ),
        });
    });
  };
  const outcomes = await Promise.allSettled((await cluster.brokerIds()).map(ask));
  // Whether a coordinator that was not asked knows it, nobody can say.
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return known;
}
