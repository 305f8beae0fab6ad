/**
 * Who may reach for what in src/. Data flows one way and so do imports:
 * cli → service → {pipeline, kafka, avro, model, http, config} → {telemetry, errors}.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path/posix';
import { describe, test } from 'node:test';
import { type Ban, findCycle, forbiddenUses, importsOf } from './support/boundaries.ts';

const ABOVE = ['cli/', 'service/'];
const ports = ['pipeline/ports.ts'];

const BANS: readonly Ban[] = [
  {
    from: '',
    mayNot: ['outside'],
    because: 'tools, tests and benchmarks are not shipped; the product must stand without them',
  },
  { from: 'errors.ts', mayNot: [''], because: 'everything imports the catalogue, so it imports nothing' },
  {
    from: 'deadlines/',
    mayNot: [''],
    save: ['deadlines/', 'errors.ts'],
    because: 'whoever waits may use it, whichever house it lives in',
  },
  {
    from: 'telemetry/',
    mayNot: [''],
    save: ['telemetry/', 'errors.ts'],
    because: 'telemetry is told things and asks nobody',
  },
  {
    from: 'pipeline/',
    mayNot: [...ABOVE, 'config/', 'http/', 'kafka/', 'avro/', 'model/'],
    because: 'the heart knows its ports only, so that it runs behind any client and on a simulated clock',
  },
  {
    from: '',
    but: ['pipeline/ports.ts', 'pipeline/ports/'],
    mayNot: ['pipeline/ports/'],
    because: 'ports.ts is what others know of the ports; where each stands is for those who look for it',
  },
  {
    from: 'kafka/',
    mayNot: [...ABOVE, 'config/', 'http/', 'avro/', 'model/', 'pipeline/'],
    save: ports,
    because: 'a client implements the ports and knows nothing of who uses it',
  },
  {
    from: 'kafka/',
    but: ['kafka/native/', 'kafka/inspect/'],
    mayNot: ['kafka/native/'],
    because:
      'one client must be removable without the other; only who looks at a group or a cluster uses its connections, whichever client scores',
  },
  {
    from: 'kafka/kafkajs/',
    mayNot: ['kafka/native/', 'kafka/inspect/'],
    because: 'one client must be removable without the other; what both need lives in kafka/',
  },
  {
    from: 'kafka/native/',
    mayNot: ['kafka/kafkajs/', 'npm:kafkajs'],
    because: 'one client must be removable without the other; what both need lives in kafka/',
  },
  {
    from: 'kafka/inspect/',
    mayNot: ['kafka/kafkajs/', 'kafka/native/fetch/', 'kafka/native/produce/', 'npm:kafkajs'],
    save: ['kafka/native/fetch/listOffsets.ts', 'kafka/native/fetch/logOffsets.ts'],
    because:
      'looking at a cluster needs connections and codecs, and where logs begin and end; it reads, writes and joins nothing',
  },
  ...['kafka/native/', 'kafka/kafkajs/', 'pipeline/'].map((house) => ({
    from: house,
    mayNot: ['kafka/inspect/'],
    because: 'what scores does not depend on what looks at it',
  })),
  {
    from: 'kafka/native/wire/',
    mayNot: ['kafka/native/'],
    save: ['kafka/native/wire/'],
    because: 'bytes are read and written alike whoever asks; a chapter knows what stands before it',
  },
  {
    from: 'kafka/native/cluster/',
    mayNot: ['kafka/native/'],
    save: ['kafka/native/cluster/', 'kafka/native/wire/'],
    because: 'connections serve reading, writing and membership alike; a chapter knows what stands before it',
  },
  ...['fetch', 'produce', 'group'].map((chapter) => ({
    from: `kafka/native/${chapter}/`,
    mayNot: ['kafka/native/'],
    save: [`kafka/native/${chapter}/`, 'kafka/native/cluster/', 'kafka/native/wire/'],
    because:
      'reading, writing and membership do not know each other; source.ts and sink.ts bring them together',
  })),
  ...ABOVE.map((house) => ({
    from: house,
    but: ['service/client.ts', 'service/leave.ts'],
    mayNot: ['kafka/kafkajs/', 'kafka/native/'],
    because: 'one place knows which clients there are, and whatever else asks the ports works with any',
  })),
  {
    from: 'avro/',
    mayNot: [...ABOVE, 'config/', 'http/', 'kafka/', 'model/', 'pipeline/'],
    save: ports,
    because: 'reading and writing Avro serves any source and any model',
  },
  {
    from: 'model/',
    mayNot: [...ABOVE, 'config/', 'http/', 'kafka/', 'avro/', 'pipeline/'],
    save: ports,
    because: 'a model package is understood without a broker, a registry or a pipeline file',
  },
  {
    from: 'config/',
    mayNot: [...ABOVE, 'http/', 'kafka/', 'avro/', 'model/', 'pipeline/'],
    because: 'reading the file must not start or load anything; service/ maps it to each part’s options',
  },
  {
    from: 'http/',
    mayNot: [...ABOVE, 'config/', 'kafka/', 'avro/', 'model/', 'pipeline/'],
    because: 'the server shows what telemetry knows; it must answer whatever the rest is doing',
  },
  {
    from: 'console/',
    mayNot: ['', 'node:', 'npm:'],
    save: ['console/', 'http/api/', 'npm:preact', 'npm:htm', 'npm:uplot'],
    because:
      'the page runs in a browser, which is given its own files and knows the server by what it answers',
  },
  {
    from: '',
    but: ['console/'],
    mayNot: ['console/', 'npm:preact', 'npm:htm', 'npm:uplot'],
    because: 'what runs in a browser is served, not imported',
  },
  {
    from: '',
    but: ['http/'],
    mayNot: ['npm:hono', 'npm:@hono/node-server'],
    because: 'requests and answers of HTTP end at the server; its parts are plain functions',
  },
  {
    from: '',
    mayNot: ['index.ts'],
    because: 'it is what users of the library see; inside, modules import each other',
  },
  { from: 'service/', mayNot: ['cli/'], because: 'the service runs without a command line, as in tests' },
  {
    from: '',
    but: ['kafka/'],
    mayNot: ['npm:kafkajs', 'npm:@platformatic/kafka'],
    because: 'what Kafka clients throw and return is translated at the border',
  },
  {
    from: '',
    but: ['avro/'],
    mayNot: ['npm:avsc', 'npm:@kafkajs/confluent-schema-registry'],
    because: 'what Avro and the registry throw and return is translated at the border',
  },
  {
    from: '',
    but: ['model/ort.ts'],
    mayNot: ['npm:onnxruntime-node'],
    because: 'its telemetry must be switched off before it loads, which only one file can promise',
  },
  {
    from: '',
    but: ['telemetry/'],
    mayNot: ['npm:pino', 'npm:pino-pretty', 'npm:prom-client'],
    because: 'one event is its log line and its metrics, told in one place',
  },
  {
    from: '',
    but: ['telemetry/tracing/'],
    mayNot: [
      'npm:@opentelemetry/api',
      'npm:@opentelemetry/core',
      'npm:@opentelemetry/exporter-trace-otlp-proto',
      'npm:@opentelemetry/resources',
      'npm:@opentelemetry/sdk-trace',
    ],
    because: 'they take 25 MB, which only who traces pays; the others know telemetry/tracing/eventTracer.ts',
  },
  {
    from: '',
    but: ['service/tracing.ts', 'telemetry/tracing/otlpTracer.ts'],
    mayNot: ['telemetry/tracing/otlpTracer.ts', 'telemetry/tracing/spanExport.ts'],
    because: 'whoever imports these loads OpenTelemetry; service/tracing.ts does when traces are asked for',
  },
  {
    from: '',
    but: ['cli/'],
    mayNot: ['npm:commander', 'npm:@inquirer/prompts'],
    because: 'only commands parse arguments and ask people',
  },
  {
    from: '',
    but: ['config/', 'cli/', 'model/ort.ts'],
    mayNot: ['global:process.env'],
    because: 'configuration is compiled once; nothing else reads the environment',
  },
  {
    from: '',
    but: ['cli/'],
    mayNot: ['global:console', 'global:process.stdout'],
    because: 'standard output carries results; everything else is an event told to telemetry',
  },
  {
    from: '',
    mayNot: ['npm:computed'],
    because: 'an import that is not a literal cannot be checked here or by the dead-code check',
  },
  {
    from: '',
    but: ['model/ort.ts', 'http/consoleFiles.ts'],
    mayNot: ['node:module'],
    because:
      'createRequire loads unseen; one file needs it, to load ONNX Runtime after switching its telemetry off, and one gives the console its sources without types',
  },
  {
    from: '',
    mayNot: ['node:process', 'node:console'],
    because: 'the globals are the one way to reach these, so that this check sees every use',
  },
];

const violationsOf = (file: string, source: string) => forbiddenUses(BANS, file, source);

const src = join(import.meta.dirname, '../src');
const files = new Map(
  globSync('**/*.ts', { cwd: src }).map((file) => [file, readFileSync(join(src, file), 'utf8')] as const),
);

