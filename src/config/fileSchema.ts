/**
 * The one description of a pipeline file: keys, types, defaults and what each key means. The JSON Schema for editors and the
 * key table of docs/keys.md are made from it.
 */
import { z } from 'zod';
import { kafka, registry } from './connectionSchema.ts';
import * as leaf from './leaves.ts';
import { control, http, log, scaling, slo, tracing } from './operationSchema.ts';

const input = leaf.section({
  topic: leaf.topic().describe('Topic the events are read from.'),
  id: leaf
    .fieldPath()
    .describe('Field that identifies an event to people, in logs and dead letters.')
    .optional(),
  time: leaf
    .fieldPath()
    .describe(
      'Field that says when the event happened. Serves latency only; the output’s timestamp is set by `output.timestamp`.',
    )
    .optional(),
  schema: leaf
    .text('a path to an .avsc file')
    .describe(
      'File of the Avro schema the pipeline is written against, relative to the working directory. Absent: the registry’s latest version of subject `<topic>-value`.',
    )
    .optional(),
  start: leaf
    .startPosition()
    .describe(
      'Where a group without committed offsets begins: `earliest`, `latest`, or a time with its zone. The default passes no event over.',
    )
    .prefault('earliest'),
  out_of_range: leaf
    .word(['stop', 'earliest', 'latest'])
    .describe(
      'What happens when the committed offset is no longer in the log: `stop` with E-KAFKA-OUT-OF-RANGE, or go on from an end of what is left.',
    )
    .default('stop'),
  records: z
    .array(leaf.text('the name of a record type'), { error: 'a list of record types' })
    .min(1, { error: 'at least one record type' })
    .describe('Avro record types that count; events of others are skipped and counted. Absent: all count.')
    .optional(),
});

const model = leaf.section({
  package: leaf
    .text('the folder of a model package')
    .describe(
      'Folder of the model package, relative to the working directory. It owns the features: order, fill values, ranges, categories.',
    ),
});

const features = z
  .record(leaf.text('the name of a feature'), leaf.fieldPath(), {
    error: 'a mapping of feature names to places in the event',
  })
  .describe(
    'Where in the event a feature is. A feature not named here is the event’s field of the same name.',
  );

const decision = leaf.section({
  on: leaf
    .text('the name of a model output')
    .describe('Model output that is compared, as named in model.yaml.'),
  rules: z
    .array(
      leaf.section({
        at_least: leaf
          .finite()
          .describe('The rule holds from this value on. The last rule has none and holds always.')
          .optional(),
        is: leaf
          .text('the decision as text')
          .describe('The decision when this is the first rule that holds.'),
      }),
      { error: 'a list of rules' },
    )
    .min(1, { error: 'at least one rule' })
    .describe('Rules, read from the top, thresholds descending; the first that holds decides.'),
});

const output = leaf.section({
  topic: leaf.topic().describe('Topic the scored events are published to.'),
  schema: leaf
    .text('a path to an .avsc file')
    .describe('File of the scored events’ Avro schema, relative to the working directory.'),
  subject: leaf
    .text('a subject of the schema registry')
    .describe('Registry subject of the schema. Default: `<output.topic>-value`.')
    .optional(),
  partitioner: leaf
    .word(['key', 'source'])
    .describe(
      '`key`: by the record’s key, as Java producers do; order holds per key. `source`: the input’s partition number; order holds per partition.',
    )
    .default('key'),
  timestamp: leaf
    .word(['event', 'scored'])
    .describe(
      'Timestamp of the scored record: `event` keeps the input record’s CreateTime, `scored` is when it was scored.',
    )
    .default('event'),
  fields: z
    .record(leaf.text('the name of an output field'), leaf.outputSource(), {
      error: 'a mapping of output fields to their sources',
    })
    .refine((fields) => Object.keys(fields).length > 0, { error: 'at least one field' })
    .describe(
      'Source of each field of the output schema: `event.<field>`, `model.<output>`, `model.name`, `model.version`, `model.digest`, `decision`, `record.topic`, `record.partition`, `record.offset`, `record.timestamp`, `scored_at`.',
    ),
  register: leaf
    .flag()
    .describe(
      'Whether `run` registers the output schema. Otherwise it waits until someone has, as with `tidemark topics --apply`.',
    )
    .default(false),
  compression: leaf
    .word(['none', 'gzip', 'snappy', 'lz4', 'zstd'])
    .describe('Compression of the published batches. `lz4` costs least, `zstd` is smallest.')
    .default('none'),
});

const batching = leaf.section({
  max_rows: leaf.whole(1, 65_536).describe('Rows scored together at most.').default(4096),
  max_delay: leaf
    .duration({ zero: true })
    .describe('How long the first event of a batch waits for others. `0ms` scores what is at hand.')
    .prefault('5ms'),
  max_in_flight: leaf
    .size()
    .describe(
      'Bytes held between fetch and acknowledgement at most, plus one record batch a request. Fetching pauses beyond it.',
    )
    .prefault('24MiB'),
});

const deadLetter = leaf.section({
  topic: leaf
    .topic()
    .describe('Topic for these events: key and bytes untouched, code and origin in headers.'),
});

const PIPELINE_NAME = 'a name of letters, digits, dot, underscore and hyphen';

export const fileSchema = leaf.section(
  {
    pipeline: z
      .string({ error: PIPELINE_NAME })
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, { error: PIPELINE_NAME })
      .describe('Name of the pipeline in logs and metrics.'),
    kafka: kafka.describe('The Kafka cluster and how to be a member of a group in it.'),
    registry: registry.describe('The schema registry.'),
    input: input.describe('The events.'),
    model: model.describe('The model.'),
    features: features.prefault({}),
    decision: decision.describe('Turns a score into a word. Absent: scores only.').optional(),
    output: output.describe('The scored events.'),
    batching: batching
      .describe('How many rows are scored together, and how long they wait for each other.')
      .prefault({}),
    slo: slo
      .describe('The latency that is promised. Measured and shown; nothing is steered by it yet.')
      .optional(),
    scaling: scaling
      .describe('What the advice on the number of replicas (`/scale`, `tidemark top`) aims at.')
      .prefault({}),
    dead_letter: deadLetter.describe('Where events go that cannot be read or scored.'),
    delivery: leaf
      .word(['at-least-once', 'exactly-once'])
      .describe('Delivery guarantee. `at-least-once`: after a crash some events may be published twice.')
      .default('at-least-once'),
    commit_every: leaf.duration().describe('How often progress is committed.').prefault('1s'),
    http: http.describe('The console, metrics and health over HTTP, or `off`.').prefault({}),
    control: control
      .describe(
        'Commands to the whole group: pause, resume, drain, skip, seek, log level. Absent: there are none.',
      )
      .optional(),
    watchdog: leaf
      .duration()
      .describe(
        'The process ends with E-WATCHDOG when it has work in hand and makes no progress for this long. Declared pauses do not count.',
      )
      .prefault('60s'),
    log: log.describe('Logging.').prefault({}),
    tracing: tracing
      .describe(
        'OpenTelemetry traces of single events, from their producer to their scored event. Absent: none.',
      )
      .optional(),
  },
  'a mapping that describes a pipeline',
);

/** A file as it is once every value is valid: keys as written, values canonical. */
export type PipelineFile = z.output<typeof fileSchema>;
