import { LRUCache } from 'lru-cache';
import { TidemarkError } from '../errors.ts';
import type { Clock } from '../pipeline/ports.ts';
import type { SchemaReference } from './parseSchema.ts';
import { RegistryApi, type RegistryOptions, type RegistryTime } from './registryApi.ts';

export type { RegistryOptions } from './registryApi.ts';

/** How a registry tells about its reachability. Without it, an unreachable registry is an error at once. */
export interface RegistryEvents {
  paused(cause: TidemarkError): void;
  resumed(): void;
}

export interface RegisteredSchema {
  readonly id: number;
  /** JSON text. */
  readonly schema: string;
  /** Everything the schema refers to, however deep. */
  readonly references: readonly SchemaReference[];
}

export interface SubjectVersion extends RegisteredSchema {
  readonly version: number;
  /** AVRO, JSON or PROTOBUF. */
  readonly type: string;
}

/** `unknown`: the registry says that no schema has the id. `not-avro`: it is of another type. */
export type SchemaLookup =
  | { readonly kind: 'schema'; readonly schema: RegisteredSchema }
  | { readonly kind: 'unknown' }
  | { readonly kind: 'not-avro'; readonly type: string };

interface SchemaAnswer {
  readonly schema: string;
  readonly schemaType?: string;
  readonly references?: readonly Reference[];
}

interface Reference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

/** A producer registers and writes at once; a replica of the registry may learn of it later. */
const BELIEVE_404_AFTER_MS = 30_000;
const ASK_404_AGAIN_MS = 1_000;
/** How long an unknown id stays unknown before it is asked for again. */
export const UNKNOWN_FOR_MS = 60_000;
const FIRST_BACKOFF_MS = 200;
const MAX_BACKOFF_MS = 5_000;
const MAX_SCHEMAS = 1_000;
const MAX_REFERENCES = 200;

/**
 * A Confluent-compatible schema registry: bounded caches, timeouts, and patience while it is unreachable. An id is for ever,
 * so what was fetched is never asked for again while it is cached.
 */
export class Registry {
  readonly #api: RegistryApi;
  readonly #events: RegistryEvents | undefined;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #schemas = new LRUCache<number, SchemaLookup>({ max: MAX_SCHEMAS });
  readonly #believedUnknown = new LRUCache<number, true>({ max: MAX_SCHEMAS });
  readonly #underWay = new Map<number, Promise<SchemaLookup>>();
  /** Those who wait, to be woken when all is given up. */
  readonly #sleeping = new Set<() => void>();
  #stopped = false;
  #waiting = 0;
  /** How often a request went without an answer. */
  #outages = 0;

  constructor(
    options: RegistryOptions,
    clock: Clock,
    events?: RegistryEvents,
    random: () => number = Math.random,
  ) {
    this.#api = new RegistryApi(options);
    this.#clock = clock;
    this.#events = events;
    this.#random = random;
  }

  /** The schema of an id. A 404 is believed only after 30 s of them. */
  async schemaById(id: number): Promise<SchemaLookup> {
    const known = this.#schemas.get(id);
    if (known !== undefined) return known;
    const underWay = this.#underWay.get(id) ?? this.#lookUp(id);
    this.#underWay.set(id, underWay);
    try {
      const found = await underWay;
      this.#schemas.set(id, found, found.kind === 'unknown' ? { ttl: UNKNOWN_FOR_MS } : {});
      return found;
    } finally {
      this.#underWay.delete(id);
    }
  }

  /** The latest version of a subject; undefined when there is none. */
  async latest(subject: string): Promise<SubjectVersion | undefined> {
    const found = await this.#insist<SchemaAnswer & { id: number; version: number }>(
      `reading subject ${subject}`,
      (api) => api.Subject.latestVersion({ subject }),
    );
    if (found === undefined) return undefined;
    const { id, version, schema, schemaType: type = 'AVRO' } = found;
    return { id, version, type, schema, references: await this.#references(found) };
  }

  /** Every subject there is, in no order. */
  async subjects(): Promise<readonly string[]> {
    return (await this.#insist<readonly string[]>('listing subjects', (api) => api.Subject.all())) ?? [];
  }

  /** The id under which a subject holds a schema; undefined when it does not. Registers nothing. */
  async idOf(subject: string, schema: string): Promise<number | undefined> {
    const found = await this.#insist<{ id: number }>(`looking for a schema in ${subject}`, (api) =>
      api.Subject.registered({ subject, body: { schema } }),
    );
    return found?.id;
  }

