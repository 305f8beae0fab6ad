/** What a benchmark found, as `--json` prints it and `--from` reads it. */
import { readFileSync } from 'node:fs';
import { BenchError } from './benchError.ts';
import type { Contest } from './contest.ts';
import type { CostReport } from './costs.ts';
import type { Soak } from './soak.ts';
import type { StageReport } from './stageCosts.ts';
import type { SweepPoint } from './sweep.ts';
import type { Target } from './targets.ts';

export interface Results extends Partial<Soak> {
  readonly machine: string;
  readonly pinning: string;
  readonly rounds: number;
  /** Of the topics; undefined when there was no broker. */
  readonly events?: number;
  /** The same; several in `points`. */
  readonly partitions?: number;
  readonly standings?: Contest['standings'];
  readonly stages?: StageReport;
  readonly points?: readonly SweepPoint[];
  readonly costs?: CostReport;
  /** What could not run here: why, and what to install. */
  readonly leftOut?: readonly string[];
  readonly targets?: readonly Target[];
}

/**
 * Results of an earlier run. Throws with the file and what to do when it is none.
 * @param machine what to call the machine instead
 */
export function readResults(file: string, machine?: string): Results {
  const expected = 'expected what `npm run --silent bench -- --json` printed';
  let read: Partial<Results> | null;
  try {
    read = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new BenchError(`${file} cannot be read as results: ${(error as Error).message}; ${expected}.`);
  }
  if (typeof read?.machine !== 'string' || typeof read.pinning !== 'string') {
    throw new BenchError(`${file} holds no results; ${expected}.`);
  }
  return { ...(read as Results), machine: machine ?? read.machine };
}
