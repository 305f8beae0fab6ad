import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsed, pipelineText } from './fixture.ts';

const warnedPaths = (change: Record<string, unknown>, env: Record<string, string> = {}) =>
  parsed(pipelineText(change), { env }).warnings.map((warning) => warning.path);

describe('warnings', () => {
  it('tell of nothing when there is nothing', () => {
    assert.deepEqual(warnedPaths({}), []);
    const sasl = { mechanism: 'plain', username: 'u', password: `\${PW}` };
    assert.deepEqual(warnedPaths({ kafka: { tls: {}, sasl } }, { PW: 'x' }), []);
  });

  it('tell of secrets written into the file', () => {
    const { warnings } = parsed(
      pipelineText({
        kafka: { tls: {}, sasl: { mechanism: 'scram-sha-256', username: 'u', password: 'hunter2' } },
        registry: { url: 'https://r', auth: { kind: 'bearer', token: 'hunter2' } },
      }),
    );
    assert.deepEqual(
      warnings.map((warning) => warning.path),
      ['kafka.sasl.password', 'registry.auth.token'],
    );
    assert.ok(warnings.every((warning) => warning.line !== undefined));
  });

  it('tell of a collector’s headers that stand in the file or are sent in the clear', () => {
    const tracing = (scheme: string, authorization: string) => ({
      tracing: { endpoint: `${scheme}://t`, headers: { authorization } },
    });
    const env = { PW: 'x' };
    assert.deepEqual(warnedPaths(tracing('https', `Bearer \${PW}`), env), []);
    assert.deepEqual(warnedPaths(tracing('http', `Bearer \${PW}`), env), ['tracing.headers']);
    assert.deepEqual(warnedPaths(tracing('https', 'Bearer x')), ['tracing.headers.authorization']);
    const tls = { reject_unauthorized: false };
    assert.deepEqual(warnedPaths({ tracing: { endpoint: 'https://t', tls } }), [
      'tracing.tls.reject_unauthorized',
    ]);
  });

  it('tell of secrets sent in the clear', () => {
    const env = { PW: 'x' };
    const sasl = { mechanism: 'plain', username: 'u', password: `\${PW}` };
    assert.deepEqual(warnedPaths({ kafka: { sasl } }, env), ['kafka.sasl']);
    assert.deepEqual(warnedPaths({ kafka: { sasl: { ...sasl, mechanism: 'scram-sha-256' } } }, env), []);
    const auth = { kind: 'basic', username: 'u', password: `\${PW}` };
    assert.deepEqual(warnedPaths({ registry: { auth } }, env), ['registry.auth']);
  });

  it('tell of servers that are not verified', () => {
    assert.deepEqual(warnedPaths({ kafka: { tls: { reject_unauthorized: false } } }), [
      'kafka.tls.reject_unauthorized',
    ]);
  });

  it('tell of HTTP that other machines reach and nobody may read', () => {
    const READ = `\${READ}`;
    const CHANGE = `\${CHANGE}`;
    const env = { READ: 'reader-0123456789', CHANGE: 'changer-0123456789' };
    for (const host of ['0.0.0.0', '::', '10.0.0.7', 'scorer', '127.0.0.1.example'])
      assert.deepEqual(warnedPaths({ http: { host } }), ['http.host'], host);
    for (const host of ['localhost', '127.0.0.1', '127.8.8.8', '::1'])
      assert.deepEqual(warnedPaths({ http: { host } }), [], host);
    assert.deepEqual(warnedPaths({ http: { host: '::', read_token: READ } }, env), []);
    assert.deepEqual(warnedPaths({ http: { host: '::', change_token: CHANGE } }, env), ['http.host']);
    assert.deepEqual(warnedPaths({ http: { read_token: env.READ } }), ['http.read_token']);
  });

  it('tell of a decision that is not published', () => {
    const decision = { on: 'score', rules: [{ is: 'allow' }] };
    assert.deepEqual(warnedPaths({ decision }), ['decision']);
    assert.deepEqual(warnedPaths({ decision, output: { fields: { d: 'decision' } } }), []);
  });
});
