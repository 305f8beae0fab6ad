/**
 * The catalogue of everything that can go wrong: one code, what Tidemark does about it, and what the operator should do.
 * docs/errors.md is generated from this file and tested to be current.
 *
 * Dispositions:
 * - `retry`: what needs it pauses, visibly, and goes on by itself when the cause is gone; nothing is dropped.
 * - `dead-letter`: the one event is sent to the dead-letter topic with everything needed to redrive it.
 * - `stop`: the process ends with a non-zero exit status; nothing past the fault is committed.
 */
export type Disposition = 'retry' | 'dead-letter' | 'stop';

/** What each disposition means to those who run a pipeline, in the order in which they are told of. */
export const dispositions: Readonly<
  Record<Disposition, { readonly title: string; readonly consequence: string }>
> = {
  'dead-letter': {
    title: 'The event goes to the dead-letter topic',
    consequence:
      'Key and bytes of the record are untouched; headers give the code and the record’s origin. Its neighbours are scored, and its offset is committed only once the dead letter is acknowledged.',
  },
  retry: {
    title: 'The pipeline waits and goes on by itself',
    consequence:
      'What needs the missing part pauses; nothing is dropped. `/readyz` and `tidemark_paused` say what is waited for, and `/healthz` stays 200, because a restart would not help.',
  },
  stop: {
    title: 'The process ends with a non-zero exit status',
    consequence: 'Nothing past the fault is committed: what was in hand is read again after the next start.',
  },
};

interface CatalogueEntry {
  readonly disposition: Disposition;
  /** What happened, in one sentence. */
  readonly summary: string;
  /** What the operator should do, in one sentence. */
  readonly action: string;
}

