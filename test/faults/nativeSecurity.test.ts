import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, type TestContext, test } from 'node:test';
import { metadataV12 } from '@platformatic/kafka';
import kafkajs from 'kafkajs';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import type { KafkaConnection, SaslCredentials, TlsOptions } from '../../src/kafka/connection.ts';
import { kafkaError } from '../../src/kafka/errors.ts';
import { Cluster } from '../../src/kafka/native/cluster/cluster.ts';
import { KafkaFault } from '../../src/kafka/native/cluster/fault.ts';
import { kafkaConnection } from '../../src/service/connections.ts';
import { type Identity, newAuthority, newIdentity } from '../support/certificates.ts';
import { ownStack } from '../support/ownStack.ts';
import { createTopic, uniqueName, waitFor, withAdmin } from '../support/stack.ts';

const username = 'scorer';
const password = 'correct horse battery';
const SESSION_MS = 3_000;

const folder = mkdtempSync(join(tmpdir(), 'tidemark-security-'));
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

after(() => rmSync(folder, { recursive: true, force: true }));
const brokerStore = join(folder, 'broker.pem');
const trustStore = join(folder, 'trusted.pem');

const firstAuthority = newAuthority('First authority');
serveWith(newIdentity('broker', firstAuthority, ['localhost']), firstAuthority);

const stack = await ownStack({
  sasl: { username, password },
  tls: true,
  properties: {
    'listener.name.tls.ssl.keystore.type': 'PEM',
    'listener.name.tls.ssl.keystore.location': brokerStore,
    'listener.name.tls.ssl.keystore.password': null,
    'listener.name.tls.ssl.truststore.type': 'PEM',
    'listener.name.tls.ssl.truststore.location': trustStore,
    'listener.name.tls.ssl.client.auth': 'required',
    'listener.name.sasl.connections.max.reauth.ms': SESSION_MS,
    // So long a broker keeps somebody waiting whom it refuses; the default is 100.
    'connection.failed.authentication.delay.ms': 0,
  },
});

/** What the broker shows and whom it trusts, from its next start on. */
function serveWith(identity: Identity, ...trusted: readonly Identity[]): void {
  writeFileSync(brokerStore, identity.key + identity.cert);
  writeFileSync(trustStore, trusted.map(({ cert }) => cert).join(''));
}

function client(
  t: TestContext,
  brokers: readonly string[],
  credentials: Omit<Partial<KafkaConnection>, 'brokers'> = {},
) {
  const cluster = new Cluster({ brokers, clientId: 'test', ...credentials });
  t.after(() => cluster.close());
  return cluster;
}

const overSasl = (t: TestContext, sasl: SaslCredentials) => client(t, stack.saslBrokers, { sasl });
const overTls = (t: TestContext, tls: TlsOptions) => client(t, stack.tls!.brokers, { tls });

/** A request that needs whatever rights a client has after its introduction. */
async function serves(cluster: Cluster): Promise<void> {
  const link = await cluster.link(1, 'fetch');
  const { brokers } = await link.api(metadataV12.api, 10_000, []);
  assert.equal(brokers.length, 1);
}

async function refuses(cluster: Cluster, code: string, words: RegExp): Promise<KafkaFault> {
  const thrown = await cluster.refresh([]).then(
    () => assert.fail('it was let in'),
    (error: unknown) => error,
  );
  assert.ok(thrown instanceof KafkaFault, String(thrown));
  const error = kafkaError(thrown, 'connecting');
  assert.equal(error.code, code, error.message);
  assert.match(error.message, words);
  assert.ok(!error.message.includes(password), 'the secret is told');
  return thrown;
}

