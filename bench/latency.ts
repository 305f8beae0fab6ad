/**
 * Milliseconds from an event to a reader's having its scored event, under light load.
 * Run: node bench/latency.ts [--rate EVENTS_PER_SECOND] [--seconds N] [--partitions N]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { register } from '../tools/demo/register.ts';
import { transactionEncoder, transactionSchema } from '../tools/simulator/avro.ts';
import { transactions } from '../tools/simulator/simulate.ts';
import { Ground, machine } from './harness/ground.ts';

const SEED = 1;
/** Events before the counting begins: connections open, code is compiled. */
const WARM_UP = 200;
const READER_WAIT_MS = 5_000;
const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '50' },
    seconds: { type: 'string', default: '20' },
    partitions: { type: 'string', default: '4' },
  },
});
const rate = Number(values.rate);
const count = WARM_UP + rate * Number(values.seconds);
const partitions = Number(values.partitions);

/** Hears when each scored event is there for a reader; its key holds when the event happened. */
async function listen(ground: Ground, topic: string, latenciesMs: number[]): Promise<() => Promise<void>> {
  const consumer = ground.kafka.consumer({ groupId: `${topic}-reader`, maxWaitTimeInMs: READER_WAIT_MS });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch }) => {
      for (const { key } of batch.messages) latenciesMs.push(Date.now() - Number(key));
    },
  });
  return () => consumer.disconnect();
}

async function produceSteadily(ground: Ground, topic: string, schemaId: number): Promise<void> {
  const encode = transactionEncoder(schemaId);
  const producer = ground.kafka.producer();
  await producer.connect();
  const beganMs = performance.now();
  let sent = 0;
  for (const transaction of transactions(count, SEED)) {
    await delay(Math.max(0, beganMs + (sent++ * 1000) / rate - performance.now()));
    const now = Date.now();
    const value = encode({ ...transaction, event_time: now });
    await producer.send({ topic, messages: [{ key: String(now), value }] });
  }
  await producer.disconnect();
}

async function main(): Promise<void> {
  console.log(machine());
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort());
  await using ground = await Ground.open(interrupt.signal, console.log);
  const input = ground.topicNamed('transactions');
  const output = ground.topicNamed('scored');
  await ground.createTopic(input, partitions);
  const schemaId = await register(`${input}-value`, transactionSchema, ground.registryUrl);
  const pipeline = await ground.newPipeline({ input, run: output, partitions });
  const child = spawn(process.execPath, ['src/cli/main.ts', 'run', '-c', pipeline.file], {
    env: { ...process.env, ...ground.env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  for await (const line of createInterface({ input: child.stderr })) {
    if (line.includes('granted partitions')) break;
  }
  child.stderr.resume();
  const latenciesMs: number[] = [];
  const stopListening = await listen(ground, output, latenciesMs);
  await produceSteadily(ground, input, schemaId);
  while (latenciesMs.length < count) await delay(100);
  child.kill('SIGTERM');
  await once(child, 'exit');
  await stopListening();
  const sorted = latenciesMs.slice(WARM_UP).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  console.log(
    `${sorted.length} events at ${rate}/s, ${partitions} partitions, load ${loadavg()[0]!.toFixed(1)}`,
  );
  console.log(`p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, p99 ${at(0.99)} ms, max ${sorted.at(-1)} ms`);
}

await main();
process.exit();