export const catalogue = {
  // Events: the record itself cannot be read.
  'E-AVRO-FRAME': {
    disposition: 'dead-letter',
    summary:
      'The record value is not in Confluent framing: a zero byte, a four-byte schema id, the Avro body.',
    action:
      'Have the producer serialize with a schema registry serializer; look at the bytes in the dead-letter topic.',
  },
  'E-AVRO-TRUNCATED': {
    disposition: 'dead-letter',
    summary: 'The Avro body ends before its schema says it does.',
    action:
      'Compare the producer’s schema with the id in the frame; the body was cut or written with another schema.',
  },
  'E-AVRO-TRAILING': {
    disposition: 'dead-letter',
    summary: 'Bytes follow the end of the Avro body.',
    action:
      'Compare the producer’s schema with the id in the frame; the body was written with another schema.',
  },
  'E-AVRO-INVALID': {
    disposition: 'dead-letter',
    summary:
      'The Avro body holds a value its schema does not allow: a union branch, enum index, boolean or varint out of range.',
    action:
      'Compare the producer’s schema with the id in the frame; the body was corrupted or written with another schema.',
  },
  'E-AVRO-LIMIT': {
    disposition: 'dead-letter',
    summary: 'The Avro body claims more items or deeper nesting than its size allows.',
    action: 'Treat the producer as faulty or hostile; no honest event exceeds these limits.',
  },
  'E-SCHEMA-UNKNOWN': {
    disposition: 'dead-letter',
    summary: 'The registry says that no schema has the id in the frame.',
    action:
      'Check that producer and pipeline use the same registry; register the schema, then redrive the dead letters.',
  },
  'E-SCHEMA-UNUSABLE': {
    disposition: 'dead-letter',
    summary:
      'Events of this writer schema cannot serve the pipeline: a feature or carried field is absent or of the wrong type.',
    action:
      'Run `tidemark check --live`; add the field back with a default, or declare `missing` for the feature in model.yaml.',
  },
  'E-FEATURE-MISSING': {
    disposition: 'dead-letter',
    summary: 'A feature that the model requires is null or absent in the event.',
    action: 'Fix the producer, or declare `missing: nan` or a fill value for the feature in model.yaml.',
  },
  'E-FEATURE-RANGE': {
    disposition: 'dead-letter',
    summary: 'A feature lies outside the range the model declares for it, or is not a finite number.',
    action: 'Fix the producer, or widen `min`/`max` in model.yaml if the model was trained on such values.',
  },
  'E-FEATURE-CATEGORY': {
    disposition: 'dead-letter',
    summary: 'A feature holds a category that the model does not know.',
    action:
      'Fix the producer, or retrain with the category, or declare `unknown` for the feature in model.yaml.',
  },
  'E-FIELD-MISSING': {
    disposition: 'dead-letter',
    summary:
      'A field that the output carries from the event is null or absent, and the output schema has no place for that.',
    action: 'Fix the producer, or make the output field nullable.',
  },
  'E-SCORE-NOT-FINITE': {
    disposition: 'dead-letter',
    summary: 'The model gave NaN or infinity for this event.',
    action: 'Score the dead letter by hand; the model meets inputs it was not trained on.',
  },
  'E-RECORD-TOO-LARGE': {
    disposition: 'dead-letter',
    summary: 'The broker refused the scored event because it is larger than the topic’s max.message.bytes.',
    action: 'Raise max.message.bytes on the output topic, or carry fewer fields.',
  },
  'E-RECORD-REFUSED': {
    disposition: 'dead-letter',
    summary:
      'The broker refused the scored event as such: its timestamp is out of bounds, or a compacted topic needs a key.',
    action:
      'Read the broker’s reason; check message.timestamp.* and cleanup.policy of the output topic against the events.',
  },
  // Dependencies: what needs them pauses and resumes.
  'E-KAFKA-UNREACHABLE': {
    disposition: 'retry',
    summary: 'No broker answers, or the broker that leads a partition does not.',
    action: 'Check the brokers and the network; a running pipeline resumes by itself.',
  },
  'E-KAFKA-TOPIC-MISSING': {
    disposition: 'retry',
    summary: 'A topic of the pipeline does not exist.',
    action:
      'Create it, or run `tidemark topics -c FILE --apply`; the pipeline goes on by itself once it is there.',
  },
  'E-REGISTRY-UNREACHABLE': {
    disposition: 'retry',
    summary: 'The schema registry does not answer.',
    action:
      'Check the registry and the network; only partitions whose next record needs an unknown schema wait.',
  },
  'E-REGISTRY-SUBJECT-MISSING': {
    disposition: 'retry',
    summary: 'The subject of the output schema, or of the events, is not in the registry.',
    action: 'Register it, or set `output.register: true`; the pipeline goes on by itself once it is there.',
  },
  // Stops: a human has to act.
  'E-KAFKA-AUTH': {
    disposition: 'stop',
    summary: 'The broker refused the credentials.',
    action: 'Check `kafka.sasl` and `kafka.tls`, and the secrets they refer to.',
  },
  'E-KAFKA-ACL': {
    disposition: 'stop',
    summary: 'The principal may not do what the pipeline needs on a topic or group.',
    action: 'Grant Read on the input topic and the group, and Write on the output and dead-letter topics.',
  },
  'E-KAFKA-OUT-OF-RANGE': {
    disposition: 'stop',
    summary: 'The committed offset is no longer in the log: records were deleted before they were scored.',
    action:
      'Decide what the gap means, then set `input.out_of_range` to earliest or latest, or reset the group’s offsets.',
  },
  'E-KAFKA-SEQUENCE': {
    disposition: 'stop',
    summary:
      'An output partition does not continue where it acknowledged records, or nobody can tell any more whether it has the last ones.',
    action:
      'Look for an unclean leader election, a lost disk or a topic that was made anew; after a restart what was in hand is scored and written again.',
  },
  'E-KAFKA-PARTITIONS': {
    disposition: 'stop',
    summary:
      'With `partitioner: source` the output topic needs at least as many partitions as the input topic.',
    action: 'Add partitions to the output topic, or use `partitioner: key`.',
  },
  'E-KAFKA-OFFSET': {
    disposition: 'stop',
    summary: 'An offset is beyond 2^53 and cannot be held exactly.',
    action: 'Move to a new topic; no partition reaches this in practice.',
  },
  'E-KAFKA-CORRUPT': {
    disposition: 'stop',
    summary:
      'A record batch does not match its checksum, or its records do not have the shape they must have.',
    action:
      'Look at the partition and offset in the message with `kafka-dump-log`; a damaged replica is restored from another one. Or pass over the batch, which is then lost: `tidemark skip -c FILE --partition N --why TEXT`.',
  },
  'E-KAFKA-BATCH-LIMIT': {
    disposition: 'stop',
    summary: 'A record batch is larger than Tidemark takes, before or after decompression.',
    action:
      'Find the producer of the batch at the offset in the message; as brokers go by the compressed size, a small batch can be one of these. Or pass over it, which loses it: `tidemark skip -c FILE --partition N --why TEXT`.',
  },
  'E-KAFKA-RECORD-FORMAT': {
    disposition: 'stop',
    summary:
      'A record batch is in a format that is not read: older than Kafka 0.11, or of an unknown compression.',
    action: 'Have the topic written anew by a producer of this decade, or use `kafka.client: kafkajs`.',
  },
  'E-KAFKA-FENCED': {
    disposition: 'stop',
    summary: 'Another process has joined the group under the same `kafka.instance_id`.',
    action: 'Give every replica an instance id of its own, such as its pod name; look for the other process.',
  },
  'E-KAFKA-GROUP': {
    disposition: 'stop',
    summary: 'The consumer group does not take this member as it is configured.',
    action:
      'Compare what the message names with the group’s other members (`kafka-consumer-groups --describe --members`) and the broker’s limits for groups.',
  },
  'E-KAFKA-CAPABILITY': {
    disposition: 'stop',
    summary: 'The chosen Kafka client cannot do what the configuration asks for.',
    action: 'Change the setting named in the message.',
  },
  'E-KAFKA-REFUSED': {
    disposition: 'stop',
    summary: 'The broker refused a request for a reason that waiting does not cure.',
    action: 'Read the broker’s reason in the message; look at the broker log.',
  },
  'E-REGISTRY-AUTH': {
    disposition: 'stop',
    summary: 'The schema registry refused the credentials.',
    action: 'Check `registry.auth` and the secrets it refers to.',
  },
  'E-REGISTRY-REFUSED': {
    disposition: 'stop',
    summary: 'The schema registry refused a request for a reason that waiting does not cure.',
    action: 'Read the registry’s reason in the message.',
  },
  'E-DEAD-LETTER-REFUSED': {
    disposition: 'stop',
    summary: 'The dead-letter topic refused a record, so its outcome cannot be kept.',
    action:
      'Raise max.message.bytes of the dead-letter topic to at least that of the input topic, then start again. A record of more than 32 MiB once decompressed can only be passed over: pause the group, start it, and `tidemark skip` the record.',
  },
  'E-MODEL-PACKAGE': {
    disposition: 'stop',
    summary: 'The model package is incomplete or its model.yaml is not valid.',
    action: 'Fix what the message names, or make the package anew with `tidemark model pack`.',
  },
  'E-MODEL-DIGEST': {
    disposition: 'stop',
    summary:
      'A file of the model package is not the file that was packed, or the package is not the one asked for.',
    action: 'Fetch the package again; if the change was meant, pack a new version.',
  },
  'E-MODEL-SIGNATURE': {
    disposition: 'stop',
    summary: 'The ONNX model’s inputs or outputs are not what model.yaml says.',
    action: 'Compare `tidemark model describe` with model.yaml; pack again.',
  },
  'E-MODEL-GOLDEN': {
    disposition: 'stop',
    summary: 'The model does not give the scores of its golden vectors within the declared tolerance.',
    action:
      'When packing, compare the export with the training; when loading, the file is corrupt or ONNX Runtime computes otherwise on this machine: compare versions before widening the tolerance.',
  },
  'E-MODEL-PACK': {
    disposition: 'stop',
    summary: 'What `tidemark model pack` was asked for contradicts itself or the ONNX file.',
    action: 'Correct what is named; `tidemark model describe FILE` shows what the model takes and gives.',
  },
  'E-MODEL-RUN': {
    disposition: 'stop',
    summary: 'ONNX Runtime failed on a whole batch; nothing of it was committed.',
    action: 'Read the cause in the message; run the batch’s rows against the model by hand.',
  },
  'E-CONFIG': {
    disposition: 'stop',
    summary: 'The configuration is not valid; every fault is listed.',
    action: 'Fix the named paths; `tidemark check -c FILE` shows them again.',
  },
  'E-CONTRACT': {
    disposition: 'stop',
    summary: 'Configuration, event schema, model package and output schema do not fit together.',
    action: 'Fix what is listed; `tidemark check -c FILE` shows it again.',
  },
  'E-USAGE': {
    disposition: 'stop',
    summary: 'A command was asked for something that it cannot do, or was given too little to do it.',
    action: 'Correct what is named; `tidemark COMMAND --help` shows what the command takes.',
  },
  'E-WATCHDOG': {
    disposition: 'stop',
    summary: 'There was work in hand and no progress for longer than the watchdog allows.',
    action: 'The orchestrator restarts the process; keep the log, it names what was in hand.',
  },
  'E-DRAIN-TIMEOUT': {
    disposition: 'stop',
    summary: 'The work in hand was not finished within the drain timeout; it will be read again.',
    action: 'Raise `kafka.drain_timeout`, or find out why the brokers acknowledge slowly.',
  },
  'E-INTERNAL': {
    disposition: 'stop',
    summary: 'Tidemark broke one of its own promises and stopped before doing harm.',
    action: 'This is a bug: report it with the log.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;

/** An expected fault with its code. Border code translates what libraries throw into this; `cause` keeps the original. */
export class TidemarkError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'TidemarkError';
    this.code = code;
  }
  get disposition(): Disposition {
    return catalogue[this.code].disposition;
  }
  /** What the operator should do. */
  get action(): string {
    return catalogue[this.code].action;
  }
}

/** Wraps anything thrown into a TidemarkError; what is not one already is a bug of ours. */
export function asTidemarkError(thrown: unknown, code: ErrorCode = 'E-INTERNAL'): TidemarkError {
  if (thrown instanceof TidemarkError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new TidemarkError(code, message, { cause: thrown });
}
