import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { faultsOf, onlyFault, parse, parsed, pipelineText } from './fixture.ts';

describe('loadConfig', () => {
  it('fills in every default', () => {
    assert.deepEqual(parsed(pipelineText()).config, {
      pipeline: 'p',
      kafka: {
        brokers: ['localhost:9092'],
        group: 'g',
        clientId: 'p',
        client: 'native',
        sessionTimeoutMs: 10_000,
        drainTimeoutMs: 5_000,
        isolation: 'read_committed',
      },
      registry: { url: 'http://localhost:8081', timeoutMs: 5_000 },
      input: { topic: 'in', start: 'earliest', outOfRange: 'stop' },
      model: { package: 'models/m' },
      features: {},
      output: {
        topic: 'out',
        schema: 'out.avsc',
        subject: 'out-value',
        partitioner: 'key',
        timestamp: 'event',
        fields: { score: { from: 'model', output: 'score' } },
        register: false,
        compression: 'none',
      },
      batching: { maxRows: 4096, maxDelayMs: 5, maxInFlightBytes: 25_165_824 },
      scaling: { drainInMs: 300_000 },
      deadLetter: { topic: 'dead' },
      delivery: 'at-least-once',
      commitEveryMs: 1_000,
      http: { host: '127.0.0.1', port: 9464, loopback: true },
      watchdogMs: 60_000,
      log: { level: 'info' },
    });
  });

  it('turns every key into canonical units', () => {
    const text = pipelineText({
      kafka: {
        brokers: 'a:1, [::1]:2',
        client_id: 'c',
        client: 'native',
        instance_id: 'i',
        tls: { server_name: 'broker', cert: '-----BEGIN CERT', key: '-----BEGIN KEY', ca: '-----BEGIN CA' },
        sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'pw' },
        session_timeout: '1m',
        drain_timeout: '500ms',
        isolation: 'read_uncommitted',
      },
      registry: {
        url: 'https://registry/apis/v7//',
        auth: { kind: 'bearer', token: 't' },
        tls: { reject_unauthorized: false },
        timeout: '2s',
      },
      input: {
        id: 'id',
        time: 'at',
        schema: 'in.avsc',
        start: '2026-01-31T08:00:00+01:00',
        out_of_range: 'latest',
        records: ['A', 'b.C'],
      },
      features: { risk: 'terminal.risk', tag: 'tags[0]', odd: 'attributes["a.b"]' },
      decision: { on: 'score', rules: [{ at_least: 0.5, is: 'block' }, { is: 'allow' }] },
      output: {
        subject: 's',
        partitioner: 'source',
        timestamp: 'scored',
        register: true,
        compression: 'zstd',
        fields: { a: 'event.x.y[1]', b: 'decision', c: 'record.offset', d: 'scored_at', e: 'model.digest' },
      },
      batching: { max_rows: 7, max_delay: '0ms', max_in_flight: '1MB' },
      slo: { p99: '100ms', from: 'event' },
      commit_every: '2s',
      http: 'off',
      watchdog: '2h',
      log: { level: 'debug' },
    });
    const { config } = parsed(text);
    assert.deepEqual(config.kafka, {
      brokers: ['a:1', '[::1]:2'],
      group: 'g',
      clientId: 'c',
      client: 'native',
      instanceId: 'i',
      tls: {
        ca: '-----BEGIN CA',
        cert: '-----BEGIN CERT',
        key: '-----BEGIN KEY',
        serverName: 'broker',
        rejectUnauthorized: true,
      },
      sasl: { mechanism: 'scram-sha-512', username: 'u', password: 'pw' },
      sessionTimeoutMs: 60_000,
      drainTimeoutMs: 500,
      isolation: 'read_uncommitted',
    });
    assert.deepEqual(config.registry, {
      url: 'https://registry/apis/v7',
      auth: { kind: 'bearer', token: 't' },
      tls: { rejectUnauthorized: false },
      timeoutMs: 2_000,
    });
    assert.deepEqual(config.input, {
      topic: 'in',
      id: ['id'],
      time: ['at'],
      schema: 'in.avsc',
      start: { timestampMs: Date.UTC(2026, 0, 31, 7) },
      outOfRange: 'latest',
      records: ['A', 'b.C'],
    });
    assert.deepEqual(config.features, {
      risk: ['terminal', 'risk'],
      tag: ['tags', 0],
      odd: ['attributes', 'a.b'],
    });
    assert.deepEqual(config.decision, {
      on: 'score',
      rules: [{ atLeast: 0.5, is: 'block' }, { is: 'allow' }],
    });
    assert.deepEqual(config.output, {
      topic: 'out',
      schema: 'out.avsc',
      subject: 's',
      partitioner: 'source',
      timestamp: 'scored',
      fields: {
        a: { from: 'event', path: ['x', 'y', 1] },
        b: { from: 'decision' },
        c: { from: 'record', fact: 'offset' },
        d: { from: 'scored-at' },
        e: { from: 'model-digest' },
      },
      register: true,
      compression: 'zstd',
    });
    assert.deepEqual(config.batching, { maxRows: 7, maxDelayMs: 0, maxInFlightBytes: 1_000_000 });
    assert.deepEqual(config.slo, { p99Ms: 100, from: 'event' });
    assert.deepEqual(
      [config.http, config.watchdogMs, config.commitEveryMs, config.log],
      ['off', 7_200_000, 2_000, { level: 'debug' }],
    );
  });

  it('freezes all of the configuration', () => {
    const { config } = parsed(pipelineText({ features: { f: 'a.b' } }));
    const frozen = (value: unknown): boolean =>
      typeof value !== 'object' ||
      value === null ||
      (Object.isFrozen(value) && Object.values(value).every(frozen));
    assert.ok(frozen(config));
  });

  it('tells faults of every kind in one go, in the order of the file', () => {
    const text = `
pipeline: p
kafka:
  brokers: [localhost, "\${NOPE}"]
  group: g
  drain_timeout: 10
  sesion_timeout: 20s
registry: { url: http://localhost:8081 }
input: { topic: t, start: earlist }
model: { package: m }
decision: { on: score, rules: [{ at_least: 0.5, is: a }, { at_least: 0.9, is: b }] }
output: { topic: t, schema: s, fields: { a: decison } }
output: {}
commit_every: soon
`;
    assert.deepEqual(
      faultsOf(text).map(({ line, path }) => `${line} ${path}`),
      [
        '2 dead_letter',
        '4 kafka.brokers[0]',
        '4 kafka.brokers[1]',
        '6 kafka.drain_timeout',
        '7 kafka.sesion_timeout',
        '9 input.start',
        '11 decision.rules[1]',
        '11 decision.rules[1].at_least',
        '12 output.topic',
        '12 output.fields.a',
        '13 output',
        '14 commit_every',
      ],
    );
  });

  it('reads a file, and says why when it cannot', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-config-'));
    try {
      const file = join(folder, 'p.yaml');
      writeFileSync(join(folder, 'secret'), 'from-a-file\n');
      const sasl = { mechanism: 'plain', username: 'u', password: `\${file:${join(folder, 'secret')}}` };
      writeFileSync(file, pipelineText({ kafka: { sasl, group: `\${GROUP}`, tls: {} } }));
      const loaded = loadConfig(file, { GROUP: 'from-env' });
      assert.ok(loaded.ok);
      assert.equal(loaded.file, file);
      assert.equal(loaded.config.kafka.group, 'from-env');
      assert.deepEqual(loaded.config.kafka.sasl, { ...sasl, password: 'from-a-file' });
      const absent = loadConfig(join(folder, 'absent.yaml'), {});
      assert.ok(!absent.ok);
      const expected = 'a readable pipeline file';
      assert.deepEqual(absent.faults, [{ path: '', problem: 'does not exist', expected }]);
      const notFile = loadConfig(folder, {});
      assert.ok(!notFile.ok && notFile.faults[0]?.problem === 'is not a regular file');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('refuses an empty file', () => {
    for (const text of ['', '# nothing\n', '---\n']) {
      const fault = onlyFault(text);
      assert.equal(fault.path, '');
      assert.equal(fault.problem, 'is empty');
    }
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        assert.equal(parse(text).ok, false);
      }),
    );
    const yamlish = fc.array(
      fc.constantFrom(
        'kafka',
        ':',
        ' ',
        '\n',
        '- ',
        '{',
        '}',
        '[',
        ']',
        '&a',
        '*a',
        '"',
        "'",
        '${',
        '!!x',
        '|',
        ',',
        '? ',
        '\t',
        '---\n',
        '<<',
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(yamlish, (parts) => {
        assert.equal(parse(parts.join('')).ok, false);
      }),
      { numRuns: 2_000 },
    );
  });

  it('never throws, whatever the values', () => {
    const known = [
      'pipeline',
      'kafka',
      'input',
      'registry',
      'output',
      'http',
      'decision',
      'features',
      'slo',
      'log',
    ];
    const file = fc.dictionary(fc.constantFrom(...known, 'other'), fc.jsonValue({ maxDepth: 4 }));
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), file), (value) => {
        assert.equal(parse(stringify(value)).ok, false);
      }),
    );
  });

  it('refuses any value of any kind in place of any section without throwing', () => {
    const sections = [
      'kafka',
      'registry',
      'input',
      'model',
      'features',
      'decision',
      'output',
      'batching',
      'slo',
      'dead_letter',
      'http',
      'log',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...sections), fc.jsonValue(), (section, value) => {
        const change = { [section]: typeof value === 'object' && value !== null ? { zz: value } : value };
        const result = parse(pipelineText(change));
        assert.equal(result.ok, section === 'http' && value === 'off');
      }),
    );
  });
});
