/**
 * What decoding, scoring, encoding and the whole pipeline between a source and a sink in memory cost in one setting: a process
 * of its own, as code that was compiled for one schema would slow another's down. Run by bench/harness/costs.ts with one
 * argument of JSON; prints one line of JSON.
 */
import { loadConfig } from '../src/config/load.ts';
import type { CaseCost, CaseRun } from './harness/costs.ts';
import { type HeartCost, openHeart, runHeart, SCHEMA_ID } from './harness/heart.ts';
import { asBlock, blocksOf, cardBlocks, type MemoryBlock } from './harness/memoryBlocks.ts';
import { openWork, portionsOf } from './harness/stageWork.ts';
import { eventBytes, type Workload, workloadEvents } from './harness/workload.ts';

const PARTITIONS = 4;
/** As a fetch gives them: the records of about a megabyte, at most so many. */
const BLOCK_BYTES = 1024 * 1024;
const BLOCK_ROWS = 2_000;
/** Of single rows there would be as many batches as events; so many are kept. */
const KEPT_BATCHES = 4_096;
/** Of the first measurement, which tells how many the next ones are to have. */
const FIRST_EVENTS = 4_096;
/** Code is compiled, and settled, when so many measurements in a row were not better by a tenth than the best before. */
const IN_VAIN = 2;
const BETTER = 0.9;
const MOST_MEASUREMENTS = 12;

function blocksFor(workload: Workload | undefined): MemoryBlock[] {
  if (workload === undefined) return cardBlocks(PARTITIONS, BLOCK_ROWS, SCHEMA_ID);
  const rows = Math.min(BLOCK_ROWS, Math.ceil(BLOCK_BYTES / eventBytes(workload)));
  return blocksOf(workloadEvents(workload, SCHEMA_ID), PARTITIONS, rows);
}

/** Measures again and again until the code that is measured has settled. @returns the least */
async function settled(seconds: number, measure: (events: number) => Promise<HeartCost>): Promise<HeartCost> {
  let best = await measure(FIRST_EVENTS);
  for (let inVain = 0, turn = 1; inVain < IN_VAIN && turn < MOST_MEASUREMENTS; turn++) {
    const cost = await measure(Math.ceil(seconds / best.cpuSeconds));
    inVain = cost.cpuSeconds > best.cpuSeconds * BETTER ? inVain + 1 : 0;
    if (cost.cpuSeconds < best.cpuSeconds) best = cost;
  }
  return best;
}

async function main({ file, workload, seconds }: CaseRun): Promise<CaseCost> {
  const loaded = loadConfig(file);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.faults));
  const heart = await openHeart(loaded.config, PARTITIONS);
  const blocks = blocksFor(workload);
  const whole = await settled(seconds, (events) => runHeart(heart, blocks, events));
  const portions = portionsOf(heart, blocks.map(asBlock), KEPT_BATCHES);
  const work = await openWork(heart, portions);
  const costs = {
    whole,
    decode: await settled(seconds / 2, (events) => work('decode', events)),
    score: await settled(seconds / 2, (events) => work('score', events)),
    encode: await settled(seconds / 2, (events) => work('encode', events)),
  };
  await heart.scorer.close();
  return costs;
}

console.log(JSON.stringify(await main(JSON.parse(process.argv[2]!))));
process.exit();
