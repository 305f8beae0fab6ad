import { parseSchemaText, type SchemaReference } from '../avro/parseSchema.ts';
import type { Registry, SubjectVersion } from '../avro/registry.ts';
import type { AvroNode } from '../avro/schema.ts';
import type { PipelineConfig } from '../config/pipelineConfig.ts';
import { TidemarkError } from '../errors.ts';
import type { Telemetry } from '../telemetry/events.ts';

/** Between two looks for a subject that is not there yet. */
const LOOK_EVERY_MS = 1_000;

type SubjectTelemetry = Pick<Telemetry, 'dependencyDown' | 'dependencyUp'>;

/** The schema that the events are written in, as far as the pipeline knows. */
export interface EventSchema {
  readonly text: string;
  readonly references: readonly SchemaReference[];
  readonly node: AvroNode;
}

/** The subject of the events, by the registry's usual naming. */
export function inputSubject(config: Pick<PipelineConfig, 'input'>): string {
  return `${config.input.topic}-value`;
}

/** The latest schema of the events; waits for its subject until `signal` is aborted. */
export async function eventSchemaNow(
  config: Pick<PipelineConfig, 'input'>,
  registry: Pick<Registry, 'latest'>,
  telemetry: SubjectTelemetry,
  signal?: AbortSignal,
): Promise<EventSchema> {
  const subject = inputSubject(config);
  const latest = await untilThere(
    () => registry.latest(subject),
    `subject ${subject} has no schema`,
    telemetry,
    signal,
  );
  return understood(latest);
}

/** The latest schema of the events. Throws E-REGISTRY-SUBJECT-MISSING when their subject is not there. */
export async function eventSchemaThere(
  config: Pick<PipelineConfig, 'input'>,
  registry: Pick<Registry, 'latest'>,
): Promise<EventSchema> {
  const subject = inputSubject(config);
  const latest = await registry.latest(subject);
  if (latest !== undefined) return understood(latest);
  throw new TidemarkError(
    'E-REGISTRY-SUBJECT-MISSING',
    `subject ${subject} is not in the registry: give the events’ schema by input.schema in the pipeline’s file`,
  );
}

function understood({ schema: text, references }: SubjectVersion): EventSchema {
  return { text, references, node: parseSchemaText(text, references) };
}

/** The id to write into every frame; registers the schema when told to, else waits until somebody did or `signal` is aborted. */
export async function outputSchemaId(
  config: Pick<PipelineConfig, 'output'>,
  schema: string,
  registry: Pick<Registry, 'idOf' | 'register'>,
  telemetry: SubjectTelemetry,
  signal?: AbortSignal,
): Promise<number> {
  const { subject, register } = config.output;
  if (register) return registry.register(subject, schema);
  const missing = `subject ${subject} does not hold the schema of ${config.output.schema}`;
  return untilThere(() => registry.idOf(subject, schema), missing, telemetry, signal);
}

async function untilThere<T>(
  look: () => Promise<T | undefined>,
  missing: string,
  telemetry: SubjectTelemetry,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let waits = 0; ; waits++) {
    const found = await look();
    if (found !== undefined) {
      if (waits > 0) telemetry.dependencyUp('registry');
      return found;
    }
    telemetry.dependencyDown('registry', new TidemarkError('E-REGISTRY-SUBJECT-MISSING', missing));
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    signal?.throwIfAborted();
  }
}
