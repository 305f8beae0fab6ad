/** What the pipeline file says about reaching Kafka and the schema registry. Part of `fileSchema`. */
import { z } from 'zod';
import * as leaf from './leaves.ts';

const DEFAULT_CLIENT = 'native';

export const tls = leaf.section(
  {
    ca: leaf
      .pem('the certificate authorities')
      .describe(
        `Authorities to trust instead of the system’s, as PEM text; \`\${file:/path.pem}\` reads a file.`,
      )
      .optional(),
    cert: leaf
      .pem('the client certificate')
      .describe('Client certificate for mutual TLS, as PEM text. Needs `key`.')
      .optional(),
    key: leaf.pem('the private key').describe('Private key of `cert`, as PEM text. Secret.').optional(),
    server_name: leaf
      .text('a host name')
      .describe('Name the server’s certificate must carry, where it is not the host that is dialled.')
      .optional(),
    reject_unauthorized: leaf
      .flag()
      .describe(
        'Whether a server whose certificate cannot be verified is refused. `false` is for tests alone.',
      )
      .default(true),
  },
  'a mapping of TLS settings; {} trusts the system’s authorities',
);

const username = leaf.text('a user name in text').describe('User name, where there is a password.');
const password = leaf.secret('the password').describe('Password of the user. Secret.');
const token = leaf.secret('the token').describe('Token, for `oauthbearer` and `bearer`. Secret.');

const sasl = z.discriminatedUnion(
  'mechanism',
  [
    leaf.section({
      mechanism: leaf
        .word(['plain', 'scram-sha-256', 'scram-sha-512'])
        .describe('How to authenticate. Over `plain` and `oauthbearer` the secret itself travels: use TLS.'),
      username,
      password,
    }),
    leaf.section({
      mechanism: leaf
        .word(['oauthbearer'])
        .describe('How to authenticate. Over `plain` and `oauthbearer` the secret itself travels: use TLS.'),
      token,
    }),
  ],
  {
    error: (issue) =>
      issue.code === 'invalid_union'
        ? 'one of plain, scram-sha-256, scram-sha-512, oauthbearer'
        : 'a mapping with mechanism and credentials',
  },
);

const auth = z.discriminatedUnion(
  'kind',
  [
    leaf.section({
      kind: leaf.word(['basic']).describe('How to authenticate: a user with a password, or a token.'),
      username,
      password,
    }),
    leaf.section({
      kind: leaf.word(['bearer']).describe('How to authenticate: a user with a password, or a token.'),
      token,
    }),
  ],
  {
    error: (issue) =>
      issue.code === 'invalid_union' ? 'one of basic, bearer' : 'a mapping with kind and credentials',
  },
);

export const kafka = leaf.section({
  brokers: leaf
    .brokers()
    .describe(
      'Brokers to begin with, `host:port`: a list, or one text with commas. The others are found through them.',
    ),
  group: leaf
    .text('the name of the consumer group')
    .describe('Consumer group. Its committed offsets are where the pipeline goes on after a restart.'),
  client_id: leaf
    .text('a name')
    .describe('Name in the brokers’ logs, metrics and quotas. Default: the value of `pipeline`.')
    .optional(),
  client: leaf
    .word(['native', 'kafkajs'])
    .describe(
      'Kafka client. `native` is Tidemark’s own; `kafkajs` is the library of that name: slower, without static membership, compression none or gzip.',
    )
    .default(DEFAULT_CLIENT),
  instance_id: leaf
    .text('a name')
    .describe(
      'Name of this one process in its group, kept over restarts (static membership): back within `session_timeout`, it takes up its partitions without a rebalance. Absent: a new member at each start.',
    )
    .optional(),
  tls: tls
    .describe('Encryption. `{}` encrypts and trusts the system’s authorities; absent: plain text.')
    .optional(),
  sasl: sasl.describe('Credentials. Absent: none.').optional(),
  session_timeout: leaf
    .duration()
    .describe('How long the brokers wait for a silent member before they give its partitions to others.')
    .prefault('10s'),
  drain_timeout: leaf
    .duration()
    .describe(
      'How long work in hand may take to finish when partitions are taken away or the process is told to stop. Shorter than `session_timeout`.',
    )
    .prefault('5s'),
  isolation: leaf
    .word(['read_committed', 'read_uncommitted'])
    .describe(
      'Whether records of open and aborted transactions are left out (`read_committed`) or scored too.',
    )
    .default('read_committed'),
});

export const registry = leaf.section({
  url: leaf.httpUrl().describe('Base URL of the Confluent-compatible schema registry, without credentials.'),
  auth: auth.describe('Credentials. Absent: none.').optional(),
  tls: tls.describe('TLS settings for an https URL; absent: the system’s authorities.').optional(),
  timeout: leaf.duration().describe('How long one request may take before it is tried again.').prefault('5s'),
});
