import { initProducerIdV4 } from '@platformatic/kafka';
import type { ProduceCluster } from './leaders.ts';
import type { ProducerIdentity } from './sequence.ts';

const INIT_PRODUCER_ID = 22;
const TIMEOUT_MS = 10_000;
const NO_TRANSACTIONS = null;

/** Anything a KafkaFault tells; it may be asked again. */
async function askProducerId(
  cluster: Pick<ProduceCluster, 'anyLink'>,
  current: ProducerIdentity | undefined,
): Promise<ProducerIdentity> {
  const link = await cluster.anyLink('metadata');
  link.version(INIT_PRODUCER_ID, 4, 4);
  const answer = await link.api(
    initProducerIdV4.api,
    TIMEOUT_MS,
    NO_TRANSACTIONS,
    0,
    BigInt(current?.producerId ?? -1),
    current?.producerEpoch ?? -1,
  );
  return { producerId: Number(answer.producerId), producerEpoch: answer.producerEpoch };
}

/**
 * The producer's identity, asked for when it is needed first and shared by all partitions. The broker keeps its state of a
 * producer by partition, so that a partition whose identity was refused takes a new one while the others go on under theirs.
 *
 * A new one is asked for with the current id and epoch, as KIP-360 has it: a transactional producer would keep its id and get
 * the next epoch, which fences what is left of the old one. Without transactions brokers give a new id whatever they are told.
 */
export class ProducerIds {
  readonly #cluster: Pick<ProduceCluster, 'anyLink'>;
  readonly #insist: (ask: () => Promise<ProducerIdentity>) => Promise<ProducerIdentity>;
  #current: ProducerIdentity | undefined;
  #asking: Promise<ProducerIdentity> | undefined;

  /** `insist` decides what is retried, and ends when the producer is closed. */
  constructor(
    cluster: Pick<ProduceCluster, 'anyLink'>,
    insist: (ask: () => Promise<ProducerIdentity>) => Promise<ProducerIdentity>,
  ) {
    this.#cluster = cluster;
    this.#insist = insist;
  }

  /** The identity, if it is at hand: another one than `refused`. */
  atHand(refused?: ProducerIdentity): ProducerIdentity | undefined {
    return this.#current === refused ? undefined : this.#current;
  }

  /** Another identity than `refused`. Partitions that are refused together get the same. */
  get(refused?: ProducerIdentity): Promise<ProducerIdentity> {
    const current = this.atHand(refused);
    if (current !== undefined) return Promise.resolve(current);
    this.#asking ??= this.#insist(() => askProducerId(this.#cluster, this.#current))
      .then((identity) => {
        this.#current = identity;
        return identity;
      })
      .finally(() => {
        this.#asking = undefined;
      });
    return this.#asking;
  }
}
