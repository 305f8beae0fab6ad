/**
 * The heart without Kafka: the pipeline of config/card-fraud.yaml between a source and a sink in memory. One core's worth of
 * fill, score and encode, to be profiled: node --cpu-prof bench/heart.ts [--partitions 12] [--block-rows 2000] ...
 */
import { parseArgs } from 'node:util';
import { compileEventWriter } from '../src/avro/eventWriter.ts';
import { RegistryReaders } from '../src/avro/readers.ts';
import { loadConfig } from '../src/config/load.ts';
import { Pipeline } from '../src/pipeline/pipeline.ts';
import { systemClock } from '../src/service/clock.ts';
import { proveContract } from '../src/service/contract.ts';
import { loadMaterials, modelFacts } from '../src/service/materials.ts';
import { observe } from '../src/service/observability.ts';
import { transactionSchema } from '../tools/simulator/avro.ts';
import { MemorySink, MemorySource } from './harness/memory.ts';
import { cardBlocks } from './harness/memoryBlocks.ts';
import { spreadOf } from './harness/statistics.ts';

const SCHEMA_ID = 7;

const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '5' },
    partitions: { type: 'string', default: '12' },
    'block-rows': { type: 'string', default: '2000' },
    'max-rows': { type: 'string' },
    partitioner: { type: 'string', default: 'key' },
    /** Leaves ONNX Runtime out: every score is the event's amount. */
    'no-model': { type: 'boolean', default: false },
  },
});
const events = Number(options.events);
const partitions = Number(options.partitions);

const loaded = loadConfig('config/card-fraud.yaml');
if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
const { config } = loaded;
const { model, outputSchema, eventSchema, faults } = await loadMaterials(config);
if (model === undefined || outputSchema === undefined || eventSchema === undefined)
  throw new Error(JSON.stringify(faults));
const { contract } = proveContract(config, modelFacts(model), outputSchema.node, eventSchema.node);
const written = compileEventWriter(outputSchema.node, { ...contract.writerPlan, schemaId: SCHEMA_ID + 1 });
if (written.kind === 'unfit') throw new Error(JSON.stringify(written.faults));
const { writer } = written;
const quiet = { dependencyDown: () => {}, dependencyUp: () => {} };
const { telemetry } = observe({ ...config, log: { level: 'silent' } }, 'bench', quiet);
const readers = new RegistryReaders({
  registry: {
    schemaById: async () => ({
      kind: 'schema',
      schema: { id: SCHEMA_ID, schema: transactionSchema, references: [] },
    }),
  },
  plan: contract.rowPlan,
  telemetry,
  clock: systemClock,
});
const { scorer } = model;
if (options['no-model']) {
  scorer.run = async (inputs, rows, outputs) => {
    const [{ values, columns }, scores] = [inputs[0]!, outputs[0]!.values as Float64Array];
    for (let row = 0; row < rows; row++) scores[row] = (values[row * columns] as number) / 1000;
  };
}
const maxRows = options['max-rows'] === undefined ? config.batching.maxRows : Number(options['max-rows']);
const blocks = cardBlocks(partitions, Number(options['block-rows']), SCHEMA_ID);

async function round(): Promise<number> {
  const source = new MemorySource(blocks, events);
  const sink = new MemorySink(partitions);
  const pipeline = new Pipeline(
    {
      maxRows,
      maxDelayMs: config.batching.maxDelayMs,
      maxInFlightBytes: config.batching.maxInFlightBytes,
      carriedFields: contract.rowPlan.carried.length,
      encode: {
        partitions: {
          topic: config.output.topic,
          count: partitions,
          partitioner: options.partitioner === 'source' ? 'source' : 'key',
        },
        decision: contract.decision,
        timestamp: config.output.timestamp,
      },
      deadLetterPartitions: { topic: config.deadLetter.topic, count: 1, partitioner: 'key' },
      facts: { pipeline: 'heart', model: scorer.name, version: scorer.version },
      commitEveryMs: config.commitEveryMs,
      latencyFrom: 'event',
      watchdogMs: config.watchdogMs,
    },
    { source, sink, readers, scorer, writer, telemetry, clock: systemClock },
  );
  const before = process.cpuUsage();
  await pipeline.run();
  const { user, system } = process.cpuUsage(before);
  if (sink.records !== source.given) throw new Error(`${sink.records} of ${source.given} events came out`);
  return ((user + system) * 1e3) / source.given;
}

const costs: number[] = [];
for (let i = 0; i < Number(options.rounds); i++) {
  costs.push(await round());
}
const { median: ns, least } = spreadOf(costs);
const mb = Math.round(process.resourceUsage().maxRSS / 1024);
console.log(
  `${ns.toFixed(0)} ns of CPU an event (median of ${costs.length}; least ${least.toFixed(0)}), ` +
    `${Math.round(1e6 / ns)} k events/s of one core, ${mb} MB at most`,
);
await scorer.close();
