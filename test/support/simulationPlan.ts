import type { PipelinePlan } from '../../src/pipeline/pipeline.ts';
import { DEAD, SCORED } from './simulationBroker.ts';
import { THRESHOLD } from './simulationEvents.ts';
import type { SeededRandom } from './simulationRandom.ts';

/** More than every wait that is not a declared pause. */
const WATCHDOG_MS = 5_000;

/** One of the ways in which a pipeline may be set up. */
export function makePlan(random: SeededRandom, partitions: number): PipelinePlan {
  const partitioner = random.pick(['key', 'source'] as const);
  return {
    maxRows: random.pick([1, 7, 32]),
    maxDelayMs: random.pick([0, 3, 40]),
    maxInFlightBytes: random.pick([1, 150, 2000]),
    carriedFields: 1,
    features: 1,
    encode: {
      partitions: { topic: SCORED, count: partitions, partitioner },
      decision: { output: 0, atLeast: Float64Array.of(THRESHOLD) },
      timestamp: random.pick(['event', 'scored'] as const),
    },
    deadLetterPartitions: { topic: DEAD, count: 2, partitioner: 'key' },
    facts: { pipeline: 'simulated', model: 'simulated', version: '1.0.0' },
    commitEveryMs: random.pick([10, 200]),
    latencyFrom: random.pick(['event', 'record'] as const),
    watchdogMs: WATCHDOG_MS,
  };
}
