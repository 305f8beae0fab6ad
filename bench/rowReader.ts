/**
 * ns per event of the compiled row reader and event writer against avsc, in one process and on the same events.
 * Run: node bench/rowReader.ts [seconds per comparison]
 */
import avro from 'avsc';
import { newByteBuffer } from '../src/avro/byteBuffer.ts';
import { compileEventWriter } from '../src/avro/eventWriter.ts';
import { parseSchema } from '../src/avro/parseSchema.ts';
import { compileRowReader } from '../src/avro/rowReader.ts';
import type { Block, FeaturePlan, InputBuffer, RowTarget } from '../src/pipeline/ports.ts';

const ROWS = 1024;
const seconds = Number(process.argv[2] ?? 1);

const columns = Array.from({ length: 30 }, (_, i) => ({
  name: `feature_${i}`,
  type: i % 5 === 4 ? ['null', 'double'] : i % 3 === 1 ? 'int' : 'double',
}));
const schema = {
  type: 'record',
  name: 'Transaction',
  fields: [
    { name: 'transaction_id', type: 'string' },
    { name: 'customer_id', type: 'string' },
    { name: 'terminal_id', type: ['null', 'string'] },
    { name: 'event_time', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'channel', type: { type: 'enum', name: 'Channel', symbols: ['web', 'pos', 'atm'] } },
    { name: 'note', type: 'string' },
    ...columns.map(({ name, type }) => ({ name, type })),
  ],
};
const output = {
  type: 'record',
  name: 'Scored',
  fields: [
    { name: 'transaction_id', type: 'string' },
    { name: 'event_time', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'score', type: 'double' },
    { name: 'decision', type: 'string' },
    { name: 'model', type: 'string' },
    { name: 'version', type: 'string' },
    { name: 'digest', type: 'string' },
    { name: 'scored_at', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
};

const type = avro.Type.forSchema(schema as avro.Schema);
const events = Array.from({ length: ROWS }, (_, row) => {
  const values = columns.map(({ name, type }, i) => [
    name,
    Array.isArray(type) && row % 4 === 0 ? null : type === 'int' ? row + i : Math.sin(row * i) * 100,
  ]);
  return {
    transaction_id: `tx-${String(row).padStart(10, '0')}`,
    customer_id: `c-${row % 5000}`,
    terminal_id: row % 3 === 0 ? null : `t-${row % 1000}`,
    event_time: 1_700_000_000_000 + row,
    channel: ['web', 'pos', 'atm'][row % 3],
    note: 'a few words that nobody reads',
    ...Object.fromEntries(values),
  };
});
const frames = events.map((event) => Buffer.concat([Buffer.from([0, 0, 0, 0, 7]), type.toBuffer(event)]));
const bytes = new Uint8Array(Buffer.concat(frames));
const starts = new Int32Array(ROWS + 1);
frames.forEach((frame, i) => {
  starts[i + 1] = starts[i]! + frame.length;
});

const features: FeaturePlan[] = columns.map(({ name }, column) => ({
  name,
  path: [name],
  input: 0,
  column,
  type: 'float32',
  missing: Number.NaN,
  unknown: 'reject',
}));
const values = new Float32Array(ROWS * columns.length);
const inputs: InputBuffer[] = [{ name: 'features', columns: columns.length, type: 'float32', values }];
const target: RowTarget = {
  inputs,
  spans: new Int32Array(ROWS * 4),
  side: newByteBuffer(),
  eventTimes: new Float64Array(ROWS),
  missing: new Uint32Array(columns.length),
  unknown: new Uint32Array(columns.length),
};
const reader = compileRowReader(7, JSON.stringify(schema), [], {
  features,
  carried: [
    { path: ['transaction_id'], target: 'transaction_id', schema: 'string' },
    { path: ['event_time'], target: 'event_time', schema: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
  eventTime: ['event_time'],
});

function readAll(): void {
  for (let row = 0; row < ROWS; row++) {
    const result = reader.read(bytes, starts[row]!, starts[row + 1]!, row, target);
    if (result !== 0) throw new Error(JSON.stringify(reader.explain(result)));
  }
}

const names = columns.map(({ name }) => name);
function readAllWithAvsc(): void {
  for (let row = 0; row < ROWS; row++) {
    const event: Record<string, number | null> = type.fromBuffer(frames[row]!.subarray(5));
    for (let i = 0; i < names.length; i++) values[row * names.length + i] = event[names[i]!] ?? Number.NaN;
  }
}

const model = { name: 'card-fraud', version: '1.0.0', digest: '0123456789abcdef' };
const scores = Float64Array.from({ length: ROWS }, (_, row) => Math.cos(row));
const compiled = compileEventWriter(parseSchema(output), {
  schemaId: 8,
  carried: 2,
  outputs: [{ name: 'score', type: 'float64' }],
  decisions: ['block', 'allow'],
  model,
  fields: new Map([
    ['transaction_id', { from: 'event', slot: 0 }],
    ['event_time', { from: 'event', slot: 1 }],
    ['score', { from: 'model', output: 0 }],
    ['decision', { from: 'decision' }],
    ['model', { from: 'model-name' }],
    ['version', { from: 'model-version' }],
    ['digest', { from: 'model-digest' }],
    ['scored_at', { from: 'scored-at' }],
  ]),
});
if (compiled.kind === 'unfit') throw new Error(JSON.stringify(compiled.faults));
const { writer } = compiled;
const block: Block = {
  lease: { topic: 't', partition: 0, generation: 0, state: { kind: 'held' } },
  bytes,
  count: ROWS,
  spans: new Int32Array(0),
  offsets: new Float64Array(ROWS),
  timestamps: new Float64Array(ROWS),
  nextOffset: 0,
  endOffset: 0,
};
const out = newByteBuffer();
const outputs = [{ name: 'score', kind: 'number', values: scores }] as const;
function writeAll(): void {
  for (let row = 0; row < ROWS; row++) {
    out.length = 0;
    writer.write(out, row, target, outputs, row & 1, block, row, 1_700_000_000_000);
  }
}

const outputType = avro.Type.forSchema(output as avro.Schema);
function writeAllWithAvsc(): void {
  for (let row = 0; row < ROWS; row++) {
    outputType.toBuffer({
      transaction_id: events[row]!.transaction_id,
      event_time: events[row]!.event_time,
      score: scores[row],
      decision: row & 1 ? 'allow' : 'block',
      model: model.name,
      version: model.version,
      digest: model.digest,
      scored_at: 1_700_000_000_000,
    });
  }
}

function nsPerEvent(all: () => void): number {
  const start = performance.now();
  all();
  return ((performance.now() - start) * 1e6) / ROWS;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

/** Rounds of both by turns, and their medians: a noisy neighbour falls on both alike, and spoils rounds, not figures. */
function compare(what: string, ours: () => void, theirs: () => void): void {
  const rounds: { ours: number[]; theirs: number[] } = { ours: [], theirs: [] };
  for (let i = 0; i < 50; i++) for (const all of [ours, theirs]) all();
  const until = performance.now() + seconds * 1000;
  while (performance.now() < until) {
    rounds.ours.push(nsPerEvent(ours));
    rounds.theirs.push(nsPerEvent(theirs));
  }
  const [a, b] = [median(rounds.ours), median(rounds.theirs)];
  console.log(
    `${what}: ${a.toFixed(0)} ns/event, avsc ${b.toFixed(0)} ns/event, ratio ${(b / a).toFixed(1)}`,
  );
}

readAll();
compare(
  `read ${schema.fields.length} fields, ${Math.round(bytes.length / ROWS)} bytes`,
  readAll,
  readAllWithAvsc,
);
readAll();
writeAll();
compare(`write ${output.fields.length} fields, ${out.length} bytes`, writeAll, writeAllWithAvsc);
