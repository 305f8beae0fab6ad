import type { ErrorCode } from '../errors.ts';
import type { FieldPath, Rejection } from '../pipeline/ports.ts';
import { expectedOf, type FeatureFault } from './featureCode.ts';
import { pathText, type RowPlan } from './plan.ts';
import * as wire from './wire.ts';

/** A way in which a schema does not serve a plan. */
export interface SchemaFault {
  readonly of: 'feature' | 'carried' | 'event-time' | 'id' | 'records';
  /** The feature's name or the output field's path. */
  readonly name: string;
  readonly path: FieldPath;
  readonly problem: string;
  readonly expected: string;
  /** Whether every event of the schema is rejected for it (E-SCHEMA-UNUSABLE); otherwise only some events, or none, suffer. */
  readonly blocks: boolean;
  /** The schema has nothing at the path, as opposed to something that cannot be used. */
  readonly absent?: true;
}

export type Subject =
  | { readonly of: 'feature'; readonly index: number }
  | { readonly of: 'carried'; readonly index: number }
  | { readonly of: 'event-time' };

interface Places {
  /** Places in the schema from which the subject can be had. */
  found: number;
  /** Places where its path ends in something else, or in nothing. */
  readonly wrong: string[];
  readonly absent: string[];
}

const SHARED: readonly (readonly [number, ErrorCode, string])[] = [
  [wire.FRAME, 'E-AVRO-FRAME', 'the value does not begin with a zero byte and a schema id'],
  [wire.TRUNCATED, 'E-AVRO-TRUNCATED', 'the body ends before its schema does'],
  [wire.TRAILING, 'E-AVRO-TRAILING', 'bytes follow the end of the body'],
  [wire.INVALID, 'E-AVRO-INVALID', 'a branch, symbol, boolean, length or varint is out of range'],
  [wire.LIMIT, 'E-AVRO-LIMIT', 'it is nested too deep, or claims too many items that take no bytes'],
];

/** What compiling a reader finds out: read codes with their meaning, and how the schema serves the plan. */
export class Findings {
  readonly #plan: RowPlan;
  readonly #rejections: (Rejection | undefined)[] = [];
  readonly #codes = new Map<string, number>();
  readonly #features: readonly Places[];
  readonly #carried: readonly Places[];
  readonly #eventTime: Places = newPlaces();
  readonly #extra: SchemaFault[] = [];

  constructor(plan: RowPlan) {
    this.#plan = plan;
    this.#features = plan.features.map(newPlaces);
    this.#carried = plan.carried.map(newPlaces);
    for (const [index, code, detail] of SHARED) this.#rejections[index] = { code, detail };
    this.#rejections.length = wire.FIRST_OWN_CODE;
  }

  /** The read code for a fault of a feature. */
  featureCode(index: number, fault: FeatureFault | 'type'): number {
    const { name, path, min, max } = this.#plan.features[index]!;
    const subject = pathText(path) === name ? name : `${name} (${pathText(path)})`;
    switch (fault) {
      case 'missing':
        return this.#codeOf('E-FEATURE-MISSING', `${subject} is null, absent or NaN`);
      case 'category':
        return this.#codeOf('E-FEATURE-CATEGORY', `${subject} holds none of its categories`);
      case 'range':
        return this.#codeOf('E-FEATURE-RANGE', `${subject} is not a number ${rangeText(min, max)}`);
      case 'type':
        return this.#codeOf(
          'E-FEATURE-RANGE',
          `${subject} is not ${expectedOf(this.#plan.features[index]!)}`,
        );
    }
  }

  /** The read code for a carried field that has no place in the output. */
  carriedCode(index: number): number {
    const { target, path } = this.#plan.carried[index]!;
    return this.#codeOf(
      'E-FIELD-MISSING',
      `${target}: ${pathText(path)} is null, absent or of no type that it takes`,
    );
  }

  #codeOf(code: ErrorCode, detail: string): number {
    const key = `${code} ${detail}`;
    const known = this.#codes.get(key);
    if (known !== undefined) return known;
    const index = this.#rejections.push({ code, detail }) - 1;
    this.#codes.set(key, index);
    return index;
  }

  found(subject: Subject): void {
    this.#placesOf(subject).found++;
  }

  isFound(subject: Subject): boolean {
    return this.#placesOf(subject).found > 0;
  }

  wrong(subject: Subject, problem: string): void {
    this.#placesOf(subject).wrong.push(problem);
  }

  absent(subject: Subject, problem: string): void {
    this.#placesOf(subject).absent.push(problem);
  }

  add(fault: SchemaFault): void {
    this.#extra.push(fault);
  }

  #placesOf(subject: Subject): Places {
    switch (subject.of) {
      case 'feature':
        return this.#features[subject.index]!;
      case 'carried':
        return this.#carried[subject.index]!;
      case 'event-time':
        return this.#eventTime;
    }
  }

  /** `absentCarriedBlocks` says of a carried field whether the output has no place for its absence. */
  faults(absentCarriedBlocks: (index: number) => boolean): readonly SchemaFault[] {
    const faults = [...this.#extra];
    this.#plan.features.forEach((feature, index) => {
      const of = {
        of: 'feature',
        name: feature.name,
        path: feature.path,
        expected: expectedOf(feature),
      } as const;
      faults.push(...judged(of, this.#features[index]!, feature.missing === 'reject'));
    });
    this.#plan.carried.forEach((field, index) => {
      const expected = 'a type that the output field takes';
      const of = { of: 'carried', name: field.target, path: field.path, expected } as const;
      faults.push(...judged(of, this.#carried[index]!, absentCarriedBlocks(index)));
    });
    if (this.#plan.eventTime) {
      const expected = 'a timestamp, a date, or a long of epoch milliseconds';
      const of = { of: 'event-time', name: 'event time', path: this.#plan.eventTime, expected } as const;
      // It serves latency only: no event is refused for the want of it.
      faults.push(...judged(of, this.#eventTime, false).map((fault) => ({ ...fault, blocks: false })));
    }
    return faults;
  }

  /** The rejection table; `faults` are those for which every event is refused. */
  rejections(faults: readonly SchemaFault[]): readonly (Rejection | undefined)[] {
    const reasons = faults.map(
      ({ of, name, problem, expected }) => `${of} ${name}: ${problem}; expected ${expected}`,
    );
    if (reasons.length === 0) return this.#rejections;
    this.#rejections[wire.UNUSABLE] = { code: 'E-SCHEMA-UNUSABLE', detail: cut(reasons.join(' | ')) };
    return this.#rejections;
  }
}

/** Details go into headers of dead letters: a schema with a thousand faults must not make those too large. */
const MAX_DETAIL_CHARS = 2000;

export function cut(detail: string): string {
  return detail.length <= MAX_DETAIL_CHARS ? detail : `${detail.slice(0, MAX_DETAIL_CHARS)} ...`;
}

function newPlaces(): Places {
  return { found: 0, wrong: [], absent: [] };
}

function judged(
  of: Omit<SchemaFault, 'problem' | 'blocks' | 'absent'>,
  places: Places,
  absentBlocks: boolean,
): SchemaFault[] {
  const wrong = [...new Set(places.wrong)].map((problem) => ({ ...of, problem, blocks: places.found === 0 }));
  if (places.found > 0 || wrong.length > 0) return wrong;
  const problem = places.absent[0] ?? 'it is not there';
  return [{ ...of, problem, blocks: absentBlocks, absent: true }];
}

function rangeText(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return `within [${min}, ${max}]`;
  if (min !== undefined) return `of at least ${min}`;
  return max === undefined ? 'within what its input holds' : `of at most ${max}`;
}
