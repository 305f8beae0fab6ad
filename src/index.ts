/// <reference lib="esnext.disposable" preserve="true" />
/** What `import ... from 'tidemark'` gives. Everything else in the package is private and may change at any time. */
export type { PipelineDefinition } from './config/pipelineDefinition.ts';
export { type Disposition, type ErrorCode, TidemarkError } from './errors.ts';
export { createPipeline } from './service/createPipeline.ts';
export type { Pipeline, PipelineHealth, PipelineOptions, PipelineSummary } from './service/embedding.ts';
export type { HealthReport } from './telemetry/health.ts';
export type { Logger } from './telemetry/logger.ts';
