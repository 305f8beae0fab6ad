/**
 * The heart without Kafka: the pipeline of config/card-fraud.yaml between a source and a sink in memory. One core's worth of
 * fill, score and encode, to be profiled: node --cpu-prof bench/heart.ts [--partitions 12] [--block-rows 2000] ...
 */
import { parseArgs } from 'node:util';
import { loadConfig } from '../src/config/load.ts';
import { openHeart, runHeart, SCHEMA_ID } from './harness/heart.ts';
import { cardBlocks } from './harness/memoryBlocks.ts';
import { spreadOf } from './harness/statistics.ts';

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
const partitions = Number(options.partitions);

const loaded = loadConfig('config/card-fraud.yaml');
if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
const { config } = loaded;
const partitioner = options.partitioner === 'source' ? 'source' : 'key';
const maxRows = options['max-rows'] === undefined ? config.batching.maxRows : Number(options['max-rows']);
const heart = await openHeart(
  { ...config, output: { ...config.output, partitioner }, batching: { ...config.batching, maxRows } },
  partitions,
);
const { scorer } = heart;
if (options['no-model']) {
  scorer.run = async (inputs, rows, outputs) => {
    const [{ values, columns }, scores] = [inputs[0]!, outputs[0]!.values as Float64Array];
    for (let row = 0; row < rows; row++) scores[row] = (values[row * columns] as number) / 1000;
  };
}
const blocks = cardBlocks(partitions, Number(options['block-rows']), SCHEMA_ID);
const costs: number[] = [];
for (let i = 0; i < Number(options.rounds); i++) {
  const { cpuSeconds } = await runHeart(heart, blocks, Number(options.events));
  costs.push(cpuSeconds * 1e9);
}
const { median: ns, least } = spreadOf(costs);
const mb = Math.round(process.resourceUsage().maxRSS / 1024);
console.log(
  `${ns.toFixed(0)} ns of CPU an event (median of ${costs.length}; least ${least.toFixed(0)}), ` +
    `${Math.round(1e6 / ns)} k events/s of one core, ${mb} MB at most`,
);
await scorer.close();
