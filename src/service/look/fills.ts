import type { RowPlan } from '../../avro/plan.ts';
import type { FeaturePlan, InputBuffer, RowTarget } from '../../pipeline/ports.ts';

/** How a value got into a feature row: read from the event, or put in for a null, or put in for an unknown category. */
export type Mark = 'read' | 'missing' | 'unknown';

type Fill = 'missing' | 'unknown';

/**
 * A plan that fills in something else where `fill` fills in: what differs between two readings of an event was filled in. Undefined
 * when no feature has such a fill.
 */
export function probePlan(plan: RowPlan, fill: Fill): RowPlan | undefined {
  if (plan.features.every((feature) => feature[fill] === 'reject')) return undefined;
  const features = plan.features.map((feature) => ({ ...feature, [fill]: otherFill(feature, fill) }));
  return { ...plan, carried: [], features };
}

function otherFill(feature: FeaturePlan, fill: Fill): number | string {
  const given = feature[fill];
  if (given === 'reject') return given;
  if (feature.type === 'string') return `${given} `;
  const value = typeof given === 'string' ? (feature.categories?.indexOf(given) ?? 0) : given;
  return value === 0 ? 1 : 0;
}

/** The values of a row in the order of the features; a long beyond 2^53 is a bigint. */
export function rowValues(
  features: readonly FeaturePlan[],
  { inputs }: Pick<RowTarget, 'inputs'>,
  row: number,
): (number | bigint | string)[] {
  return features.map(({ input, column }) => elementOf(inputs[input]!, row, column));
}

function elementOf(input: InputBuffer, row: number, column: number): number | bigint | string {
  const at = row * input.columns + column;
  if (input.type !== 'int64') return input.values[at]!;
  const value = (BigInt(input.values[2 * at + 1]!) << 32n) | BigInt(input.values[2 * at]! >>> 0);
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
