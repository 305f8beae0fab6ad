/**
 * What the pipeline needs from the world, and nothing of how the world does it. kafka/, avro/ and model/ implement these;
 * pipeline/ imports only this, telemetry and errors.
 *
 * Offsets are plain numbers: an offset beyond 2^53 is refused where it is decoded (E-KAFKA-OFFSET). Times are milliseconds
 * since the epoch unless the name says otherwise.
 */
export * from './ports/block.ts';
export * from './ports/clock.ts';
export * from './ports/eventWriter.ts';
export * from './ports/row.ts';
export * from './ports/scorer.ts';
export * from './ports/sink.ts';
export * from './ports/source.ts';
export * from './ports/topic.ts';
