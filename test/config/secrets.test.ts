import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { parseDocument } from 'yaml';
import { formatFaults } from '../../src/config/faults.ts';
import { redact } from '../../src/config/redact.ts';
import { parse, parsed, pipelineText } from './fixture.ts';

/** A file that uses every key which holds text, and every key which is a secret. */
const FULL = pipelineText({
  kafka: {
    client_id: 'c',
    tls: { ca: '-----BEGIN A', cert: '-----BEGIN B', key: '-----BEGIN C', server_name: 's' },
    sasl: { mechanism: 'plain', username: 'u', password: 'p' },
    session_timeout: '10s',
  },
  registry: {
    url: 'https://r',
    auth: { kind: 'basic', username: 'u', password: 'p' },
    tls: { key: '-----BEGIN C', cert: '-----BEGIN B' },
  },
  input: { id: 'id', time: 'at', start: 'latest', schema: 's.avsc', records: ['A'] },
  features: { f: 'a.b' },
  decision: { on: 'score', rules: [{ at_least: 0.5, is: 'block' }, { is: 'allow' }] },
  output: { partitioner: 'key', subject: 's' },
  batching: { max_rows: 5, max_delay: '5ms', max_in_flight: '64MiB' },
  slo: { p99: '100ms', from: 'event' },
  delivery: 'at-least-once',
  http: { host: 'h', port: 1, read_token: 'reader-0123456789', change_token: 'changer-0123456789' },
  log: { level: 'info' },
  tracing: {
    endpoint: 'https://t',
    headers: { authorization: 'h', 'x-tenant': 'h' },
    tls: { key: '-----BEGIN C', cert: '-----BEGIN B' },
    sample: 0.5,
    max_per_second: 5,
  },
});

const PATHS = leafPaths(parseDocument(FULL).toJS(), []);

function leafPaths(value: unknown, path: readonly (string | number)[]): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([key, member]) => leafPaths(member, [...path, key]));
}

/** Letters that occur in no text of ours, so that finding them means they leaked. */
const secretText = fc
  .array(fc.constantFrom('Z', 'Q', '7', '@', ':', '/', '?', '"', ' ', '\\', '{'), {
    minLength: 4,
    maxLength: 80,
  })
  .map((letters) => `ZQ7Z${letters.join('')}`);

function fileWith(path: readonly (string | number)[], value: string): string {
  const document = parseDocument(FULL);
  document.setIn(path, value);
  return document.toString();
}

/** Everything that a result of loading lets people see. */
function seen(result: ReturnType<typeof parse>): string {
  if (result.ok) return inspect([redact(result.config), result.warnings], { depth: 9 });
  return inspect(result.faults, { depth: 9 }) + formatFaults('f', result.faults, { colour: true });
}

describe('secrets', () => {
  const secretPaths = PATHS.filter(
    (path) => /password|token|key/.test(String(path.at(-1))) || path.at(-2) === 'headers',
  );

  it('that came by reference are in no fault, wherever they stand', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PATHS), secretText, fc.boolean(), (path, secret, byFile) => {
        const text = fileWith(path, byFile ? `\${file:/s}` : `\${SECRET}`);
        const result = parse(text, { env: { SECRET: secret }, files: { '/s': secret } });
        // A value that is valid in a key that is no secret, such as a user name, is shown with the configuration.
        if (!result.ok || secretPaths.includes(path)) assert.ok(!seen(result).includes('ZQ7Z'), seen(result));
      }),
      { numRuns: 1_000 },
    );
  });

  it('that are written into the file are in no fault, no warning and no redacted configuration', () => {
    assert.equal(secretPaths.length, 9);
    fc.assert(
      fc.property(fc.constantFrom(...secretPaths), secretText, fc.boolean(), (path, secret, broken) => {
        const value = path.at(-1) === 'key' ? `-----BEGIN ${secret}` : secret;
        const text = fileWith(path, value);
        const result = parse(broken ? text.replace('pipeline: p', 'pipeline: p\nbroken: true') : text);
        // A token of HTTP has to fit into a header; most of these do not, which is told without them.
        assert.equal(result.ok, !broken && path[0] !== 'http');
        assert.ok(!seen(result).includes('ZQ7Z'), seen(result));
      }),
    );
  });

  it('are in no syntax fault', () => {
    for (const broken of [
      '"ZQ7Z',
      '@ZQ7Z',
      '"\\qZQ7Z"',
      'a: ZQ7Z',
      '{ ZQ7Z',
      '!ZQ7Z x',
      '*ZQ7Z',
      '"a" ZQ7Z',
      '%ZQ7Z',
      '|ZQ7Z',
    ]) {
      const result = parse(`kafka:\n  sasl:\n    password: ${broken}\n`);
      assert.ok(!result.ok);
      assert.ok(!seen(result).includes('ZQ7Z'), seen(result));
    }
  });

  it('are in the configuration itself, where they are needed', () => {
    const { config } = parsed(FULL);
    assert.deepEqual(config.kafka.sasl, { mechanism: 'plain', username: 'u', password: 'p' });
    const shown = redact(config);
    assert.deepEqual(shown.kafka.sasl, { mechanism: 'plain', username: 'u', password: '***' });
    assert.equal(shown.kafka.tls?.key, '***');
    assert.deepEqual(shown.registry.auth, { kind: 'basic', username: 'u', password: '***' });
    assert.deepEqual(config.tracing?.headers, { authorization: 'h', 'x-tenant': 'h' });
    assert.deepEqual(shown.tracing?.headers, { authorization: '***', 'x-tenant': '***' });
    assert.equal(shown.tracing?.tls?.key, '***');
    const http = { host: 'h', port: 1, loopback: false };
    assert.deepEqual(shown.http, { ...http, readToken: '***', changeToken: '***' });
    assert.deepEqual(config.http, {
      ...http,
      readToken: 'reader-0123456789',
      changeToken: 'changer-0123456789',
    });
    const tokens = pipelineText({
      kafka: { sasl: { mechanism: 'oauthbearer', token: 'tok' } },
      registry: { auth: { kind: 'bearer', token: 'tok' } },
    });
    assert.ok(!JSON.stringify(redact(parsed(tokens).config)).includes('tok"'));
  });
});
