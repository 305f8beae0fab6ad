/**
 * The only place that loads onnxruntime-node. Its Linux build sends telemetry unless ORT_DISABLE_TELEMETRY is 1 before the
 * library is loaded (`0` does not disable it), and static imports are hoisted above any assignment: hence createRequire.
 */
import { createRequire } from 'node:module';
import type { InferenceSession, Tensor } from 'onnxruntime-node';

process.env.ORT_DISABLE_TELEMETRY = '1';

type OnnxRuntime = typeof import('onnxruntime-node');

export type { InferenceSession, Tensor };

export const ort: OnnxRuntime = createRequire(import.meta.url)('onnxruntime-node');

/**
 * Opens a model on the calling thread. One thread per process: the consumer group is how Tidemark grows, and the arena would
 * keep the memory of the largest batch for ever. The caller releases the session.
 */
export function openSession(file: string): Promise<InferenceSession> {
  return ort.InferenceSession.create(file, {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    enableCpuMemArena: false,
    // ONNX Runtime throws what it would print: one fault is told once, by us.
    logSeverityLevel: 4,
  });
}
