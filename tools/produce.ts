/** Publishes Avro events from a file, to try a pipeline with: framed, their schema registered, as a producer would. */
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import kafkajs from 'kafkajs';
import { encodeEvent } from '../src/avro/encodeEvent.ts';
import { parseSchemaText } from '../src/avro/parseSchema.ts';
import { readEvents } from '../src/service/look/try.ts';
import { register } from './demo/register.ts';
import { givenBy } from './stack/environment.ts';
import { untilServed } from './stack/served.ts';

interface Choice {
  readonly topic: string;
  readonly schema: string;
  readonly key?: string;
}

const { Kafka, logLevel, Partitioners } = kafkajs;
const PARTITIONS = 4;
const STACK = { brokers: ['localhost:9092'], registryUrl: 'http://localhost:8081/apis/ccompat/v7' };

const command = new Command('produce')
  .description('Publishes events to a topic: a JSON array or one a line, in Avro’s JSON encoding or plain.')
  .argument('<events.json>', 'a file, or - for standard input')
  .requiredOption('--topic <name>', 'made with 4 partitions if it is not there')
  .requiredOption('--schema <file.avsc>', 'their schema; registered under <topic>-value')
  .option('--key <field>', 'the field of an event that is its record’s key')
  .addHelpText(
    'after',
    '\nBrokers and registry are those of TIDEMARK_BROKERS and TIDEMARK_REGISTRY_URL, else the local stack.',
  )
  .parse();
const choice = command.opts<Choice>();
const { brokers, registryUrl } = { ...STACK, ...givenBy(process.env) };

async function makeTopic(kafka: kafkajs.Kafka): Promise<void> {
  const { topic } = choice;
  const admin = kafka.admin();
  await admin.connect();
  try {
    if ((await admin.listTopics()).includes(topic)) return;
    await admin.createTopics({ topics: [{ topic, numPartitions: PARTITIONS }] });
    await untilServed(admin, topic, PARTITIONS);
  } finally {
    await admin.disconnect();
  }
}

async function produce(): Promise<void> {
  const schema = readFileSync(choice.schema, 'utf8');
  const node = parseSchemaText(schema);
  const events = await readEvents(command.args[0]!, process.stdin);
  const id = await register(`${choice.topic}-value`, schema, registryUrl);
  const messages = events.map(({ place, json }) => {
    const encoded = encodeEvent(node, id, json);
    if (encoded.kind === 'unfit')
      throw new Error(`${place}: ${encoded.path}: ${encoded.problem}; expected ${encoded.expected}`);
    const fields = json as Record<string, unknown>;
    const key = choice.key === undefined ? null : String(fields[choice.key]);
    return { key, value: Buffer.from(encoded.bytes) };
  });
  const kafka = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });
  await makeTopic(kafka);
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  await producer.send({ topic: choice.topic, messages }).finally(() => producer.disconnect());
  process.stdout.write(`${messages.length} events are in ${choice.topic} at ${brokers.join(', ')}\n`);
}

await produce().catch((cause: Error) => {
  process.stderr.write(`${cause.message}\n`);
  process.exitCode = 1;
});
