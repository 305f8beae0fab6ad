/**
 * What somebody who looks at a cluster asks it: nothing here joins, commits, writes or changes anything. Each broker has one
 * connection, opened once; one that cannot be reached stays so, and everything else is still asked.
 */
import { TidemarkError } from '../../errors.ts';
import { addressOf, type KafkaConnection } from '../connection.ts';
import { kafkaError } from '../errors.ts';
import type { BrokerLink } from '../native/cluster/brokerLink.ts';
import { askCoordinator } from '../native/cluster/coordinator.ts';
import { KafkaFault } from '../native/cluster/fault.ts';
import { BOOTSTRAP } from '../native/cluster/links.ts';
import { askMetadata } from '../native/cluster/metadata.ts';
import { type Address, openLink } from '../native/cluster/opening.ts';

const CONNECT_TIMEOUT_MS = 5_000;

/** How reaching one address ended. */
export interface Reach {
  /** `host:port`. */
  readonly address: string;
  /** Undefined for an address of the configuration: whose it is nobody said. */
  readonly nodeId: number | undefined;
  /** For connection, TLS, versions and credentials together; undefined when it was not reached. */
  readonly ms: number | undefined;
  readonly error: TidemarkError | undefined;
}

/** Whatever can have one broker asked, no matter which. */
export type AnyBroker = Pick<ClusterInspector, 'any'>;

interface Opened {
  readonly reach: Reach;
  readonly link: BrokerLink | undefined;
}

export class ClusterInspector {
  readonly #connection: KafkaConnection;
  readonly #closing = new AbortController();
  readonly #given: readonly Promise<Opened>[];
  readonly #first: Promise<BrokerLink>;
  readonly #brokers: Promise<ReadonlyMap<number, Address>>;
  readonly #opened = new Map<number, Promise<Opened>>();

  /** Begins to connect at once. */
  constructor(connection: KafkaConnection) {
    this.#connection = connection;
    this.#given = connection.brokers.map((broker) => this.#open(addressOf(broker), undefined));
    this.#first = firstOf(this.#given);
    this.#brokers = this.#first.then(async (link) => this.#adopt((await askMetadata(link, [])).brokers));
    // Whoever asks is told; nobody may ask.
    this.#first.catch(() => {});
    this.#brokers.catch(() => {});
  }

  /** The addresses that the configuration names. */
  given(): Promise<readonly Reach[]> {
    return Promise.all(this.#given.map(async (opened) => (await opened).reach));
  }

  /** The brokers of the cluster, at the addresses that they tell clients. Throws a TidemarkError when no broker answers. */
  async advertised(): Promise<readonly Reach[]> {
    const nodes = await this.brokerIds();
    return Promise.all(nodes.map(async (nodeId) => (await this.#opened.get(nodeId)!).reach));
  }

  async brokerIds(): Promise<readonly number[]> {
    return this.ask('asking for the brokers', async () => [...(await this.#brokers).keys()]);
  }

  /** `use` with a connection to any broker. Throws a TidemarkError for whatever goes wrong. */
  any<T>(doing: string, use: (link: BrokerLink) => Promise<T>): Promise<T> {
    return this.ask(doing, async () => use(await this.#first));
  }

  /** `use` with the connection to this broker. Throws a TidemarkError. */
  at<T>(nodeId: number, doing: string, use: (link: BrokerLink) => Promise<T>): Promise<T> {
    return this.ask(doing, async () => use(await this.link(nodeId)));
  }

  /** Throws a KafkaFault, or the TidemarkError of a broker that was not reached. */
  async link(nodeId: number): Promise<BrokerLink> {
    await this.#brokers;
    const opened = await this.#opened.get(nodeId);
    if (opened?.link !== undefined) return opened.link;
    throw opened?.reach.error ?? new KafkaFault('BROKER_NOT_AVAILABLE', `no broker has the id ${nodeId} now`);
  }

  /** Throws a KafkaFault, or the TidemarkError of brokers that were not reached. */
  async findCoordinator(group: string): Promise<number> {
    return (await askCoordinator(await this.#first, group)).nodeId;
  }

  async ask<T>(doing: string, asking: () => Promise<T>): Promise<T> {
    try {
      return await asking();
    } catch (thrown) {
      throw kafkaError(thrown, doing);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    for (const opened of [...this.#given, ...this.#opened.values()]) (await opened).link?.destroy();
  }

  #adopt(brokers: ReadonlyMap<number, Address>): ReadonlyMap<number, Address> {
    for (const [nodeId, address] of brokers) this.#opened.set(nodeId, this.#open(address, nodeId));
    return brokers;
  }

  /** Never rejects. */
  async #open(address: Address, nodeId: number | undefined): Promise<Opened> {
    const startMs = performance.now();
    const at = { address: `${address.host}:${address.port}`, nodeId };
    try {
      const link = await openLink({
        nodeId: nodeId ?? BOOTSTRAP,
        address,
        connection: this.#connection,
        closing: this.#closing.signal,
        connectTimeoutMs: CONNECT_TIMEOUT_MS,
      });
      // A broker that wants credentials takes the connection, and closes it at the first request.
      await askMetadata(link, []);
      return { link, reach: { ...at, ms: performance.now() - startMs, error: undefined } };
    } catch (thrown) {
      const { code, message } = kafkaError(thrown, `asking ${at.address}`);
      // A fault names its broker already.
      const said = thrown instanceof KafkaFault ? thrown.message : message;
      const error = new TidemarkError(code, said, { cause: thrown });
      return { link: undefined, reach: { ...at, ms: undefined, error } };
    }
  }
}

/** The first link of those that open; when none does, the error that says most: wrong credentials before a broker that is down. */
async function firstOf(opening: readonly Promise<Opened>[]): Promise<BrokerLink> {
  const links = opening.map(async (each) => {
    const { link, reach } = await each;
    if (link === undefined) throw reach.error;
    return link;
  });
  try {
    return await Promise.any(links);
  } catch (thrown) {
    const errors = (thrown as AggregateError).errors as TidemarkError[];
    throw errors.find(({ disposition }) => disposition !== 'retry') ?? errors[0] ?? thrown;
  }
}
