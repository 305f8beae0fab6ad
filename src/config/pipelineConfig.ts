/**
 * What a pipeline is told to do, in canonical units: times in milliseconds, sizes in bytes, paths parsed, every default
 * filled in. Made by `loadConfig` only, and deeply frozen; nothing else reads the file or the environment.
 */
import type { LogLevel } from '../telemetry/logLevels.ts';
import type { FieldPath } from './fieldPath.ts';
import type { OutputSource } from './outputSource.ts';

export interface PipelineConfig {
  /** Names the pipeline in logs and metrics. */
  readonly pipeline: string;
  readonly kafka: KafkaConfig;
  readonly registry: RegistryConfig;
  readonly input: InputConfig;
  /** Folder of the model package, relative to the working directory. */
  readonly model: { readonly package: string };
  /** Places of features whose place in the event is not their own name. */
  readonly features: Readonly<Record<string, FieldPath>>;
  readonly decision?: DecisionConfig;
  readonly output: OutputConfig;
  readonly batching: BatchingConfig;
  readonly slo?: SloConfig;
  readonly scaling: ScalingConfig;
  readonly deadLetter: { readonly topic: string };
  readonly delivery: 'at-least-once' | 'exactly-once';
  readonly commitEveryMs: number;
  readonly http: HttpConfig | 'off';
  /** Absent: nobody commands the group. */
  readonly control?: { readonly topic: string; readonly auditTopic: string };
  readonly watchdogMs: number;
  readonly log: { readonly level: LogLevel };
  readonly tracing?: TracingConfig;
}

export interface KafkaConfig {
  /** `host:port`, at least one. */
  readonly brokers: readonly string[];
  readonly group: string;
  readonly clientId: string;
  readonly client: 'native' | 'kafkajs';
  /** Makes the process a static member of its group; its own among all processes of the group. */
  readonly instanceId?: string;
  readonly tls?: TlsConfig;
  readonly sasl?: SaslConfig;
  /**
   * Reads `tls` and `sasl` again from the files they came from, as a rotation may have replaced them; absent when they came
   * from none. Throws an Error, without secrets, when what the files hold now is not valid.
   */
  readonly renewCredentials?: () => KafkaCredentials;
  readonly sessionTimeoutMs: number;
  readonly drainTimeoutMs: number;
  readonly isolation: 'read_committed' | 'read_uncommitted';
}

export type KafkaCredentials = Pick<KafkaConfig, 'tls' | 'sasl'>;

/** Certificates and key are PEM text, not file names. */
export interface TlsConfig {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
  readonly rejectUnauthorized: boolean;
}

export type SaslConfig =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: 'oauthbearer'; readonly token: string };

export interface RegistryConfig {
  /** Base URL without a slash at its end, credentials or query. */
  readonly url: string;
  readonly auth?: RegistryAuth;
  readonly tls?: TlsConfig;
  readonly timeoutMs: number;
}

export type RegistryAuth =
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'bearer'; readonly token: string };

/** Where a group without committed offsets begins; a time is epoch milliseconds. */
export type StartPosition = 'earliest' | 'latest' | { readonly timestampMs: number };

export interface InputConfig {
  readonly topic: string;
  readonly id?: FieldPath;
  readonly time?: FieldPath;
  /** The .avsc the pipeline is written against; when absent, the registry's latest version of subject `<topic>-value`. */
  readonly schema?: string;
  readonly start: StartPosition;
  readonly outOfRange: 'stop' | 'earliest' | 'latest';
  /** Record types that count; when absent, all do. */
  readonly records?: readonly string[];
}

export interface DecisionConfig {
  /** Name of the model output that is compared. */
  readonly on: string;
  /** Thresholds descend; the last rule has none, so one rule always holds. */
  readonly rules: readonly DecisionRule[];
}

export interface DecisionRule {
  readonly atLeast?: number;
  readonly is: string;
}

export interface OutputConfig {
  readonly topic: string;
  /** File of the output's Avro schema, relative to the working directory. */
  readonly schema: string;
  readonly subject: string;
  readonly partitioner: 'key' | 'source';
  /** `event`: the input record's CreateTime. `scored`: when it was scored. */
  readonly timestamp: 'event' | 'scored';
  readonly fields: Readonly<Record<string, OutputSource>>;
  readonly register: boolean;
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';
}

export interface BatchingConfig {
  readonly maxRows: number;
  readonly maxDelayMs: number;
  readonly maxInFlightBytes: number;
}

export interface SloConfig {
  readonly p99Ms: number;
  /** Latency is counted from the event's own time (`input.time`) or from the record's timestamp. */
  readonly from: 'event' | 'record';
}

export interface ScalingConfig {
  readonly drainInMs: number;
  /** When absent, the number of partitions is the limit. */
  readonly maxReplicas?: number;
}

export interface HttpConfig {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Whether no other machine reaches `host`. */
  readonly loopback: boolean;
  readonly readToken?: string;
  readonly changeToken?: string;
}

export interface TracingConfig {
  /** Base URL of the collector, without a slash at its end. */
  readonly endpoint: string;
  /** Values are secret. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls?: TlsConfig;
  /** Of events that their producer does not trace, 0 to 1. */
  readonly sample: number;
  readonly maxPerSecond: number;
}
