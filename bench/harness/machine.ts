import { cpus, totalmem } from 'node:os';

/** Cores, memory and Node, as the system tells them; nothing that names this one machine. */
export function machineName(): string {
  const all = cpus();
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  return `${all.length} x ${all[0]?.model.trim() ?? 'unknown'}, ${memoryGiB} GiB, Node ${process.version}`;
}