  /** Registers a schema, or finds it registered. @throws TidemarkError E-REGISTRY-REFUSED when it is not compatible */
  async register(subject: string, schema: string): Promise<number> {
    const found = await this.#insist<{ id: number }>(`registering a schema in ${subject}`, (api) =>
      api.Subject.register({ subject, body: { schema } }),
    );
    if (found === undefined)
      throw new TidemarkError('E-REGISTRY-REFUSED', `the registry has no subject ${subject}`);
    return found.id;
  }

  /** Whether a schema may follow those of its subject. A new subject takes any. */
  async compatible(subject: string, schema: string): Promise<{ compatible: boolean; messages: string[] }> {
    const answer = await this.#insist<{ is_compatible: boolean; messages?: string[] }>(
      `testing a schema against ${subject}`,
      (api) => api.Subject.compatible({ subject, version: 'latest', verbose: true, body: { schema } }),
    );
    return { compatible: answer?.is_compatible ?? true, messages: answer?.messages ?? [] };
  }

  /** What a new schema of the subject is held to: `BACKWARD`, `NONE`, ...; undefined when the registry does not say. */
  async compatibilityOf(subject: string): Promise<string | undefined> {
    const found = await this.#insist<{ compatibilityLevel?: string }>(
      `asking for the compatibility of ${subject}`,
      // Registries that have nothing set for the subject tell what holds for all.
      (api) => api.Subject.config({ subject, defaultToGlobal: true }),
    );
    return found?.compatibilityLevel;
  }

  /** What time it is there, whatever it knows of this subject; undefined when it does not say. */
  clock(subject: string): Promise<RegistryTime | undefined> {
    return this.#api.time((api) => api.Subject.latestVersion({ subject }));
  }

  /** Gives up whatever is waited for; from here on an unreachable registry is an error at once. */
  stop(): void {
    this.#stopped = true;
    for (const wake of [...this.#sleeping]) wake();
  }

  async #lookUp(id: number): Promise<SchemaLookup> {
    const doing = `fetching schema ${id}`;
    // An id that was waited for in vain is asked for once more, not waited for again.
    const found = this.#believedUnknown.has(id)
      ? await this.#insist<SchemaAnswer>(doing, (api) => api.Schema.find({ id }))
      : await this.#insistOnFinding(doing, (api) => api.Schema.find({ id }));
    if (found === undefined) {
      this.#believedUnknown.set(id, true);
      return { kind: 'unknown' };
    }
    const type = found.schemaType ?? 'AVRO';
    if (type !== 'AVRO') return { kind: 'not-avro', type };
    return {
      kind: 'schema',
      schema: { id, schema: found.schema, references: await this.#references(found) },
    };
  }

  /** Undefined only after 30 s of 404s. */
  async #insistOnFinding(
    doing: string,
    request: Parameters<RegistryApi['ask']>[1],
  ): Promise<SchemaAnswer | undefined> {
    let since = this.#clock.monotonicMs();
    for (;;) {
      const outages = this.#outages;
      const found = await this.#insist<SchemaAnswer>(doing, request);
      if (found !== undefined) return found;
      // A replica that was away may lag as much as a new one: the time before tells nothing.
      if (this.#outages !== outages) since = this.#clock.monotonicMs();
      if (this.#events === undefined || this.#clock.monotonicMs() - since >= BELIEVE_404_AFTER_MS) return;
      await this.#sleep(ASK_404_AGAIN_MS);
      if (this.#stopped) throw new TidemarkError('E-REGISTRY-UNREACHABLE', `${doing}: stopped`);
    }
  }

  /** References of references included, each once. */
  async #references(of: SchemaAnswer): Promise<SchemaReference[]> {
    const found = new Map<string, SchemaReference>();
    const waiting = [...(of.references ?? [])];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { name, subject, version } = next;
      const key = `${subject}\n${version}\n${name}`;
      if (found.has(key)) continue;
      if (found.size >= MAX_REFERENCES) {
        throw new TidemarkError(
          'E-REGISTRY-REFUSED',
          `a schema refers to more than ${MAX_REFERENCES} others`,
        );
      }
      const answer = await this.#insistOnFinding(`fetching ${subject} version ${version}`, (api) =>
        api.Subject.version({ subject, version }),
      );
      if (answer === undefined) {
        const message = `a schema refers to ${subject} version ${version}, which the registry does not have`;
        throw new TidemarkError('E-REGISTRY-REFUSED', message);
      }
      found.set(key, { name, schema: answer.schema });
      waiting.push(...(answer.references ?? []));
    }
    return [...found.values()];
  }

  /** Asks until there is an answer, telling once for all who wait that there is none. */
  async #insist<T>(doing: string, request: Parameters<RegistryApi['ask']>[1]): Promise<T | undefined> {
    let backoffMs = FIRST_BACKOFF_MS;
    let waits = false;
    try {
      for (;;) {
        try {
          return await this.#api.ask<T>(doing, request);
        } catch (cause) {
          const error = cause as TidemarkError;
          const isPatient = this.#events !== undefined && !this.#stopped;
          if (!isPatient || error.disposition !== 'retry') throw error;
          if (!waits) this.#waiting++;
          waits = true;
          this.#outages++;
          this.#events?.paused(error);
        }
        // Full jitter: a fleet that lost its registry does not come back in step.
        await this.#sleep(backoffMs * (0.5 + this.#random() / 2));
        backoffMs = Math.min(backoffMs * 2, MAX_BACKOFF_MS);
      }
    } finally {
      if (waits && --this.#waiting === 0 && !this.#stopped) this.#events?.resumed();
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        timer.cancel();
        this.#sleeping.delete(wake);
        resolve();
      };
      const timer = this.#clock.timer(ms, wake);
      this.#sleeping.add(wake);
    });
  }
}
