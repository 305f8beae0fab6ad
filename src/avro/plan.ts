import type { CarriedField, FeaturePlan, FieldPath } from '../pipeline/ports.ts';
import type { AvroNode } from './schema.ts';

/** What a pipeline wants of each event. */
export interface RowPlan {
  readonly features: readonly FeaturePlan[];
  readonly carried: readonly CarriedField[];
  /** Where the event time is; without it every event has none. */
  readonly eventTime?: FieldPath;
  /** Where the event's id for people is (a string, enum, UUID, int or long). */
  readonly id?: FieldPath;
  /** Record types that count, by simple or full name; events of others are skipped. Without it all count. */
  readonly records?: readonly string[];
  /** The schema the pipeline was made for: its defaults and aliases serve where a writer lacks a field. */
  readonly readerSchema?: AvroNode;
}

/** All paths of a plan as one tree: what is wanted at a place, and below it. */
export interface Wanted {
  readonly path: FieldPath;
  /** Indexes into the plan's features. */
  readonly features: readonly number[];
  /** Indexes into the plan's carried fields. */
  readonly carried: readonly number[];
  readonly eventTime: boolean;
  /** By field name, map key or array index, all as text. */
  readonly below: ReadonlyMap<string, Wanted>;
}

interface GrowingWanted extends Wanted {
  features: number[];
  carried: number[];
  eventTime: boolean;
  below: Map<string, GrowingWanted>;
}

export function wantedOf(plan: RowPlan): Wanted {
  const root = emptyWanted([]);
  for (const [index, feature] of plan.features.entries()) at(root, feature.path).features.push(index);
  for (const [index, field] of plan.carried.entries()) at(root, field.path).carried.push(index);
  if (plan.eventTime) at(root, plan.eventTime).eventTime = true;
  return root;
}

function emptyWanted(path: FieldPath): GrowingWanted {
  return { path, features: [], carried: [], eventTime: false, below: new Map() };
}

function at(root: GrowingWanted, path: FieldPath): GrowingWanted {
  let place = root;
  path.forEach((step, index) => {
    const next = place.below.get(String(step)) ?? emptyWanted(path.slice(0, index + 1));
    place.below.set(String(step), next);
    place = next;
  });
  return place;
}

/** Nothing wanted here but what a union's branches are to be asked for. */
export function withoutCarried(wanted: Wanted, spanned: ReadonlySet<number>): Wanted {
  return { ...wanted, carried: wanted.carried.filter((index) => !spanned.has(index)) };
}

export function isEmpty(wanted: Wanted): boolean {
  return (
    wanted.features.length === 0 &&
    wanted.carried.length === 0 &&
    !wanted.eventTime &&
    wanted.below.size === 0
  );
}

/** A path as people write it: `terminal.risk_30d`, `tags[0]`. */
export function pathText(path: FieldPath): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join('');
}
