import type { PipelineConfig, TlsConfig } from './pipelineConfig.ts';

const HIDDEN = '***';

/** The configuration as it may be printed: passwords, tokens, private keys and headers of the collector are `***`. */
export function redact(config: PipelineConfig): PipelineConfig {
  const { registry, tracing } = config;
  const { renewCredentials: _, ...kafka } = config.kafka;
  const { http } = config;
  return {
    ...config,
    http:
      http === 'off'
        ? http
        : {
            ...http,
            ...(http.readToken !== undefined && { readToken: HIDDEN }),
            ...(http.changeToken !== undefined && { changeToken: HIDDEN }),
          },
    kafka: {
      ...kafka,
      ...(kafka.tls && { tls: redactTls(kafka.tls) }),
      ...(kafka.sasl && {
        sasl: 'token' in kafka.sasl ? { ...kafka.sasl, token: HIDDEN } : { ...kafka.sasl, password: HIDDEN },
      }),
    },
    registry: {
      ...registry,
      ...(registry.tls && { tls: redactTls(registry.tls) }),
      ...(registry.auth && {
        auth:
          registry.auth.kind === 'bearer'
            ? { ...registry.auth, token: HIDDEN }
            : { ...registry.auth, password: HIDDEN },
      }),
    },
    ...(tracing && {
      tracing: {
        ...tracing,
        headers: Object.fromEntries(Object.keys(tracing.headers).map((name) => [name, HIDDEN])),
        ...(tracing.tls && { tls: redactTls(tracing.tls) }),
      },
    }),
  };
}

function redactTls(tls: TlsConfig): TlsConfig {
  return tls.key === undefined ? tls : { ...tls, key: HIDDEN };
}
