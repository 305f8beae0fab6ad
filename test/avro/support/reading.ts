/** Reading one event of a hand-written schema with a plan. */
import type { RowPlan } from '../../../src/avro/plan.ts';
import { compileRowReader } from '../../../src/avro/rowReader.ts';
import type { FeaturePlan, RowReader, RowTarget } from '../../../src/pipeline/ports.ts';
import { ROW, targetFor } from './oracle.ts';
import { framed } from './randomAvro.ts';

export const record = (fields: Record<string, unknown>, name = 'Event') => ({
  type: 'record',
  name,
  fields: Object.entries(fields).map(([name, type]) => ({ name, type })),
});

export function feature(type: FeaturePlan['type'], more: Partial<FeaturePlan> = {}): FeaturePlan {
  return {
    name: 'it',
    path: ['it'],
    input: 0,
    column: 0,
    type,
    missing: 'reject',
    unknown: 'reject',
    ...more,
  };
}

export interface Reading {
  readonly reader: RowReader;
  readonly target: RowTarget;
  readonly event: Uint8Array;
  /** `ok`, `skipped` or the code. */
  readonly code: string;
}

export function readWith(
  schema: unknown,
  body: Uint8Array,
  plan: Partial<RowPlan>,
  type: FeaturePlan['type'] = 'float64',
): Reading {
  const whole = { features: [], carried: [], ...plan };
  const reader = compileRowReader(7, JSON.stringify(schema), [], whole);
  const target = targetFor(type, whole.features.length, whole.carried.length);
  const event = framed(Buffer.from(body));
  const result = reader.read(event, 0, event.length, ROW, target);
  const code = result === 0 ? 'ok' : result === 1 ? 'skipped' : reader.explain(result).code;
  return { reader, target, event, code };
}
