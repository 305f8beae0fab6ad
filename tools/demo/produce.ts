import { type Kafka, type Message, Partitioners } from 'kafkajs';
import { transactionEncoder, transactionSchema } from '../simulator/avro.ts';
import type { FraudScenario, SimulatedTransaction } from '../simulator/transaction.ts';
import { DemoError } from './demoError.ts';

const RECORDS_PER_REQUEST = 2_000;
const REGISTRY_TIMEOUT_MS = 10_000;

/** What the simulator knows of each transaction, by its id. */
export type Truth = ReadonlyMap<string, FraudScenario>;

export interface Producing {
  readonly kafka: Kafka;
  readonly registryUrl: string;
  readonly topic: string;
  readonly transactions: Iterable<SimulatedTransaction>;
  readonly signal: AbortSignal;
  readonly onProgress: (produced: number) => void;
}

/** Publishes transactions as their producer would: schema registered, Avro in Confluent framing, the customer as the key. */
export async function produceTransactions(options: Producing): Promise<Truth> {
  const schemaId = await register(`${options.topic}-value`, transactionSchema, options.registryUrl);
  const encode = transactionEncoder(schemaId);
  const truth = new Map<string, FraudScenario>();
  const producer = options.kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  let messages: Message[] = [];
  const send = async () => {
    options.signal.throwIfAborted();
    await producer.send({ topic: options.topic, messages, acks: -1 });
    messages = [];
    options.onProgress(truth.size);
  };
  await producer.connect();
  try {
    for (const transaction of options.transactions) {
      truth.set(transaction.transaction_id, transaction.scenario);
      messages.push({ key: transaction.customer_id, value: encode(transaction) });
      if (messages.length === RECORDS_PER_REQUEST) await send();
    }
    if (messages.length > 0) await send();
  } finally {
    await producer.disconnect();
  }
  return truth;
}

/** Registers a schema, or finds it registered, and gives its id. */
export async function register(subject: string, schema: string, registryUrl: string): Promise<number> {
  const response = await fetch(`${registryUrl}/subjects/${encodeURIComponent(subject)}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema }),
    signal: AbortSignal.timeout(REGISTRY_TIMEOUT_MS),
  });
  if (!response.ok) {
    throw new DemoError(`The registry refused ${subject}: ${response.status} ${await response.text()}`);
  }
  const { id } = (await response.json()) as { id: number };
  return id;
}
