/** What works, and what its author should know about it. */
import type { ConfigDocument } from './document.ts';
import type { ConfigWarning } from './faults.ts';
import { type FieldPath, formatPath } from './fieldPath.ts';
import type { PipelineConfig } from './pipelineConfig.ts';
import { valueAt } from './valueAt.ts';

const SECRETS: readonly FieldPath[] = [
  ['kafka', 'sasl', 'password'],
  ['kafka', 'sasl', 'token'],
  ['kafka', 'tls', 'key'],
  ['registry', 'auth', 'password'],
  ['registry', 'auth', 'token'],
  ['registry', 'tls', 'key'],
  ['tracing', 'tls', 'key'],
  ['http', 'read_token'],
  ['http', 'change_token'],
];

export function findWarnings(document: ConfigDocument, config: PipelineConfig): ConfigWarning[] {
  const found: ConfigWarning[] = [];
  const warn = (path: FieldPath, message: string, facts: { secret?: true } = {}): void => {
    found.push({ path: formatPath(path), ...document.placeOf(path), message, ...facts });
  };
  const { kafka, registry, decision, output, tracing, http } = config;
  const headers = Object.keys(tracing?.headers ?? {}).map((name) => ['tracing', 'headers', name]);
  for (const path of [...SECRETS, ...headers]) {
    const written = valueAt(document.value, path) !== undefined;
    if (written && !document.references.has(formatPath(path))) {
      warn(path, `is a secret written into the file; \${NAME} or \${file:/path} keeps it out`, {
        secret: true,
      });
    }
  }
  const sendsSecret = kafka.sasl?.mechanism === 'plain' || kafka.sasl?.mechanism === 'oauthbearer';
  if (sendsSecret && kafka.tls === undefined) {
    warn(['kafka', 'sasl'], 'sends the secret in the clear; give kafka.tls');
  }
  if (registry.auth !== undefined && registry.url.startsWith('http://')) {
    warn(['registry', 'auth'], 'sends the secret in the clear; use an https URL');
  }
  if (headers.length > 0 && tracing?.endpoint.startsWith('http://')) {
    warn(['tracing', 'headers'], 'sends secrets in the clear; use an https URL');
  }
  for (const owner of ['kafka', 'registry', 'tracing'] as const) {
    if (config[owner]?.tls?.rejectUnauthorized === false) {
      warn(
        [owner, 'tls', 'reject_unauthorized'],
        'accepts any server, so encryption protects from no one who is active',
      );
    }
  }
  if (http !== 'off' && !http.loopback && http.readToken === undefined) {
    const others = http.changeToken === undefined ? 'no one' : 'no one without http.change_token';
    warn(
      ['http', 'host'],
      `lets other machines reach it, and ${others} may read metrics, API or console; give http.read_token`,
    );
  }
  const decides = Object.values(output.fields).some((source) => source.from === 'decision');
  if (decision !== undefined && !decides) {
    warn(['decision'], 'is made and not published; give an output field the source `decision`');
  }
  return found;
}
