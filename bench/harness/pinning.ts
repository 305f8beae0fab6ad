/** One core for what is measured, another for the brokers, so that neither takes time from the other. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Pinning {
  /** Goes before the command of a measured process. */
  readonly measured: readonly string[];
  /** Goes before the command of a process that works beside it. */
  readonly beside: readonly string[];
  /** In words, for the head of the report. */
  readonly note: string;
}

/** The numbers in a list of the kernel's: `0-2,5` is 0, 1, 2 and 5. */
export function cpusOf(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/**
 * Pins the processes `brokers` and says how measured ones are to be started. Empty `brokers` are not ours to pin; without the
 * list none take part.
 */
export function pin(brokers?: readonly number[]): Pinning {
  const cpus = allowedCpus();
  const [ours, theirs] = cpus;
  if (ours === undefined || theirs === undefined) {
    return { measured: [], beside: [], note: 'nothing is pinned: that takes Linux, taskset and two cores' };
  }
  const measured = ['taskset', '-c', String(ours)];
  const beside = ['taskset', '-c', String(theirs)];
  const scorer = `contestants pinned to core ${ours}`;
  if (brokers === undefined) return { measured, beside, note: scorer };
  if (brokers.length === 0) {
    return { measured, beside, note: `${scorer}; the brokers are not this program's, and not pinned` };
  }
  for (const pid of brokers) {
    const { status, stderr } = taskset(['-a', '-c', '-p', String(theirs), String(pid)]);
    if (status !== 0) throw new Error(`the broker could not be pinned: ${stderr}`);
  }
  return { measured, beside, note: `${scorer}, broker and registry to core ${theirs}` };
}

function allowedCpus(): number[] {
  if (process.platform !== 'linux' || taskset(['-p', String(process.pid)]).status !== 0) return [];
  const status = readFileSync('/proc/self/status', 'utf8');
  return cpusOf(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '');
}

function taskset(args: readonly string[]): { status: number | null; stderr: string } {
  return spawnSync('taskset', args, { encoding: 'utf8' });
}
