/** What reading a feature of an event must give, by what avsc decoded. */
import type { FeaturePlan } from '../../../src/pipeline/ports.ts';
import { type Leaf, leafAt, leafKinds, meaning } from './oracle.ts';
import type { Ast, RandomAvro, RecordAst } from './randomAvro.ts';

export interface Sample {
  readonly ast: RecordAst;
  readonly schema: string;
  /** As avsc decoded it from `bytes`. */
  readonly value: unknown;
  readonly bytes: Uint8Array;
  readonly random: RandomAvro;
}

/** What reading the feature must give: an element, or the code it is rejected with. */
export function expectedOf({ ast, value }: Sample, plan: FeaturePlan): unknown {
  const kinds = leafKinds(ast, plan.path);
  if (!kinds.some((kind) => fits(plan, kind))) {
    const leads = kinds.some((kind) => kind.kind !== 'null');
    if (leads || plan.missing === 'reject') return 'E-SCHEMA-UNUSABLE';
  }
  const leaf = leafAt(ast, value, plan.path);
  if (!leaf) return missingOf(plan);
  if (!fits(plan, leaf.ast)) return 'E-FEATURE-RANGE';
  return elementFor(plan, leaf);
}

function missingOf(plan: FeaturePlan): unknown {
  return plan.missing === 'reject' ? 'E-FEATURE-MISSING' : plan.missing;
}

/** Whether the feature is missing in the event, and whether it holds an unknown category, by what avsc decoded. */
export function lacks({ ast, value }: Sample, plan: FeaturePlan): { missing: boolean; unknown: boolean } {
  const leaf = leafAt(ast, value, plan.path);
  if (!leaf) return { missing: true, unknown: false };
  if (!fits(plan, leaf.ast)) return { missing: false, unknown: false };
  const means = meaning(leaf)!;
  if (typeof means === 'string') {
    return { missing: false, unknown: plan.categories !== undefined && !plan.categories.includes(means) };
  }
  return { missing: Number.isNaN(means), unknown: false };
}

export function fits(plan: FeaturePlan, ast: Ast): boolean {
  const textual =
    ast.kind === 'string' || ast.kind === 'enum' || (ast.kind === 'fixed' && ast.logical === 'uuid');
  if (textual) return plan.type === 'string' || plan.categories !== undefined;
  const numeric = ['boolean', 'int', 'long', 'float', 'double'].includes(ast.kind) || 'scale' in ast;
  const duration = ast.kind === 'fixed' && ast.logical === 'duration';
  return (numeric || duration) && plan.type !== 'string' && !plan.categories;
}

function elementFor(plan: FeaturePlan, leaf: Leaf): unknown {
  const value = meaning(leaf)!;
  if (typeof value === 'string') {
    if (!plan.categories) return value;
    const index = plan.categories.indexOf(value);
    if (index < 0) return plan.unknown === 'reject' ? 'E-FEATURE-CATEGORY' : plan.unknown;
    return plan.type === 'string' ? value : index;
  }
  if (Number.isNaN(value)) return missingOf(plan);
  return inTensor(plan.type, leaf, value);
}

function inTensor(type: FeaturePlan['type'], leaf: Leaf, value: number | bigint): unknown {
  const double = Number(value);
  const isTime = leaf.ast.kind === 'long' && typeof value === 'number';
  const outside = 'E-FEATURE-RANGE';
  if (!Number.isFinite(double)) return outside;
  switch (type) {
    case 'float64':
      return double;
    case 'float32':
      return Math.abs(double) > 3.4028234663852886e38 ? outside : Math.fround(double);
    default: {
      const whole = typeof value === 'bigint' ? value : wholeOf(isTime ? Math.floor(value) : value);
      const [least, most] = LIMITS[type as keyof typeof LIMITS];
      return whole !== undefined && whole >= least && whole <= most ? whole : outside;
    }
  }
}

const LIMITS = {
  bool: [0n, 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
} as const;

function wholeOf(value: number): bigint | undefined {
  return Number.isInteger(value) ? BigInt(value) : undefined;
}

/** Integer tensors are compared as BigInt in the oracle. */
export function same(element: unknown, expected: unknown): unknown {
  if (typeof element === 'number' && typeof expected === 'bigint') return Number(expected);
  if (typeof element === 'bigint' && typeof expected === 'number') return BigInt(expected);
  return expected;
}
