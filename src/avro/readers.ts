import { LRUCache } from 'lru-cache';
import { asTidemarkError } from '../errors.ts';
import type { Clock, Rejection, RowReader, RowReaders } from '../pipeline/ports.ts';
import type { Telemetry } from '../telemetry/events.ts';
import { schemaIdOf } from './framing.ts';
import type { RowPlan } from './plan.ts';
import { type Registry, type SchemaLookup, UNKNOWN_FOR_MS } from './registry.ts';
import { compileRowReader, rejectingRowReader } from './rowReader.ts';

const MAX_READERS = 1_000;

export interface ReaderParts {
  readonly registry: Pick<Registry, 'schemaById'>;
  readonly plan: RowPlan;
  readonly telemetry: Pick<Telemetry, 'schemaLoaded' | 'schemaUnusable'>;
  readonly clock: Clock;
}

/** One row reader per writer schema id, compiled when its first event comes. */
export class RegistryReaders implements RowReaders {
  readonly schemaIdOf = schemaIdOf;
  readonly #parts: ReaderParts;
  readonly #readers = new LRUCache<number, RowReader>({ max: MAX_READERS });
  readonly #loading = new Map<number, Promise<void>>();

  constructor(parts: ReaderParts) {
    this.#parts = parts;
  }

  ready(schemaId: number): RowReader | undefined {
    return this.#readers.get(schemaId);
  }

  load(schemaId: number): Promise<void> {
    const loading = this.#loading.get(schemaId) ?? this.#load(schemaId);
    this.#loading.set(schemaId, loading);
    return loading.finally(() => this.#loading.delete(schemaId));
  }

  async #load(schemaId: number): Promise<void> {
    const { registry, telemetry, clock } = this.#parts;
    const begunMs = clock.monotonicMs();
    const found = await this.#lookUp(schemaId, registry);
    const { reader, unusable } = this.#compile(schemaId, found);
    if (unusable === undefined) telemetry.schemaLoaded(schemaId, clock.monotonicMs() - begunMs);
    else telemetry.schemaUnusable(schemaId, unusable.code, unusable.detail);
    // A schema is for ever. What the registry did not have or refused may come: that reader expires, and it is asked again.
    const isAnswer = 'kind' in found && found.kind !== 'unknown';
    this.#readers.set(schemaId, reader, isAnswer ? {} : { ttl: UNKNOWN_FOR_MS });
  }

  async #lookUp(schemaId: number, registry: ReaderParts['registry']): Promise<SchemaLookup | Rejection> {
    try {
      return await registry.schemaById(schemaId);
    } catch (cause) {
      const error = asTidemarkError(cause);
      // What the registry holds is broken, which harms the events of this id and no others.
      if (error.code === 'E-REGISTRY-REFUSED') return { code: 'E-SCHEMA-UNUSABLE', detail: error.message };
      throw error;
    }
  }

  #compile(
    schemaId: number,
    found: SchemaLookup | Rejection,
  ): { reader: RowReader; unusable: Rejection | undefined } {
    const rejecting = (unusable: Rejection) => ({
      reader: rejectingRowReader(schemaId, unusable),
      unusable,
    });
    if (!('kind' in found)) return rejecting(found);
    if (found.kind === 'unknown') {
      return rejecting({ code: 'E-SCHEMA-UNKNOWN', detail: `the registry knows no schema ${schemaId}` });
    }
    if (found.kind === 'not-avro') {
      return rejecting({
        code: 'E-SCHEMA-UNUSABLE',
        detail: `schema ${schemaId} is ${found.type}, not Avro`,
      });
    }
    const { schema, references } = found.schema;
    const reader = compileRowReader(schemaId, schema, references, this.#parts.plan);
    return { reader, unusable: reader.unusable };
  }
}
