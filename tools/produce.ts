/** Publishes Avro events from a file, to try a pipeline with: framed, their schema registered, as a producer would. */
import { readFileSync } from 'node:fs';
import avro from 'avsc';
import { Command } from 'commander';
import kafkajs from 'kafkajs';
import { frameOf } from '../src/avro/framing.ts';
import { givenBy } from './stack/environment.ts';

interface Choice {
  readonly topic: string;
  readonly schema: string;
  readonly key?: string;
}

const { Kafka, logLevel, Partitioners } = kafkajs;
const STACK = { brokers: ['localhost:9092'], registryUrl: 'http://localhost:8081/apis/ccompat/v7' };

const command = new Command('produce')
  .description('Publishes events to a topic: one a line, in Avro’s JSON encoding.')
  .argument('<events.jsonl>')
  .requiredOption('--topic <name>', 'an existing topic')
  .requiredOption('--schema <file.avsc>', 'their schema; registered under <topic>-value')
  .option('--key <field>', 'the field of an event that is its record’s key')
  .addHelpText(
    'after',
    '\nBrokers and registry are those of TIDEMARK_BROKERS and TIDEMARK_REGISTRY_URL, else the local stack.',
  )
  .parse();
const choice = command.opts<Choice>();
const { brokers, registryUrl } = { ...STACK, ...givenBy(process.env) };

async function register(schema: string): Promise<number> {
  const subject = encodeURIComponent(`${choice.topic}-value`);
  const response = await fetch(`${registryUrl}/subjects/${subject}/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema }),
  });
  if (!response.ok) throw new Error(`the registry answered ${response.status}: ${await response.text()}`);
  return ((await response.json()) as { id: number }).id;
}

async function produce(): Promise<void> {
  const schema = readFileSync(choice.schema, 'utf8');
  const type = avro.Type.forSchema(JSON.parse(schema), { wrapUnions: true });
  const lines = readFileSync(command.args[0]!, 'utf8').split('\n');
  const events = lines.flatMap((line, at) => {
    if (line.trim() === '') return [];
    try {
      return [{ json: JSON.parse(line), body: type.toBuffer(type.fromString(line)) }];
    } catch (cause) {
      throw new Error(`line ${at + 1} of ${command.args[0]}: ${(cause as Error).message}`, { cause });
    }
  });
  const frame = frameOf(await register(schema));
  const key = (json: Record<string, unknown>) => (choice.key === undefined ? null : String(json[choice.key]));
  const messages = events.map(({ json, body }) => ({ key: key(json), value: Buffer.concat([frame, body]) }));
  const producer = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).producer({
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
