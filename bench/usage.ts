/** Preloaded into a measured process: at its exit it prints what it used, as a line of JSON after the outcome. */
import { readFileSync, writeSync } from 'node:fs';

const STDOUT = 1;

process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  const usage = { cpuSeconds: (user + system) / 1e6, maxRssMiB: maxRssMiB() };
  writeSync(STDOUT, `${JSON.stringify(usage)}\n`);
});

/** The kernel's high water mark of this program; `getrusage` counts what its parent had when it forked, too. */
function maxRssMiB(): number {
  try {
    const status = readFileSync('/proc/self/status', 'utf8');
    return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1]) / 1024;
  } catch {
    return process.resourceUsage().maxRSS / 1024;
  }
}
