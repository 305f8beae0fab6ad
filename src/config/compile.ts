import type { PipelineFile } from './fileSchema.ts';
import type {
  HttpConfig,
  InputConfig,
  KafkaConfig,
  OutputConfig,
  PipelineConfig,
  TlsConfig,
} from './pipelineConfig.ts';

/** Addresses that no other machine reaches; `localhost` is one of them everywhere (RFC 6761). */
const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/i;

/** From the keys people write to the names the code uses, with the defaults that follow from other keys. Deeply frozen. */
export function compileConfig(
  file: PipelineFile,
  renewCredentials?: KafkaConfig['renewCredentials'],
): PipelineConfig {
  return deepFreeze({
    pipeline: file.pipeline,
    kafka: {
      brokers: file.kafka.brokers,
      group: file.kafka.group,
      clientId: file.kafka.client_id ?? file.pipeline,
      client: file.kafka.client,
      ...(file.kafka.instance_id !== undefined && { instanceId: file.kafka.instance_id }),
      ...(file.kafka.tls && { tls: compileTls(file.kafka.tls) }),
      ...(file.kafka.sasl && { sasl: file.kafka.sasl }),
      ...(renewCredentials && { renewCredentials }),
      sessionTimeoutMs: file.kafka.session_timeout,
      drainTimeoutMs: file.kafka.drain_timeout,
      isolation: file.kafka.isolation,
    },
    registry: {
      url: file.registry.url,
      ...(file.registry.auth && { auth: file.registry.auth }),
      ...(file.registry.tls && { tls: compileTls(file.registry.tls) }),
      timeoutMs: file.registry.timeout,
    },
    input: compileInput(file.input),
    model: file.model,
    features: file.features,
    ...(file.decision && {
      decision: {
        on: file.decision.on,
        rules: file.decision.rules.map((rule) =>
          rule.at_least === undefined ? { is: rule.is } : { atLeast: rule.at_least, is: rule.is },
        ),
      },
    }),
    output: compileOutput(file.output),
    batching: {
      maxRows: file.batching.max_rows,
      maxDelayMs: file.batching.max_delay,
      maxInFlightBytes: file.batching.max_in_flight,
    },
    ...(file.slo && { slo: { p99Ms: file.slo.p99, from: file.slo.from } }),
    scaling: {
      drainInMs: file.scaling.drain_in,
      ...(file.scaling.max_replicas !== undefined && { maxReplicas: file.scaling.max_replicas }),
    },
    deadLetter: file.dead_letter,
    delivery: file.delivery,
    commitEveryMs: file.commit_every,
    http: compileHttp(file.http),
    ...(file.control && {
      control: { topic: file.control.topic, auditTopic: file.control.audit_topic },
    }),
    watchdogMs: file.watchdog,
    log: file.log,
    ...(file.tracing && {
      tracing: {
        endpoint: file.tracing.endpoint,
        headers: file.tracing.headers ?? {},
        ...(file.tracing.tls && { tls: compileTls(file.tracing.tls) }),
        sample: file.tracing.sample,
        maxPerSecond: file.tracing.max_per_second,
      },
    }),
  });
}

function compileTls(tls: NonNullable<PipelineFile['kafka']['tls']>): TlsConfig {
  return {
    ...(tls.ca !== undefined && { ca: tls.ca }),
    ...(tls.cert !== undefined && { cert: tls.cert }),
    ...(tls.key !== undefined && { key: tls.key }),
    ...(tls.server_name !== undefined && { serverName: tls.server_name }),
    rejectUnauthorized: tls.reject_unauthorized,
  };
}

function compileInput(input: PipelineFile['input']): InputConfig {
  const { out_of_range: outOfRange, ...same } = input;
  return { ...same, outOfRange };
}

function compileOutput(output: PipelineFile['output']): OutputConfig {
  return { ...output, subject: output.subject ?? `${output.topic}-value` };
}

function compileHttp(http: PipelineFile['http']): HttpConfig | 'off' {
  if (http === 'off') return http;
  const { host, port, read_token: readToken, change_token: changeToken } = http;
  return {
    host,
    port,
    loopback: LOOPBACK.test(host),
    ...(readToken !== undefined && { readToken }),
    ...(changeToken !== undefined && { changeToken }),
  };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
