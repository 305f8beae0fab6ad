import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RegistryReaders } from '../../src/avro/readers.ts';
import type { SchemaLookup } from '../../src/avro/registry.ts';
import { TidemarkError } from '../../src/errors.ts';
import { systemClock } from '../../src/service/clock.ts';
import { waitFor } from '../../tools/stack/wait.ts';

const event = JSON.stringify({ type: 'record', name: 'Event', fields: [{ name: 'x', type: 'double' }] });
const frame = (id: number) => Uint8Array.of(0, 0, 0, 0, id);

function readersOver(schemaById: (id: number) => Promise<SchemaLookup>) {
  const told: string[] = [];
  const readers = new RegistryReaders({
    registry: { schemaById },
    plan: { features: [], carried: [] },
    telemetry: {
      schemaLoaded: (id) => told.push(`loaded ${id}`),
      schemaUnusable: (id, code) => told.push(`unusable ${id} ${code}`),
    },
    clock: systemClock,
  });
  return { readers, told };
}

/** What the reader of `id` says of any event. */
async function rejectionOf(schemaById: (id: number) => Promise<SchemaLookup>, id: number) {
  const { readers, told } = readersOver(schemaById);
  await readers.load(id);
  const reader = readers.ready(id);
  assert.ok(reader);
  const target = { inputs: [], spans: new Int32Array(0), side: { bytes: new Uint8Array(0), length: 0 } };
  const result = reader.read(frame(id), 0, 5, 0, {
    ...target,
    eventTimes: new Float64Array(1),
    missing: new Uint32Array(1),
    unknown: new Uint32Array(1),
  });
  return { told, rejection: reader.explain(result) };
}

test('a reader is at hand once its schema is loaded, and is loaded once for all who wait', async () => {
  let asked = 0;
  const { readers, told } = readersOver(async (id) => {
    asked++;
    return { kind: 'schema', schema: { id, schema: event, references: [] } };
  });
  assert.equal(readers.ready(7), undefined);
  await Promise.all([readers.load(7), readers.load(7), readers.load(7)]);
  assert.equal(readers.ready(7)?.schemaId, 7);
  assert.equal(asked, 1);
  assert.deepEqual(told, ['loaded 7']);
});

test('an id that the registry does not know gives a reader that rejects every event', async () => {
  const { told, rejection } = await rejectionOf(async () => ({ kind: 'unknown' }), 7);
  assert.equal(rejection.code, 'E-SCHEMA-UNKNOWN');
  assert.deepEqual(told, ['unusable 7 E-SCHEMA-UNKNOWN']);
});

test('the reader of an unknown id expires, and a later registration heals it', async (context) => {
  const answers: SchemaLookup[] = [
    { kind: 'unknown' },
    { kind: 'schema', schema: { id: 7, schema: event, references: [] } },
  ];
  let passedMs = 0;
  const startMs = performance.now();
  context.mock.method(performance, 'now', () => startMs + passedMs);
  const { readers, told } = readersOver(async () => answers.shift()!);
  await readers.load(7);
  assert.ok(readers.ready(7));
  passedMs = 120_000;
  // The cache looks at the clock once per turn of the event loop.
  await waitFor(() => readers.ready(7) === undefined, 'the reader to expire', 5_000);
  await readers.load(7);
  assert.deepEqual(told, ['unusable 7 E-SCHEMA-UNKNOWN', 'loaded 7']);
});

test('a schema that is no Avro, or that the registry cannot give whole, rejects events and stops nothing', async () => {
  const foreign = await rejectionOf(async () => ({ kind: 'not-avro', type: 'PROTOBUF' }), 7);
  assert.equal(foreign.rejection.code, 'E-SCHEMA-UNUSABLE');
  assert.match(foreign.rejection.detail, /PROTOBUF/);
  const broken = await rejectionOf(async () => {
    throw new TidemarkError('E-REGISTRY-REFUSED', 'it refers to a schema that is gone');
  }, 8);
  assert.equal(broken.rejection.code, 'E-SCHEMA-UNUSABLE');
  const damaged = await rejectionOf(
    async (id) => ({ kind: 'schema', schema: { id, schema: '{"type":', references: [] } }),
    9,
  );
  assert.equal(damaged.rejection.code, 'E-SCHEMA-UNUSABLE');
});

test('refused credentials stop the process, and a later load asks again', async () => {
  let asked = 0;
  const { readers } = readersOver(async () => {
    asked++;
    throw new TidemarkError('E-REGISTRY-AUTH', 'no');
  });
  await assert.rejects(readers.load(7), { code: 'E-REGISTRY-AUTH' });
  await assert.rejects(readers.load(7), { code: 'E-REGISTRY-AUTH' });
  assert.equal(asked, 2);
});
