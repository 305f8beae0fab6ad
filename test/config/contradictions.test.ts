import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { faultsOf, onlyFault, parsed, pipelineText } from './fixture.ts';

interface Case {
  readonly what: string;
  readonly change: Record<string, unknown>;
  readonly path: string;
  readonly says: RegExp;
}

const rules = (...list: readonly unknown[]) => ({ on: 'score', rules: list });

const cases: readonly Case[] = [
  {
    what: 'a drain as long as the session',
    change: { kafka: { session_timeout: '6s', drain_timeout: '6s' } },
    path: 'kafka.drain_timeout',
    says: /kafka\.session_timeout.* \(6s\)/,
  },
  {
    what: 'a drain longer than the default session',
    change: { kafka: { drain_timeout: '11s' } },
    path: 'kafka.drain_timeout',
    says: /kafka\.session_timeout.* \(10s\)/,
  },
  {
    what: 'a watchdog shorter than the session',
    change: { watchdog: '10s' },
    path: 'watchdog',
    says: /kafka\.session_timeout/,
  },
  {
    what: 'a watchdog shorter than a commit',
    change: { watchdog: '30s', commit_every: '1m' },
    path: 'watchdog',
    says: /commit_every/,
  },
  {
    what: 'a wait longer than the promise',
    change: { batching: { max_delay: '200ms' }, slo: { p99: '100ms' } },
    path: 'batching.max_delay',
    says: /slo\.p99.* \(100ms\)/,
  },
  {
    what: 'one token for reading and changing',
    change: { http: { read_token: 'one-0123456789-one', change_token: 'one-0123456789-one' } },
    path: 'http.change_token',
    says: /http\.read_token.*two different tokens/,
  },
  {
    what: 'output into the input',
    change: { output: { topic: 'in' } },
    path: 'output.topic',
    says: /input\.topic/,
  },
  {
    what: 'dead letters into the input',
    change: { dead_letter: { topic: 'in' } },
    path: 'dead_letter.topic',
    says: /input\.topic/,
  },
  {
    what: 'dead letters into the output',
    change: { dead_letter: { topic: 'out' } },
    path: 'dead_letter.topic',
    says: /output\.topic/,
  },
  {
    what: 'commands among the events',
    change: { control: { topic: 'in', audit_topic: 'audit' } },
    path: 'control.topic',
    says: /input\.topic/,
  },
  {
    what: 'commands and what came of them in one topic',
    change: { control: { topic: 'commands', audit_topic: 'commands' } },
    path: 'control.audit_topic',
    says: /control\.topic/,
  },
  {
    what: 'a record type twice',
    change: { input: { records: ['A', 'B', 'A'] } },
    path: 'input.records[2]',
    says: /input\.records\[0\]/,
  },
  {
    what: 'thresholds that ascend',
    change: { decision: rules({ at_least: 0.5, is: 'a' }, { at_least: 0.9, is: 'b' }, { is: 'c' }) },
    path: 'decision.rules[1].at_least',
    says: /decision\.rules\[0\]/,
  },
  {
    what: 'equal thresholds',
    change: { decision: rules({ at_least: 0.5, is: 'a' }, { at_least: 0.5, is: 'b' }, { is: 'c' }) },
    path: 'decision.rules[1].at_least',
    says: /never hold/,
  },
  {
    what: 'a last rule with threshold',
    change: { decision: rules({ at_least: 0.5, is: 'a' }) },
    path: 'decision.rules[0]',
    says: /last rule/,
  },
  {
    what: 'a rule after the last',
    change: { decision: rules({ is: 'a' }, { at_least: 0.5, is: 'b' }) },
    path: 'decision.rules[1]',
    says: /decision\.rules\[0\] has no at_least/,
  },
  {
    what: 'a decision that is not made',
    change: { output: { fields: { d: 'decision' } } },
    path: 'output.fields.d',
    says: /no decision section/,
  },
  {
    what: 'latency from a time that is not given',
    change: { slo: { p99: '1s', from: 'event' } },
    path: 'slo.from',
    says: /input\.time/,
  },
  {
    what: 'exactly-once, which no client offers yet',
    change: { delivery: 'exactly-once' },
    path: 'delivery',
    says: /kafka\.client.*E-KAFKA-CAPABILITY/,
  },
  {
    what: 'a certificate without key',
    change: { kafka: { tls: { cert: '-----BEGIN X' } } },
    path: 'kafka.tls.cert',
    says: /kafka\.tls\.key/,
  },
  {
    what: 'a key without certificate',
    change: { registry: { url: 'https://r', tls: { key: '-----BEGIN X' } } },
    path: 'registry.tls.key',
    says: /registry\.tls\.cert/,
  },
  {
    what: 'TLS settings for plain http',
    change: { registry: { tls: {} } },
    path: 'registry.tls',
    says: /registry\.url/,
  },
];

describe('contradictions', () => {
  for (const { what, change, path, says } of cases) {
    it(`reports ${what}`, () => {
      const fault = onlyFault(pipelineText(change));
      assert.equal(fault.path, path);
      assert.match(`${fault.problem}; ${fault.expected}`, says);
      assert.ok(fault.line !== undefined);
    });
  }

  it('are told together with faults of other values', () => {
    const faults = faultsOf(
      pipelineText({
        kafka: { brokers: ['x'], drain_timeout: '20s' },
        output: { topic: 'in', fields: { a: 'b c' } },
      }),
    );
    assert.deepEqual(faults.map((fault) => fault.path).sort(), [
      'kafka.brokers[0]',
      'kafka.drain_timeout',
      'output.fields.a',
      'output.topic',
    ]);
  });

  it('are not made up from values that are wrong themselves', () => {
    onlyFault(pipelineText({ kafka: { drain_timeout: '20s', session_timeout: 30 } }));
    onlyFault(
      pipelineText({
        decision: rules({ at_least: 'high', is: 'a' }, { at_least: 0.5, is: 'b' }, { is: 'c' }),
      }),
    );
    onlyFault(pipelineText({ slo: { p99: '1s', from: 'event' }, input: { time: 'a..b' } }));
    onlyFault(pipelineText({ decision: 5, output: { fields: { d: 'decision' } } }));
  });

  it('allow a feature whose place is its own name', () => {
    parsed(pipelineText({ features: { amount: 'amount' } }));
  });
});