describe('boundaries in src/', () => {
  test('no file reaches for what it may not', () => {
    const violations = [...files].flatMap(([file, source]) => violationsOf(file, source));
    assert.equal(violations.length, 0, `\n${violations.join('\n')}`);
  });

  test('no imports go in a circle, types included: files in a circle are one file in parts', () => {
    const cycle = findCycle(new Map([...files].map(([file, source]) => [file, importsOf(file, source)])));
    assert.equal(cycle, undefined, cycle?.join(' → '));
  });
});

describe('the check of boundaries', () => {
  const caught: readonly (readonly [file: string, source: string])[] = [
    ['pipeline/batch.ts', `import { x } from '../kafka/kafkajs/source.ts';`],
    ['pipeline/batch.ts', `import type { X } from '../avro/rowReader.ts';`],
    ['pipeline/batch.ts', `import type { Block } from './ports/block.ts';`],
    ['pipeline/batch.ts', `type X = import('../model/ort.ts').X;`],
    ['kafka/native/fetch.ts', `export { x } from '../../pipeline/batch.ts';`],
    ['kafka/native/group/member.ts', `import { Fetcher } from '../fetch/fetcher.ts';`],
    ['kafka/native/wire/cursor.ts', `import { KafkaFault } from '../cluster/fault.ts';`],
    ['service/assembly.ts', `import { NativeSink } from '../kafka/native/sink.ts';`],
    ['avro/frame.ts', `export * from '../config/schema.ts';`],
    ['http/server.ts', `const service = await import('../service/service.ts');`],
    ['model/package.ts', `import { InferenceSession } from 'onnxruntime-node';`],
    ['service/service.ts', `import { parse } from 'kafkajs/src/protocol/index.js';`],
    ['service/service.ts', `import avro = require('avsc');`],
    ['service/service.ts', `const avro = require('avsc');`],
    ['service/service.ts', 'const client = await import(name);'],
    ['service/service.ts', `import { startStack } from '../../tools/stack/stack.ts';`],
    ['errors.ts', `import './telemetry/events.ts';`],
    ['kafka/auth.ts', 'const user = process.env.KAFKA_USER;'],
    ['kafka/auth.ts', `const user = process['env'].KAFKA_USER;`],
    ['kafka/auth.ts', 'const { env } = process;'],
    ['kafka/auth.ts', `import { env } from 'process';`],
    ['telemetry/log.ts', `console.error('down');`],
    ['telemetry/telemetry.ts', `import { trace } from '@opentelemetry/api';`],
    ['pipeline/traces.ts', `import { openOtlpTracer } from '../telemetry/tracing/otlpTracer.ts';`],
    ['console/main.ts', `import { readFile } from 'node:fs';`],
    ['console/main.ts', `import { z } from 'zod';`],
    ['console/main.ts', `import { newApp } from '../http/app.ts';`],
    ['http/app.ts', `import { rate } from '../console/format.ts';`],
  ];
  for (const [file, source] of caught) {
    test(`catches ${source} in ${file}`, () => assert.equal(violationsOf(file, source).length, 1));
  }

  const allowed: readonly (readonly [file: string, source: string])[] = [
    ['kafka/native/fetch.ts', `import type { Block } from '../../pipeline/ports.ts';`],
    [
      'kafka/kafkajs/source.ts',
      `import { Kafka } from 'kafkajs'; import { readFile } from 'node:fs/promises';`,
    ],
    ['model/ort.ts', `process.env.ORT_DISABLE_TELEMETRY = '1'; await import('onnxruntime-node');`],
    ['cli/version.ts', `import about from '../../package.json' with { type: 'json' }; console.log(about);`],
    ['telemetry/log.ts', `import type { ErrorCode } from '../errors.ts'; import pino from 'pino';`],
  ];
  for (const [file, source] of allowed) {
    test(`allows ${source} in ${file}`, () => assert.deepEqual(violationsOf(file, source), []));
  }

  test('says where and why', () => {
    assert.deepEqual(violationsOf('service/a.ts', `\nimport '../cli/main.ts';`), [
      'src/service/a.ts:2 uses ../cli/main.ts: the service runs without a command line, as in tests',
    ]);
  });

  test('finds a circle of imports', () => {
    const imports = new Map([
      ['a', ['b', 'd']],
      ['b', ['c']],
      ['c', ['b']],
      ['d', []],
    ]);
    assert.deepEqual(findCycle(imports), ['b', 'c', 'b']);
  });
});
