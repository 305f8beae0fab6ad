/** What the stages of the pipeline cost alone, and how near the whole comes to their sum. */
import type { Ground } from './ground.ts';
import { prefixed, run } from './process.ts';
import { type Spread, spreadOf } from './statistics.ts';

export type StageName = 'fetch and check' | 'decode' | 'score' | 'encode' | 'produce';

export interface StageCost {
  readonly name: StageName;
  /** An event, alone on a core. */
  readonly seconds: number;
  /** An event; less than `seconds` where the stage waits for the broker. */
  readonly cpuSeconds: number;
}

export interface StageReport {
  readonly stages: readonly { readonly name: StageName; readonly nanos: Spread; readonly cpuNanos: Spread }[];
  /** Against the time that the stages take alone, in which those with a broker wait for it. */
  readonly ofTime: Share;
  /** Against their CPU time: stricter, for the whole may wait and work at once. */
  readonly ofCpu: Share;
}

interface Share {
  /** If the stages took turns and nothing came on top. */
  readonly sumEventsPerSecond: Spread;
  /** The whole's events a second as a share of that, round by round. */
  readonly share: Spread;
}

export interface StageRun {
  readonly input: string;
  readonly partitions: number;
  readonly round: number;
  readonly events: number;
  readonly client: string | undefined;
  /** Goes before the command. */
  readonly pinned: readonly string[];
}

/** Measures each stage alone, all in one process of its own. */
export async function measureStages(ground: Ground, of: StageRun): Promise<StageCost[]> {
  const { input, partitions, client } = of;
  const output = ground.topicNamed(`stages-${of.round}`);
  const pipeline = await ground.newPipeline({ input, run: output, partitions, client });
  const args = ['bench/stages.ts', pipeline.file, String(pipeline.schemaId), String(of.events)];
  const stdout = await run(prefixed(of.pinned, { file: process.execPath, args }), ground.env, ground.signal);
  await ground.forget(pipeline);
  return JSON.parse(stdout);
}

/** @param rounds the costs of each round; @param wholes the whole's events a second in the same rounds */
export function stageReport(
  rounds: readonly (readonly StageCost[])[],
  wholes: readonly number[],
): StageReport {
  const named = rounds[0]?.map(({ name }) => name) ?? [];
  const nanosOf = (name: StageName, read: (cost: StageCost) => number) =>
    spreadOf(rounds.map((costs) => read(costs.find((cost) => cost.name === name)!) * 1e9));
  const shareOf = (read: (cost: StageCost) => number): Share => {
    const sums = rounds.map((costs) => costs.reduce((sum, cost) => sum + read(cost), 0));
    return {
      sumEventsPerSecond: spreadOf(sums.map((sum) => 1 / sum)),
      share: spreadOf(sums.map((sum, round) => wholes[round]! * sum)),
    };
  };
  return {
    stages: named.map((name) => ({
      name,
      nanos: nanosOf(name, ({ seconds }) => seconds),
      cpuNanos: nanosOf(name, ({ cpuSeconds }) => cpuSeconds),
    })),
    ofTime: shareOf(({ seconds }) => seconds),
    ofCpu: shareOf(({ cpuSeconds }) => cpuSeconds),
  };
}
