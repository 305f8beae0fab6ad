import { join } from 'node:path';
import { loadConfig } from '../../src/config/load.ts';
import type { PipelineConfig } from '../../src/config/pipelineConfig.ts';
import { readPackage } from '../../src/model/package.ts';
import type { BenchPipeline, Ground } from './ground.ts';

/** As in the header of a scored event. */
const DIGEST_DIGITS = 16;

/** What a peer is asked to do: its only argument, as one line of JSON. */
export interface Job {
  /** host:port, with commas between. */
  readonly brokers: string;
  readonly registryUrl: string;
  readonly input: string;
  readonly output: string;
  readonly group: string;
  /** Records in the input topic; the peer ends when all of them are scored and acknowledged. */
  readonly events: number;
  /** Id of the scored event's schema. */
  readonly schemaId: number;
  /** The ONNX file. */
  readonly model: string;
  readonly modelName: string;
  readonly modelVersion: string;
  /** As Tidemark writes it into the headers. */
  readonly modelDigest: string;
  /** Rows scored together at most. */
  readonly batchRows: number;
  readonly commitEveryMs: number;
  readonly compression: string;
  readonly isolation: string;
  /** For files of its own; removed afterwards. */
  readonly folder: string;
}

/** What a contestant tells at its end. */
export interface Outcome {
  readonly scored: number;
  /** From the first records taken to the last acknowledged one. */
  readonly seconds: number;
  /** User and system time of all threads, start-up included. */
  readonly cpuSeconds: number;
  /** The most that was resident at any time. */
  readonly maxRssMiB: number;
}

/** The outcome in what a contestant printed: one or more lines of JSON, taken together. */
export function outcomeIn(stdout: string): Outcome {
  const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
  const said = Object.assign({}, ...lines.map((line) => JSON.parse(line)));
  for (const name of ['scored', 'seconds', 'cpuSeconds', 'maxRssMiB'] as const) {
    if (typeof said[name] !== 'number') throw new Error(`no ${name} in: ${stdout}`);
  }
  const { scored, seconds, cpuSeconds, maxRssMiB } = said;
  return { scored, seconds, cpuSeconds, maxRssMiB };
}

/** The configuration of a pipeline as Tidemark will read it. */
function configOf({ file }: BenchPipeline, ground: Ground): PipelineConfig {
  const loaded = loadConfig(file, { ...process.env, ...ground.env });
  if (!loaded.ok) throw new Error(loaded.faults.map(({ path, problem }) => `${path}: ${problem}`).join('\n'));
  return loaded.config;
}

/** What Tidemark is told by its configuration, for a peer: the peers follow it, whatever it says. */
export async function jobFor(
  pipeline: BenchPipeline,
  { ground, events }: { ground: Ground; events: number },
): Promise<Job> {
  const config = configOf(pipeline, ground);
  const { card, digest } = await readPackage(config.model.package);
  return {
    brokers: config.kafka.brokers.join(','),
    registryUrl: config.registry.url,
    input: config.input.topic,
    output: config.output.topic,
    group: config.kafka.group,
    events,
    schemaId: pipeline.schemaId,
    model: join(config.model.package, 'model.onnx'),
    modelName: card.name,
    modelVersion: card.version,
    modelDigest: digest.slice(0, DIGEST_DIGITS),
    batchRows: config.batching.maxRows,
    commitEveryMs: config.commitEveryMs,
    compression: config.output.compression,
    isolation: config.kafka.isolation,
    folder: ground.folder,
  };
}
