import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { parseConfig } from '../../src/config/load.ts';
import { redact } from '../../src/config/redact.ts';
import { parsed, pipelineText } from './fixture.ts';

const PEM = (word: string) => `-----BEGIN ${word}`;

function loaded(kafka: Readonly<Record<string, unknown>>, files: Record<string, string>) {
  const text = pipelineText({ kafka });
  const result = parseConfig(text, 'pipeline.yaml', {
    env: { NAME: 'scorer' },
    readFile: (path) => (path in files ? { text: files[path]! } : { unreadable: 'does not exist' }),
  });
  if (!result.ok) assert.fail(JSON.stringify(result.faults));
  return result.config;
}

describe('credentials from files', () => {
  it('are read again as the files are then, and the configuration stays what it was', () => {
    const files: Record<string, string> = { '/ca': PEM('old'), '/password': 'old\n' };
    const config = loaded(
      {
        tls: { ca: `\${file:/ca}`, reject_unauthorized: false },
        sasl: { mechanism: 'scram-sha-512', username: `\${NAME}`, password: `\${file:/password}` },
      },
      files,
    );
    files['/ca'] = PEM('new');
    files['/password'] = 'new\n';
    assert.deepEqual(config.kafka.renewCredentials?.(), {
      tls: { ca: PEM('new'), rejectUnauthorized: false },
      sasl: { mechanism: 'scram-sha-512', username: 'scorer', password: 'new' },
    });
    assert.equal(config.kafka.tls?.ca, PEM('old'));
  });

  it('that are gone or half written are told by their path, and nothing of them is', () => {
    const files: Record<string, string> = { '/ca': PEM('a'), '/token': 'ZQ7Z' };
    const config = loaded(
      { tls: { ca: `\${file:/ca}` }, sasl: { mechanism: 'oauthbearer', token: `\${file:/token}` } },
      files,
    );
    files['/ca'] = 'ZQ7Z, but no PEM';
    assert.throws(
      () => config.kafka.renewCredentials?.(),
      (error: Error) => error.message.includes('kafka.tls.ca') && !inspect(error).includes('ZQ7Z'),
    );
    delete files['/ca'];
    assert.throws(() => config.kafka.renewCredentials?.(), /kafka\.tls\.ca needs the file \/ca/);
  });

  it('are the only ones that are read again', () => {
    const { config } = parsed(
      pipelineText({
        kafka: {
          group: `\${file:/group}`,
          sasl: { mechanism: 'plain', username: 'u', password: `\${SECRET}` },
        },
      }),
      { env: { SECRET: 's' }, files: { '/group': 'g' } },
    );
    assert.equal(config.kafka.renewCredentials, undefined);
  });

  it('leave no trace in the redacted configuration', () => {
    const config = loaded(
      { sasl: { mechanism: 'oauthbearer', token: `\${file:/token}` } },
      { '/token': 'ZQ7Z' },
    );
    assert.equal('renewCredentials' in redact(config).kafka, false);
  });
});
