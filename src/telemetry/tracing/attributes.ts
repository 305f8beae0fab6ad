/**
 * Names of what spans carry. Those of messaging are OpenTelemetry's conventions, which are not stable yet; its packages ask not
 * to import such names but to have them oneself: https://opentelemetry.io/docs/specs/semconv/messaging/kafka/
 */
export const SERVICE_NAME = 'service.name';
export const SERVICE_NAMESPACE = 'service.namespace';
export const SERVICE_VERSION = 'service.version';
export const SERVICE_INSTANCE = 'service.instance.id';

export const SYSTEM = 'messaging.system';
export const OPERATION = 'messaging.operation.name';
export const OPERATION_TYPE = 'messaging.operation.type';
export const DESTINATION = 'messaging.destination.name';
export const PARTITION = 'messaging.destination.partition.id';
export const OFFSET = 'messaging.kafka.offset';
export const GROUP = 'messaging.consumer.group.name';
export const CLIENT = 'messaging.client.id';
export const BATCH_ROWS = 'messaging.batch.message_count';
export const ERROR = 'error.type';

export const PIPELINE = 'tidemark.pipeline';
/** Seconds from the record's timestamp to its arrival in the process. */
export const KAFKA_WAIT = 'tidemark.kafka.wait';
export const BATCH_CLOSED = 'tidemark.batch.closed';
export const OUTCOME = 'tidemark.outcome';
export const MODEL_NAME = 'tidemark.model.name';
export const MODEL_VERSION = 'tidemark.model.version';
export const MODEL_DIGEST = 'tidemark.model.digest';
export const DECISION = 'tidemark.decision';
/** Followed by the name of a numeric output of the model. */
export const OUTPUT_PREFIX = 'tidemark.output.';
