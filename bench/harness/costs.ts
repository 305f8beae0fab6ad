/** What an event costs without Kafka: the card payments of the demo, and a base case of which one thing at a time is varied. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HeartCost } from './heart.ts';
import { HIDDEN, TREE_DEPTH, TREES } from './onnx.ts';
import { prefixed, run } from './process.ts';
import type { WorkName } from './stageWork.ts';
import { ratioOf, rotated, type Spread, spreadOf } from './statistics.ts';
import { type Workload, writeWorkload } from './workload.ts';

/** What one process is asked to measure. */
export interface CaseRun {
  /** The pipeline's configuration. */
  readonly file: string;
  /** Undefined for simulated card payments. */
  readonly workload: Workload | undefined;
  /** Of CPU, for each thing that is measured. */
  readonly seconds: number;
}

/** An event's, in one round. */
export type CaseCost = Readonly<Record<'whole' | WorkName, HeartCost>>;

export type Dimension = 'columns' | 'payload' | 'batch' | 'model';

/** ns of CPU an event. */
export type MeasuredCost = Readonly<Record<'whole' | WorkName, Spread>>;

export interface CostPoint extends MeasuredCost {
  readonly dimension: Dimension;
  /** What this point has instead of the base, or the same: `50`, `1 KiB`, `100 trees`. */
  readonly label: string;
  readonly isBase: boolean;
  /** The whole's to the base's of the same round. */
  readonly toBase: Spread;
}

export interface CostReport {
  readonly rounds: number;
  /** In words. */
  readonly base: string;
  /** The pipeline of config/card-fraud.yaml. */
  readonly card: MeasuredCost;
  readonly points: readonly CostPoint[];
}

export interface Costing {
  readonly rounds: number;
  /** Of CPU, for each thing that is measured in each round. */
  readonly seconds: number;
  /** Goes before the command. */
  readonly pinned: readonly string[];
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

interface Variant {
  readonly dimension: Dimension;
  readonly label: string;
  readonly workload: Workload;
}

const CARD_FILE = 'config/card-fraud.yaml';
const KIB = 1024;
const BASE: Workload = { columns: 15, payloadBytes: 100, maxRows: 4_096, model: 'logistic' };
const BASE_WORDS = '15 columns, 100 B carried, batches of 4,096, a logistic regression';

const variant = (dimension: Dimension, label: string, change: Partial<Workload>): Variant => ({
  dimension,
  label,
  workload: { ...BASE, ...change },
});

const VARIANTS: readonly Variant[] = [
  ...[15, 50, 200, 1_000].map((columns) => variant('columns', columns.toLocaleString('en'), { columns })),
  ...[100, KIB, 10 * KIB].map((payloadBytes) =>
    variant('payload', payloadBytes < KIB ? `${payloadBytes} B` : `${payloadBytes / KIB} KiB`, {
      payloadBytes,
    }),
  ),
  ...[1, 16, 256, 4_096].map((maxRows) => variant('batch', maxRows.toLocaleString('en'), { maxRows })),
  variant('model', 'logistic regression', {}),
  variant('model', `dense net ${HIDDEN.join('-')}-1`, { model: 'dense' }),
  variant('model', `${TREES} trees of depth ${TREE_DEPTH}`, { model: 'trees' }),
];

interface Case {
  readonly key: string;
  readonly file: string;
  readonly workload: Workload | undefined;
  readonly costs: CaseCost[];
}

/** Measures every case once a round, in turn, each in a process of its own. */
export async function measureCosts(costing: Costing): Promise<CostReport> {
  const { rounds, onProgress } = costing;
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-costs-'));
  try {
    const cases = await casesIn(folder);
    for (let round = 1; round <= rounds; round++) {
      for (const [turn, each] of rotated(cases, round - 1).entries()) {
        const cost = await measureCase(each, costing);
        each.costs.push(cost);
        const ns = Math.round(cost.whole.cpuSeconds * 1e9);
        onProgress(
          `cost in memory ${round}/${rounds}, ${turn + 1} of ${cases.length}: ${ns} ns of CPU an event; ${each.key}`,
        );
      }
    }
    return costReport(cases, rounds);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The card payments and each workload, which may be a point of several dimensions, once. */
async function casesIn(folder: string): Promise<Case[]> {
  const cases: Case[] = [{ key: CARD_FILE, file: CARD_FILE, workload: undefined, costs: [] }];
  for (const { workload } of VARIANTS) {
    const key = keyOf(workload);
    if (cases.some((each) => each.key === key)) continue;
    const file = await writeWorkload(join(folder, String(cases.length)), workload);
    cases.push({ key, file, workload, costs: [] });
  }
  return cases;
}

function keyOf({ columns, payloadBytes, maxRows, model }: Workload): string {
  return `${columns} columns, ${payloadBytes} B carried, batches of ${maxRows}, ${model}`;
}

async function measureCase(
  { file, workload }: Case,
  { seconds, pinned, signal }: Costing,
): Promise<CaseCost> {
  const asked: CaseRun = { file, workload, seconds };
  const args = ['bench/inMemory.ts', JSON.stringify(asked)];
  return JSON.parse(await run(prefixed(pinned, { file: process.execPath, args }), {}, signal));
}

function costReport(cases: readonly Case[], rounds: number): CostReport {
  const costsOf = (key: string) => cases.find((each) => each.key === key)!.costs;
  const base = costsOf(keyOf(BASE));
  return {
    rounds,
    base: BASE_WORDS,
    card: measuredCost(costsOf(CARD_FILE)),
    points: VARIANTS.map(({ dimension, label, workload }) => ({
      dimension,
      label,
      isBase: keyOf(workload) === keyOf(BASE),
      ...costPoint(costsOf(keyOf(workload)), base),
    })),
  };
}

/** @param base of the same rounds */
export function costPoint(
  costs: readonly CaseCost[],
  base: readonly CaseCost[],
): MeasuredCost & { toBase: Spread } {
  const whole = (all: readonly CaseCost[]) => all.map((cost) => cost.whole.cpuSeconds);
  return { ...measuredCost(costs), toBase: ratioOf(whole(costs), whole(base)) };
}

function measuredCost(costs: readonly CaseCost[]): MeasuredCost {
  const nanos = (part: keyof CaseCost) => spreadOf(costs.map((cost) => cost[part].cpuSeconds * 1e9));
  return {
    whole: nanos('whole'),
    decode: nanos('decode'),
    score: nanos('score'),
    encode: nanos('encode'),
  };
}
