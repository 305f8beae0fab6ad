/** Preloaded into a measured process: at its exit it writes what it used to the file that BENCH_USAGE names. */
import { writeFileSync } from 'node:fs';

export interface Usage {
  /** User and system time of all threads, start-up included. */
  readonly cpuSeconds: number;
  readonly maxRssMiB: number;
}

const file = process.env.BENCH_USAGE;
if (file !== undefined) {
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    const usage: Usage = {
      cpuSeconds: (user + system) / 1e6,
      maxRssMiB: process.resourceUsage().maxRSS / 1024,
    };
    writeFileSync(file, JSON.stringify(usage));
  });
}
