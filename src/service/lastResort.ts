import { Worker } from 'node:worker_threads';

/** How long the main thread may stand still beyond the watchdog's own patience. */
const GRACE_MS = 10_000;
const BEAT_MS = 500;

/**
 * The watchdog lives on the main thread, and so does ONNX Runtime: a run that never returns would stop them both. This thread
 * watches that the main one still turns and kills the process when it does not. It is plain text because a worker's file
 * cannot be found under the same name from source and from the built package, and neither require nor import are in it
 * because the flags of the process decide which of the two such text may use.
 */
const WATCH = `
const { workerData } = process.getBuiltinModule('node:worker_threads');
const { writeSync } = process.getBuiltinModule('node:fs');
const beats = new Int32Array(workerData.shared);
let last = Atomics.load(beats, 0), silentMs = 0;
for (;;) {
  Atomics.wait(beats, 1, 0, workerData.beatMs);
  if (Atomics.load(beats, 1) !== 0) break;
  const beat = Atomics.load(beats, 0);
  silentMs = beat === last ? silentMs + workerData.beatMs : 0;
  last = beat;
  if (silentMs < workerData.allowedMs) continue;
  writeSync(2, JSON.stringify({ level: 'fatal', code: 'E-WATCHDOG',
    msg: 'the main thread stood still for ' + silentMs + ' ms; killing the process' }) + '\\n');
  process.kill(process.pid, 'SIGKILL');
}
`;

/** @returns a function that ends the watch */
export function startLastResort(watchdogMs: number): () => void {
  const shared = new SharedArrayBuffer(8);
  const beats = new Int32Array(shared);
  const workerData = { shared, beatMs: BEAT_MS, allowedMs: watchdogMs + GRACE_MS };
  const worker = new Worker(WATCH, { eval: true, workerData });
  worker.unref();
  const timer = setInterval(() => Atomics.add(beats, 0, 1), BEAT_MS / 2);
  timer.unref();
  return () => {
    clearInterval(timer);
    Atomics.store(beats, 1, 1);
    Atomics.notify(beats, 1);
  };
}
