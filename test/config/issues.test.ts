import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ConfigFault } from '../../src/config/faults.ts';
import { onlyFault, pipelineText } from './fixture.ts';

interface Case {
  readonly what: string;
  readonly change: Record<string, unknown>;
  readonly fault: Partial<ConfigFault>;
}

const DURATION = 'a duration such as 5ms, 10s, 2m or 1h';

const cases: readonly Case[] = [
  {
    what: 'an unknown key, with the nearest word',
    change: { input: { strat: 'earliest' } },
    fault: { path: 'input.strat', problem: 'is not a known key', suggestion: 'start' },
  },
  {
    what: 'a key in camel case',
    change: { batching: { maxRows: 1 } },
    fault: { path: 'batching.maxRows', suggestion: 'max_rows' },
  },
  {
    what: 'a key in the wrong place',
    change: { max_rows: 5 },
    fault: { path: 'max_rows', suggestion: 'batching.max_rows' },
  },
  {
    what: 'an unknown key far from any',
    change: { log: { zebra: 1 } },
    fault: { path: 'log.zebra', expected: 'only level', suggestion: undefined },
  },
  {
    what: 'a section that is missing',
    change: { model: undefined },
    fault: { path: 'model', problem: 'is missing', expected: 'a mapping with package' },
  },
  {
    what: 'a section that is text',
    change: { model: 'models/m' },
    fault: { path: 'model', problem: 'is text', value: '"models/m"' },
  },
  { what: 'a key that is empty', change: { input: { topic: null } }, fault: { problem: 'is empty' } },
  {
    what: 'a number for text',
    change: { kafka: { group: 5 } },
    fault: { path: 'kafka.group', problem: 'is a whole number', value: '5' },
  },
  {
    what: 'a list for text',
    change: { kafka: { group: ['a'] } },
    fault: { problem: 'is a list', value: undefined },
  },
  {
    what: 'a bare number for a duration',
    change: { commit_every: 5 },
    fault: { problem: 'is a whole number', expected: DURATION, value: '5' },
  },
  { what: 'an unknown unit', change: { commit_every: '5sec' }, fault: { expected: DURATION } },
  {
    what: 'a duration of zero',
    change: { commit_every: '0s' },
    fault: { expected: 'a duration above zero and of at most 24h' },
  },
  { what: 'a duration of days', change: { commit_every: '25h' }, fault: { path: 'commit_every' } },
  {
    what: 'a bare number for a size',
    change: { batching: { max_in_flight: 64 } },
    fault: { expected: 'a size such as 64MiB, 512KiB or 1MB' },
  },
  {
    what: 'a size beyond reason',
    change: { batching: { max_in_flight: '17GiB' } },
    fault: { expected: 'a size of at most 16GiB' },
  },
  {
    what: 'a word with a slip in it',
    change: { output: { partitioner: 'kye' } },
    fault: { path: 'output.partitioner', value: '"kye"', suggestion: 'key' },
  },
  {
    what: 'a start that is no word',
    change: { input: { start: 'lastest' } },
    fault: { suggestion: 'latest' },
  },
  {
    what: 'a time without zone',
    change: { input: { start: '2026-01-31T08:00:00' } },
    fault: { path: 'input.start' },
  },
  {
    what: 'a day that is not',
    change: { input: { start: '2026-02-30T08:00:00Z' } },
    fault: { path: 'input.start' },
  },
  {
    what: 'a broker without port',
    change: { kafka: { brokers: ['a:1', 'b'] } },
    fault: { path: 'kafka.brokers[1]', value: '"b"' },
  },
  {
    what: 'a port that is none',
    change: { kafka: { brokers: 'a:1,b:70000' } },
    fault: { path: 'kafka.brokers' },
  },
  {
    what: 'no brokers',
    change: { kafka: { brokers: [] } },
    fault: { path: 'kafka.brokers', problem: 'is empty', expected: 'at least one broker' },
  },
  { what: 'brokers of the wrong kind', change: { kafka: { brokers: 5 } }, fault: { path: 'kafka.brokers' } },
  {
    what: 'a topic name that is none',
    change: { input: { topic: 'a/b' } },
    fault: { path: 'input.topic', value: '"a/b"' },
  },
  {
    what: 'a URL of another kind',
    change: { registry: { url: 'localhost:8081' } },
    fault: { path: 'registry.url' },
  },
  {
    what: 'credentials in a URL, hidden',
    change: { registry: { url: 'http://u:hunter2@r' } },
    fault: { expected: 'a URL without credentials; they go into auth', value: '"http://***@r"' },
  },
  {
    what: 'a query in a URL, hidden',
    change: { registry: { url: 'http://r/?token=hunter2' } },
    fault: { value: '"http://r/?***"' },
  },
  {
    what: 'an unknown mechanism',
    change: { kafka: { sasl: { mechanism: 'scram-sha-521', username: 'u', password: 'p' } } },
    fault: { path: 'kafka.sasl.mechanism', suggestion: 'scram-sha-512' },
  },
  {
    what: 'credentials of another mechanism',
    change: { kafka: { sasl: { mechanism: 'oauthbearer', token: 't', password: 'p' } } },
    fault: { path: 'kafka.sasl.password', problem: 'is not a known key' },
  },
  {
    what: 'credentials as text, hidden',
    change: { kafka: { sasl: 'hunter2' } },
    fault: { path: 'kafka.sasl', problem: 'is text', value: '***' },
  },
  {
    what: 'a password of digits, hidden',
    change: { registry: { auth: { kind: 'basic', username: 'u', password: 123456 } } },
    fault: { path: 'registry.auth.password', problem: 'is a whole number', value: '***' },
  },
  {
    what: 'a file name where PEM text belongs',
    change: { kafka: { tls: { ca: '/etc/ca.pem' } } },
    fault: {
      path: 'kafka.tls.ca',
      expected: `the PEM text of the certificate authorities; \${file:/path.pem} reads it from a file`,
    },
  },
  {
    what: 'TLS as a flag',
    change: { kafka: { tls: true } },
    fault: { expected: 'a mapping of TLS settings; {} trusts the system’s authorities' },
  },
  {
    what: 'a field path that is none',
    change: { features: { f: 'a..b' } },
    fault: { path: 'features.f', value: '"a..b"' },
  },
  { what: 'a feature without name', change: { features: { '': 'a' } }, fault: { path: 'features[""]' } },
  {
    what: 'an output field without event. or model.',
    change: { output: { fields: { a: 'amount' } } },
    fault: { path: 'output.fields.a', suggestion: 'event.amount or model.amount' },
  },
  {
    what: 'no output fields',
    change: { output: { fields: {} } },
    fault: { path: 'output.fields', problem: 'is empty' },
  },
  {
    what: 'a rule without decision',
    change: { decision: { on: 's', rules: [{ at_least: 1 }, { is: 'a' }] } },
    fault: { path: 'decision.rules[0].is', problem: 'is missing' },
  },
  {
    what: 'rules that are none',
    change: { decision: { on: 's', rules: [] } },
    fault: { path: 'decision.rules', problem: 'is empty' },
  },
  {
    what: 'a number out of range',
    change: { batching: { max_rows: 65_537 } },
    fault: { expected: 'a whole number from 1 to 65536' },
  },
  { what: 'half a row', change: { batching: { max_rows: 1.5 } }, fault: { problem: 'is a number' } },
  { what: 'yes for true', change: { output: { register: 'yes' } }, fault: { expected: 'true or false' } },
  {
    what: 'http: false',
    change: { http: false },
    fault: { path: 'http', expected: 'a mapping with host, port and tokens, or the word off' },
  },
  { what: 'a port of http beyond 65535', change: { http: { port: 70_000 } }, fault: { path: 'http.port' } },
  {
    what: 'a token that may be guessed',
    change: { http: { read_token: 'hunter2' } },
    fault: { path: 'http.read_token', value: '***' },
  },
  {
    what: 'an unknown key of http',
    change: { http: { prot: 1 } },
    fault: { path: 'http.prot', suggestion: 'port' },
  },
  {
    what: 'an unknown client',
    change: { kafka: { client: 'rdkafka' } },
    fault: { path: 'kafka.client', expected: 'one of native, kafkajs' },
  },
  { what: 'a pipeline name with a space', change: { pipeline: 'a b' }, fault: { path: 'pipeline' } },
];

describe('faults of single values', () => {
  for (const { what, change, fault: expected } of cases) {
    it(`reports ${what}`, () => {
      const fault = onlyFault(pipelineText(change));
      for (const key of Object.keys(expected) as (keyof ConfigFault)[]) {
        assert.equal(fault[key], expected[key], `${key}: ${JSON.stringify(fault)}`);
      }
      assert.ok(fault.line !== undefined && fault.column !== undefined);
    });
  }

  it('shortens what is long', () => {
    const fault = onlyFault(pipelineText({ input: { topic: 'x'.repeat(5_000) } }));
    assert.equal(fault.value, `"${'x'.repeat(60)}…"`);
  });
});
