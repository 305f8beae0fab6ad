import { loadavg } from 'node:os';
import type { Outcome } from './job.ts';

/** One run, in a line. */
export function runLine(name: string, { scored, seconds, cpuSeconds, maxRssMiB }: Outcome): string {
  const facts = [
    `${Math.round(scored / seconds)} events/s`,
    `${((cpuSeconds / scored) * 1e6).toFixed(1)} us of CPU an event`,
    `${maxRssMiB.toFixed(0)} MiB`,
    `load ${loadavg()[0]!.toFixed(1)}`,
  ];
  return `${name.padEnd(8)} ${facts.map((fact) => fact.padStart(16)).join('  ')}`;
}