describe('sasl', () => {
  for (const mechanism of ['plain', 'scram-sha-256', 'scram-sha-512'] as const) {
    test(`${mechanism}: right credentials are let in, wrong ones stop with a code`, async (t) => {
      await serves(overSasl(t, { mechanism, username, password }));
      await refuses(overSasl(t, { mechanism, username, password: 'wrong' }), 'E-KAFKA-AUTH', /invalid/i);
      await refuses(overSasl(t, { mechanism, username: 'nobody', password }), 'E-KAFKA-AUTH', /invalid/i);
    });
  }

  test('scram: a user name with the characters that the protocol escapes is sent as it is', async (t) => {
    const odd = overSasl(t, { mechanism: 'scram-sha-256', username: 'a=b,c', password });
    await refuses(odd, 'E-KAFKA-AUTH', /invalid credentials/i);
  });

  /** An unsecured token (RFC 7515 A.5), as Kafka takes when it has no validator of its own. */
  const token = (claims: object) =>
    [{ alg: 'none' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.') + '.';
  const seconds = (fromNow: number) => Math.floor(Date.now() / 1_000) + fromNow;

  test('oauthbearer: a token is let in while it is valid', async (t) => {
    const valid = token({ sub: username, iat: seconds(-5), exp: seconds(600) });
    await serves(overSasl(t, { mechanism: 'oauthbearer', token: valid }));
    const expired = token({ sub: username, iat: seconds(-600), exp: seconds(-300) });
    const refusal = /refused the token: .*invalid_token/;
    await refuses(overSasl(t, { mechanism: 'oauthbearer', token: expired }), 'E-KAFKA-AUTH', refusal);
    await refuses(overSasl(t, { mechanism: 'oauthbearer', token: 'no.token.' }), 'E-KAFKA-AUTH', /token/);
  });

  test('a secret that is rotated in its file is used by the next connections, without a restart', async (t) => {
    const tokenFile = join(folder, 'token');
    const passwordFile = join(folder, 'password');
    const valid = () => token({ sub: username, iat: seconds(-5), exp: seconds(600) });
    for (const { sasl, file, right, wrong } of [
      {
        sasl: { mechanism: 'oauthbearer', token: `\${file:${tokenFile}}` },
        file: tokenFile,
        right: valid,
        wrong: token({ sub: username, iat: seconds(-600), exp: seconds(-300) }),
      },
      {
        sasl: { mechanism: 'scram-sha-512', username, password: `\${file:${passwordFile}}` },
        file: passwordFile,
        right: () => password,
        wrong: 'of last year',
      },
    ]) {
      writeFileSync(file, right());
      const cluster = new Cluster(connectionOfFile({ brokers: stack.saslBrokers, sasl }));
      t.after(() => cluster.close());
      await serves(cluster);
      const before = await cluster.link(1, 'fetch');
      writeFileSync(file, wrong);
      // What is connected stays so; whoever connects shows what the file holds now.
      await serves(cluster);
      before.destroy();
      await assert.rejects(cluster.link(1, 'fetch'), (thrown: KafkaFault) => {
        assert.equal(kafkaError(thrown, 'connecting').code, 'E-KAFKA-AUTH');
        return true;
      });
      writeFileSync(file, right());
      await serves(cluster);
      assert.notEqual(await cluster.link(1, 'fetch'), before);
    }
  });

  test('a connection is replaced before its session ends, and no request is lost over it (KIP-368)', async (t) => {
    const cluster = overSasl(t, { mechanism: 'scram-sha-256', username, password });
    const links = new Set<unknown>();
    const untilMs = performance.now() + 3 * SESSION_MS;
    while (performance.now() < untilMs) {
      const link = await cluster.link(1, 'fetch');
      links.add(link);
      // Several under way whenever the session may end.
      await Promise.all([1, 2, 3].map(() => link.api(metadataV12.api, 10_000, [])));
    }
    assert.ok(links.size >= 3, `${links.size} connections`);
  });

  test('a listener without it says so', async (t) => {
    const sasl = { mechanism: 'plain', username, password } as const;
    await refuses(client(t, stack.brokers, { sasl }), 'E-KAFKA-AUTH', /asks for no SASL/);
  });

  test('where it is wanted and none is given, the reason is guessed, and another moment may cure it', async (t) => {
    await refuses(client(t, stack.saslBrokers), 'E-KAFKA-UNREACHABLE', /may want credentials/);
  });

  test('a topic that may not be described is a fault of rights', async (t) => {
    const topic = await createTopic(uniqueName('secret'), 1);
    await withAdmin((admin) =>
      admin.createAcls({
        acl: [
          {
            resourceType: AclResourceTypes.TOPIC,
            resourceName: topic,
            resourcePatternType: ResourcePatternTypes.LITERAL,
            principal: `User:${username}`,
            host: '*',
            operation: AclOperationTypes.ALL,
            permissionType: AclPermissionTypes.DENY,
          },
        ],
      }),
    );
    const cluster = overSasl(t, { mechanism: 'plain', username, password });
    await assert.rejects(cluster.refresh([topic]), (thrown: KafkaFault) => {
      assert.equal(thrown.type, 'TOPIC_AUTHORIZATION_FAILED');
      assert.equal(kafkaError(thrown, 'x').code, 'E-KAFKA-ACL');
      return true;
    });
  });
});

describe('tls', () => {
  const ca = firstAuthority.cert;
  const { cert, key } = newIdentity('scorer', firstAuthority);

  test('both sides show certificates that the other trusts', async (t) => {
    await serves(overTls(t, { ca, cert, key }));
    await serves(overTls(t, { ca, cert, key, serverName: 'localhost' }));
  });

  test('a client that shows none, or one of another authority, is not let in', async (t) => {
    await refuses(overTls(t, { ca }), 'E-KAFKA-AUTH', /certificate/);
    const stranger = newIdentity('scorer', newAuthority('Another authority'));
    await refuses(overTls(t, { ca, cert: stranger.cert, key: stranger.key }), 'E-KAFKA-AUTH', /certificate/);
  });

  test('a broker of another authority, or of another name, is not trusted', async (t) => {
    const other = newAuthority('Another authority');
    await refuses(overTls(t, { ca: other.cert, cert, key }), 'E-KAFKA-AUTH', /certificate/);
    const elsewhere = overTls(t, { ca, cert, key, serverName: 'broker.example' });
    await refuses(elsewhere, 'E-KAFKA-AUTH', /altnames/);
    const careless = { ca: other.cert, cert, key, serverName: 'broker.example', rejectUnauthorized: false };
    await serves(overTls(t, careless));
  });

  test('a certificate with another’s key is told, and no reason to wait unless the files may change', async (t) => {
    const { key: another } = newIdentity('scorer', firstAuthority);
    const tls = { ca, cert, key: another };
    await refuses(overTls(t, tls), 'E-KAFKA-AUTH', /certificate or key cannot be used/);
    const renewed = client(t, stack.tls!.brokers, { tls, renew: async () => ({ tls }) });
    await refuses(renewed, 'E-KAFKA-UNREACHABLE', /certificate or key cannot be used/);
  });

  test('on one side only is told in words', async (t) => {
    await refuses(client(t, stack.tls!.brokers), 'E-KAFKA-AUTH', /speaks TLS on this port: set kafka.tls/);
    const words = /this port does not speak TLS/;
    await refuses(client(t, stack.brokers, { tls: true }), 'E-KAFKA-UNREACHABLE', words);
  });

  test('files that are rotated are used by the next connections, without a restart', async (t) => {
    const files = {
      ca: join(folder, 'ca.pem'),
      cert: join(folder, 'cert.pem'),
      key: join(folder, 'key.pem'),
    };
    const place = (trusted: readonly Identity[], identity: Identity) => {
      writeFileSync(files.ca, trusted.map((authority) => authority.cert).join(''));
      writeFileSync(files.cert, identity.cert);
      writeFileSync(files.key, identity.key);
    };
    place([firstAuthority], newIdentity('scorer', firstAuthority));
    const tls = {
      ca: `\${file:${files.ca}}`,
      cert: `\${file:${files.cert}}`,
      key: `\${file:${files.key}}`,
    };
    const connection = connectionOfFile({ brokers: stack.tls!.brokers, tls });
    const cluster = new Cluster(connection);
    t.after(() => cluster.close());
    await serves(cluster);
    const before = await cluster.link(1, 'fetch');

    // The broker goes over to another authority; the client's files follow while it is down.
    const nextAuthority = newAuthority('Next authority');
    serveWith(newIdentity('broker', nextAuthority, ['localhost']), nextAuthority);
    await stack.stopBroker(0);
    await waitFor(() => before.closed, 'the loss of the connection', 10_000);
    await assert.rejects(cluster.link(1, 'fetch'), (thrown: KafkaFault) => thrown.retriable);
    place([nextAuthority], newIdentity('scorer', nextAuthority));
    await stack.startBroker(0);
    await serves(cluster);
    const others = newIdentity('scorer', firstAuthority);
    await refuses(
      overTls(t, { ca: firstAuthority.cert, cert: others.cert, key: others.key }),
      'E-KAFKA-AUTH',
      /certificate/,
    );
  });
});

/** The connection as the service takes it from a pipeline file. */
function connectionOfFile(kafka: object): KafkaConnection {
  const file = join(folder, 'pipeline.yaml');
  const pipeline = {
    pipeline: 'p',
    kafka: { group: 'g', ...kafka },
    registry: { url: 'http://localhost:8081' },
    input: { topic: 'in' },
    model: { package: 'models/m' },
    output: { topic: 'out', schema: 'out.avsc', fields: { score: 'model.score' } },
    dead_letter: { topic: 'dead' },
  };
  writeFileSync(file, stringify(pipeline));
  const loaded = loadConfig(file, {});
  if (!loaded.ok) assert.fail(JSON.stringify(loaded.faults));
  return kafkaConnection(loaded.config);
}
